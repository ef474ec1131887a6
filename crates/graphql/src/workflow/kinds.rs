use async_graphql::Enum;
use nexusflow_domain::workflow;

/// Where a workflow is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "workflow::WorkflowStatus")]
pub enum WorkflowStatus {
    /// Never published, or being built.
    Draft,
    /// New requests may be started.
    Active,
    /// No new requests; live ones go on.
    Paused,
    /// Kept for reading only.
    Archived,
}

/// Where a version is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "workflow::VersionStatus")]
pub enum WorkflowVersionStatus {
    /// May still change.
    Draft,
    /// Immutable; requests run on it.
    Published,
    /// Immutable and replaced; its live requests finish on it.
    Retired,
}

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "workflow::StepKindDocument")]
pub enum WorkflowStepKind {
    /// Where every request begins; exactly one.
    Start,
    /// Where a branch ends.
    End,
    /// Work for a person.
    Task,
    /// A decision by a person.
    Approval,
    /// Work for a program.
    Service,
    /// Work for an agent that decides by itself how.
    Agent,
    /// Another workflow.
    Call,
    /// Routes at once: a choice on the variables, or a fork.
    Decision,
    /// Waits for a time, a message or a webhook.
    Wait,
    /// Opens all the steps behind it; the first that ends withdraws the others.
    Race,
    /// Fires when something happens while a step or a scope is open.
    Boundary,
}

/// When a step with several incoming transitions starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum StepJoin {
    /// Each arrival starts it.
    Any,
    /// One arrival from every incoming transition starts it once.
    All,
    /// Everything that came out of one run of a split starts it once.
    Some,
    /// So many of the branches that came out of one run of a split start it, once.
    AtLeast,
}

/// What becomes of the branches that arrive after a join `AT_LEAST` has started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "workflow::LateArrivals")]
pub enum LateArrivals {
    /// They go on, and end at the join.
    Ignore,
    /// As `IGNORE`; and the branches of the split's next run wait until the last of this one has ended.
    Block,
    /// They are withdrawn at once.
    Cancel,
}

/// Which transitions a finished step takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "workflow::SplitDocument")]
pub enum StepSplit {
    /// The first of the outcome whose condition holds, else the default.
    One,
    /// All of the outcome whose condition holds, else the default.
    Some,
    /// All of the outcome.
    All,
}

/// How an end step ends the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "workflow::EndKind")]
pub enum EndKind {
    /// Ends its branch; the request completes when no branch is left.
    Normal,
    /// Completes the request at once and cancels what is open.
    Terminate,
    /// Fails the request at once and cancels what is open.
    Error,
}

/// Who is asked to act on a human step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum CandidateKind {
    /// Whoever holds a role.
    Role,
    /// One person.
    User,
    /// Whoever started the request.
    Requester,
}
