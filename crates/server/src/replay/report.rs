use serde::Serialize;

/// What a replay did, as its report tells it (JSON, camelCase).
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Cases of the log.
    pub cases: usize,
    /// Cases whose every event was accepted and whose request is completed.
    pub completed: usize,
    /// Cases whose every event was accepted and whose request goes on.
    pub open: usize,
    /// Cases that no run of the graph explains.
    pub deviating: usize,
    /// Events of the log.
    pub events_total: usize,
    /// Events that completed a step.
    pub events_accepted: usize,
    /// Completed requests that ended after their due date.
    pub completed_after_due: usize,
    /// Completed requests with an escalation.
    pub completed_escalated: usize,
    /// Completions tried by somebody who may not.
    pub denials_probed: usize,
    /// Those refused with `NotPermittedError` that left nothing but an audit entry.
    pub denials_refused: usize,
    /// Whether every chain of the database's audit log is intact, and every stored state is what its
    /// journal leads to.
    pub audit_verified: bool,
    /// How long the replay took, set-up and checks included.
    pub seconds: f64,
    /// The slug of the organization that holds the requests.
    pub organization: String,
    /// What of the graph and the log was left out.
    pub notes: Vec<String>,
    /// What is not as it must be: refused calls, journals that differ from the log. Empty when the
    /// replay succeeded.
    pub failures: Vec<String>,
    /// The impossible events, one per deviating case, in order of time.
    pub deviations: Vec<Deviation>,
}

/// The first event of a case that cannot happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Deviation {
    /// The case.
    pub case: String,
    /// The event's number within the case, from 1.
    pub event: usize,
    /// What was done.
    pub activity: String,
    /// Names of the steps that were open instead, sorted.
    pub open: Vec<String>,
}
