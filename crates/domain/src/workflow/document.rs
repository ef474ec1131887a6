use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::workflow::{
    AgentDocument, ApprovalDocument, BoundaryDocument, CallDocument, CandidateDocument, EscalationRung, JoinDocument,
    Milestone, MultiDocument, Outcome, Separation, ServiceDocument, Sla, SplitDocument, StepKey, WaitDocument,
};

/// The import and export view of a workflow version (design: the rows are the truth). Field names
/// are camelCase; unknown fields are refused, so that a typing error is not silently dropped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WorkflowDocument {
    /// The nodes.
    pub steps: Vec<StepDocument>,
    /// The edges.
    pub transitions: Vec<TransitionDocument>,
    /// The deadline of a whole request, counted from its start, unless the start names a due date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sla: Option<Sla>,
    /// What happens when a due date named at the start is missed and there is no `sla`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub due_date_escalations: Vec<EscalationRung>,
    /// Parts of the graph that can be left or cancelled as a whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<ScopeDocument>,
    /// What variables a request has and starts with: a JSON Schema, see
    /// [`crate::workflow::expression::InputSchema`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_schema: Option<Value>,
}

/// A part of the graph: a set of steps that boundary events and operators cancel as a whole (BPMN's
/// embedded sub-process; cancellation regions of van der Aalst et al., WCP-25). Scopes are disjoint
/// or nested.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScopeDocument {
    /// Unique among steps and scopes.
    pub key: StepKey,
    /// For people; 1 to 200 characters.
    pub name: String,
    /// The steps inside, those of nested scopes included.
    pub steps: Vec<StepKey>,
    /// Of the scopes with the same mutex, only one is entered at a time (critical section, WCP-39).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mutex: Option<String>,
}

/// A node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StepDocument {
    /// Unique within the document.
    pub key: StepKey,
    /// For people; 1 to 200 characters.
    pub name: String,
    /// For people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// What kind of step.
    pub kind: StepKindDocument,
    /// When the step starts. Default ANY.
    #[serde(default)]
    pub join: JoinDocument,
    /// Which transitions it takes. Default ONE.
    #[serde(default)]
    pub split: SplitDocument,
    /// Tasks and approvals: who is asked to act.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidate: Option<CandidateDocument>,
    /// Approvals: whose votes decide. Default: the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<ApprovalDocument>,
    /// Tasks, approvals, services and agents: what they can end with. Default COMPLETED, or APPROVED and REJECTED.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outcomes: Vec<Outcome>,
    /// Tasks and approvals: who may not act.
    #[serde(default, skip_serializing_if = "is_default")]
    pub separation: Separation,
    /// Tasks and approvals: by when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sla: Option<Sla>,
    /// End steps: how the request ends. Default NORMAL.
    #[serde(default, skip_serializing_if = "is_default")]
    pub end: EndKind,
    /// ERROR ends: the code that boundary events catch; 1 to 64 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// WAIT steps: for what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait: Option<WaitDocument>,
    /// SERVICE steps: what is to be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<ServiceDocument>,
    /// AGENT steps: what is to be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentDocument>,
    /// CALL steps: which workflow is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<CallDocument>,
    /// Tasks, approvals, services, agents and calls: once for each item of a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub multi: Option<MultiDocument>,
    /// Tasks, approvals, services, agents and calls: what they are given, an object of CEL expressions by name. Of
    /// services, agents and calls by default all variables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Value>,
    /// Tasks, approvals, services, agents, calls and waits for messages and webhooks: which variables they set, an object of CEL
    /// expressions by name, which read what came back as `result`. By default each field of it sets the variable of its
    /// name; of a call nothing comes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Value>,
    /// BOUNDARY steps: on what, and when they fire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boundary: Option<BoundaryDocument>,
    /// Tasks and approvals: of those with the same mutex only one is being worked at a time, in any
    /// order (interleaved routing, WCP-17 and WCP-40). Claiming takes the mutex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mutex: Option<String>,
    /// Tasks and approvals: may only be worked while this holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled_while: Option<Milestone>,
    /// How often the step may start in one request; one start more fails the request, unless a
    /// boundary catches the error `VISIT_LIMIT`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_visits: Option<u32>,
    /// Whether several tokens may arrive here on one transition (multi-merge, WCP-8). Default false:
    /// verification proves that it cannot happen.
    #[serde(default, skip_serializing_if = "is_default")]
    pub allow_multiple: bool,
    /// Whether an operator may not skip the step. Default true.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub required: bool,
    /// A display hint; the graph alone decides what runs when.
    #[serde(default)]
    pub order: i32,
    /// Free configuration for clients, such as form fields; an object.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub config: Value,
}

impl StepDocument {
    /// A step that says nothing but what it is.
    pub fn new(key: StepKey, name: impl Into<String>, kind: StepKindDocument) -> Self {
        Self {
            key,
            name: name.into(),
            description: String::new(),
            kind,
            join: JoinDocument::default(),
            split: SplitDocument::default(),
            candidate: None,
            approval: None,
            outcomes: Vec::new(),
            separation: Separation::default(),
            sla: None,
            end: EndKind::default(),
            error_code: None,
            wait: None,
            service: None,
            agent: None,
            call: None,
            multi: None,
            input: None,
            output: None,
            boundary: None,
            mutex: None,
            enabled_while: None,
            max_visits: None,
            allow_multiple: false,
            required: true,
            order: 0,
            config: Value::Null,
        }
    }

    /// Whether it is a SERVICE that is done at once, as part of the decision that comes to it.
    pub fn is_inline(&self) -> bool {
        self.kind == StepKindDocument::Service && self.service.as_ref().is_some_and(ServiceDocument::is_inline)
    }

    /// Whom it names: who is asked to act, and who is told.
    pub fn people(&self) -> impl Iterator<Item = &CandidateDocument> {
        let told = self.service.as_ref().and_then(|service| service.notify.as_ref()).map(|notify| &notify.to);
        self.candidate.iter().chain(told)
    }

    /// What the step can end with: the declared outcomes, or its kind's own.
    pub fn effective_outcomes(&self) -> Vec<Outcome> {
        match self.kind {
            _ if !self.outcomes.is_empty() => self.outcomes.clone(),
            _ if self.is_inline() => Vec::new(),
            StepKindDocument::Task | StepKindDocument::Service | StepKindDocument::Agent => vec![Outcome::completed()],
            StepKindDocument::Approval => vec![Outcome::approved(), Outcome::rejected()],
            StepKindDocument::Start
            | StepKindDocument::End
            | StepKindDocument::Decision
            | StepKindDocument::Wait
            | StepKindDocument::Call
            | StepKindDocument::Race
            | StepKindDocument::Boundary => Vec::new(),
        }
    }
}

/// The kinds of steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StepKindDocument {
    /// Where every request begins; exactly one.
    Start,
    /// Where a branch ends.
    End,
    /// Work for a person.
    Task,
    /// A decision by a person.
    Approval,
    /// Work for a program, or for NexusFlow itself.
    Service,
    /// Work for an agent that decides by itself how.
    Agent,
    /// Another workflow.
    Call,
    /// Routes at once: a choice on the variables (split ONE or SOME) or a fork (split ALL).
    Decision,
    /// Waits for a time, a message or a webhook.
    Wait,
    /// Opens all the steps behind it; the first that ends withdraws the others (deferred choice, WCP-16).
    Race,
    /// Fires when something happens while a step or a scope is open.
    Boundary,
}

/// How an end step ends the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EndKind {
    /// Ends its branch; the request completes when no branch is left.
    #[default]
    Normal,
    /// Completes the request at once and cancels what is open.
    Terminate,
    /// Fails the request at once and cancels what is open.
    Error,
}

/// An edge.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TransitionDocument {
    /// The step it leaves.
    pub from: StepKey,
    /// The outcome it belongs to; every outcome when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// The step it enters.
    pub to: StepKey,
    /// Only taken when this holds; see [`crate::workflow::condition`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<Value>,
    /// Lower is tried first. Default 0; ties in document order.
    #[serde(default)]
    pub priority: i32,
    /// Taken when no condition of the outcome's other transitions holds.
    #[serde(default, skip_serializing_if = "is_default")]
    pub is_default: bool,
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it by reference")]
fn is_true(value: &bool) -> bool {
    *value
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
