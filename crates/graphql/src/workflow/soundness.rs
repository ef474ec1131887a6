use async_graphql::{Enum, SimpleObject};
use nexusflow_domain::workflow::verification;

/// Whether every run of a graph can be completed, properly, and every step can occur. Conditions count
/// as free choices.
#[derive(Debug, Clone, SimpleObject)]
pub struct WorkflowSoundness {
    /// What verification found.
    verdict: SoundnessVerdict,
    /// What is wrong, or why it is not known; null of a sound graph.
    reason: Option<String>,
    /// A run that shows what is wrong, step by step; empty where no run shows it.
    trace: Vec<SoundnessTraceStep>,
}

/// What verification can find.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "verification::Soundness")]
pub enum SoundnessVerdict {
    /// Every run can be completed, properly, and every step can occur.
    Sound,
    /// Some run cannot be completed, or some step never occurs.
    Unsound,
    /// It could not be decided; that keeps nobody from publishing.
    Unknown,
}

/// One step of a run.
#[derive(Debug, Clone, SimpleObject)]
pub struct SoundnessTraceStep {
    /// The step's key.
    key: String,
    /// For people.
    name: String,
    /// What it ended with, where a person ends it.
    outcome: Option<String>,
    /// The keys of the steps that it led to.
    leads_to: Vec<String>,
}

impl From<verification::Finding> for WorkflowSoundness {
    fn from(finding: verification::Finding) -> Self {
        let trace = finding.trace.into_iter().map(|step| {
            let verification::TraceStep { key, name, outcome, leads_to } = step;
            SoundnessTraceStep { key, name, outcome, leads_to }
        });
        Self { verdict: finding.soundness.into(), reason: finding.reason, trace: trace.collect() }
    }
}
