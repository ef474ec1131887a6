use nexusflow_domain::ids::{
    EscalationId, NotificationId, OrganizationId, RequestId, RequestStepId, RoleId, UserId, WorkflowId, WorkflowStepId,
    WorkflowVersionId,
};
use nexusflow_domain::request::{RequestState, RequestStatus, RequestStepStatus};
use nexusflow_domain::workflow::{HumanKind, Outcome, Priority, StepKey};
use nexusflow_domain::{JsonMap, Timestamp};
use serde_json::Value;

/// A request as lists and details show it.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The request.
    pub id: RequestId,
    /// Its tenant.
    pub organization: OrganizationId,
    /// Its workflow.
    pub workflow: WorkflowId,
    /// The version it runs on.
    pub workflow_version: WorkflowVersionId,
    /// Who started it.
    pub requester: UserId,
    /// What called it.
    pub parent: Option<CallingStep>,
    /// For people.
    pub title: String,
    /// The caller's own key.
    pub reference: Option<String>,
    /// Header-level status.
    pub status: RequestStatus,
    /// How urgent.
    pub priority: Priority,
    /// The last instant in time.
    pub due_at: Option<Timestamp>,
    /// The data that conditions read.
    pub variables: JsonMap,
    /// The number of its journal's entries.
    pub version: u64,
    /// When it began to run.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A request that a person's command was carried out on.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    /// Which.
    pub id: RequestId,
    /// As the command left it, where that is known without reading it.
    pub request: Option<Request>,
}

impl Request {
    /// What a state and the instants of its row show.
    pub fn of(state: &RequestState, created_at: Timestamp, updated_at: Timestamp) -> Self {
        Self {
            id: state.id,
            organization: state.organization,
            workflow: state.workflow,
            workflow_version: state.workflow_version,
            requester: state.requester,
            parent: state.parent.map(|parent| CallingStep { request: parent.request, step: parent.step }),
            title: state.title.clone(),
            reference: state.reference.clone(),
            status: state.status(),
            priority: state.priority,
            due_at: state.due_at,
            variables: state.variables.clone(),
            version: state.version,
            started_at: state.started_at,
            completed_at: state.ended_at(),
            created_at,
            updated_at,
        }
    }
}

/// The execution of a step that called a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallingStep {
    /// Its request.
    pub request: RequestId,
    /// The execution.
    pub step: RequestStepId,
}

/// One execution of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestStep {
    /// The execution.
    pub id: RequestStepId,
    /// Its request.
    pub request: RequestId,
    /// The node of the graph.
    pub workflow_step: WorkflowStepId,
    /// That node's key.
    pub step: StepKey,
    /// How it stands.
    pub status: RequestStepStatus,
    /// Whether a person works it.
    pub is_human: bool,
    /// The how many-th execution, from 1.
    pub attempt: u32,
    /// The role asked.
    pub required_role: Option<RoleId>,
    /// The person asked.
    pub assignee: Option<UserId>,
    /// Who took it.
    pub claimed_by: Option<UserId>,
    /// For whom, if not for himself.
    pub claimed_on_behalf_of: Option<UserId>,
    /// How many have voted, where several decide.
    pub votes: u32,
    /// The request that it called last.
    pub called: Option<RequestId>,
    /// What it ended with.
    pub outcome: Option<Outcome>,
    /// Who decided.
    pub completed_by: Option<UserId>,
    /// On whose behalf, if not for himself.
    pub completed_on_behalf_of: Option<UserId>,
    /// What they said.
    pub comment: Option<String>,
    /// When it opened; `None` while a join waits.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
    /// The last instant in time.
    pub deadline: Option<Timestamp>,
    /// How its job does, if a worker carries it out.
    pub job: Option<StepJob>,
    /// Which instance of several it is.
    pub instance: Option<StepInstance>,
    /// What it was given, where the workflow says what.
    pub input: Option<JsonMap>,
}

/// How the job of a step does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepJob {
    /// Which workers do it.
    pub job_type: String,
    /// Where it goes: its type, or host and port of an HTTP request, or `smtp` for mail; `None` when its address
    /// cannot be read.
    pub target: Option<String>,
    /// How many attempts have failed since it began or was retried.
    pub failed: u32,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// When the next attempt may begin, or could have begun; `None` once there is none to come.
    pub next_attempt: Option<Timestamp>,
}

/// Which failed steps a list shows; every given part must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FailedStepFilter {
    /// Whose jobs were for workers of this type.
    pub job_type: Option<String>,
    /// Of requests of this workflow.
    pub workflow: Option<WorkflowId>,
    /// Whose jobs go exactly there, as [`StepJob::target`] says it.
    pub target: Option<String>,
    /// Which failed with an error that contains this text, whatever the case of its letters.
    pub error_contains: Option<String>,
    /// Which failed before this instant.
    pub failed_before: Option<Timestamp>,
    /// Only those of requests in progress, which alone can be retried.
    pub retryable: bool,
}

/// Which instance of several an execution of a step is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepInstance {
    /// The execution that they all belong to.
    pub of: RequestStepId,
    /// The how many-th, from 0.
    pub index: u32,
    /// What it is for.
    pub item: Value,
}

/// An open step that somebody may act on now.
#[derive(Debug, Clone, PartialEq)]
pub struct InboxItem {
    /// The step.
    pub step: RequestStep,
    /// Its request.
    pub request: Request,
    /// On whose behalf the person may act; `None` for himself.
    pub on_behalf_of: Option<UserId>,
}

/// The record of a missed deadline and what was done.
#[derive(Debug, Clone, PartialEq)]
pub struct Escalation {
    /// The record.
    pub id: EscalationId,
    /// The late request.
    pub request: RequestId,
    /// The late step; `None` when the whole request is late.
    pub request_step: Option<RequestStepId>,
    /// Which rung, from 0.
    pub rung: u32,
    /// `NOTIFY`, `REASSIGN`, `RAISE` or `TAKE_OUTCOME`.
    pub action: String,
    /// Details: whom, to which role, which outcome, whether it worked.
    pub detail: Value,
    /// The deadline.
    pub missed_deadline: Timestamp,
    /// When the system acted.
    pub escalated_at: Timestamp,
}

/// A message to a person or to a role's holders.
#[derive(Debug, Clone, PartialEq)]
pub struct Notification {
    /// The message.
    pub id: NotificationId,
    /// To this person.
    pub user: Option<UserId>,
    /// To whoever holds this role.
    pub role: Option<RoleId>,
    /// What about, such as `DEADLINE_MISSED`.
    pub kind: String,
    /// About which request.
    pub request: Option<RequestId>,
    /// About which step.
    pub request_step: Option<RequestStepId>,
    /// Details.
    pub detail: Value,
    /// When.
    pub created_at: Timestamp,
}

/// Which requests a list shows; every given part must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestFilter {
    /// In one of these states; all when empty.
    pub statuses: Vec<RequestStatus>,
    /// Of this workflow.
    pub workflow: Option<WorkflowId>,
    /// Started by this person.
    pub requester: Option<UserId>,
    /// Called by this request.
    pub parent: Option<RequestId>,
    /// With exactly this reference.
    pub reference: Option<String>,
    /// Live, with the due date before this instant.
    pub overdue_at: Option<Timestamp>,
}

/// How a list of requests is sorted; ties by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestOrder {
    /// By what.
    pub field: RequestOrderField,
    /// Greatest first.
    pub descending: bool,
}

/// What requests can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestOrderField {
    /// Creation; the id itself.
    CreatedAt,
    /// Due date; those without one after all others when ascending.
    DueAt,
}

/// Which open steps an inbox shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InboxFilter {
    /// Of this workflow.
    pub workflow: Option<WorkflowId>,
    /// Only those the person has claimed (`true`) or nobody has (`false`).
    pub claimed: Option<bool>,
    /// Only tasks, or only approvals.
    pub kind: Option<HumanKind>,
}

/// A request to be started.
#[derive(Debug, Clone, PartialEq)]
pub struct NewRequest {
    /// Its workflow; runs on the active version.
    pub workflow: WorkflowId,
    /// For people; 1 to 300 characters. The workflow's name when `None`.
    pub title: Option<String>,
    /// The caller's own key, at most 200 characters.
    pub reference: Option<String>,
    /// How urgent.
    pub priority: Priority,
    /// The first variables.
    pub variables: JsonMap,
    /// When to start; now when `None`.
    pub starts_at: Option<Timestamp>,
    /// The due date; from the workflow's SLA when `None`.
    pub due_at: Option<Timestamp>,
}
