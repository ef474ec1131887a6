//! What workers, other workflows and messages do for a step, and several instances, as the API shows them.

use async_graphql::{Enum, SimpleObject};
use nexusflow_domain::workflow::{
    self, AgentDocument, CallDocument, CalledVersion, CompletionDocument, MessageDocument, MultiDocument, Retry,
    ServiceDocument,
};

use crate::scalar::{Duration, Json, int};

/// How the time between attempts grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "workflow::Backoff")]
pub enum RetryBackoff {
    /// It does not.
    Fixed,
    /// It doubles.
    Exponential,
}

/// Whether the instances of a step are open all at once or one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "workflow::MultiMode")]
pub enum MultiMode {
    /// All at once.
    Parallel,
    /// One after the other.
    Sequential,
}

/// What becomes of the instances that are open when their step ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "workflow::Remaining")]
pub enum RemainingInstances {
    /// They are cancelled.
    Cancel,
    /// They stay open; their ends change nothing any more.
    Keep,
}

/// When a step of several instances ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum MultiCompletion {
    /// When all have ended.
    All,
    /// When `atLeast` have.
    AtLeast,
    /// When more than half of all have ended with the same outcome.
    Majority,
    /// When `condition` holds.
    When,
}

/// How often and when a failed attempt is made again.
#[derive(Debug, Clone, SimpleObject)]
pub struct StepRetry {
    /// The most attempts, the first included.
    attempts: i32,
    /// The time before the second attempt.
    delay: Duration,
    /// How the time grows from attempt to attempt.
    backoff: RetryBackoff,
    /// The longest time between two attempts.
    max_delay: Duration,
    /// Whether each of these times is shortened at random, to no less than half.
    jitter: bool,
    /// The codes of the errors after which there is another attempt; null for those of built-in actions that may be
    /// gone next time, and none that a worker names.
    on: Option<Vec<String>>,
}

/// Work for a program or an agent, or for NexusFlow itself.
#[derive(Debug, Clone, SimpleObject)]
pub struct StepJob {
    /// Which workers do it: those that fetch jobs of this type. Null when NexusFlow does it itself.
    job_type: Option<String>,
    /// What NexusFlow does itself, as the workflow's document says it: an object with the field `set`, `notify`, `http`
    /// or `email`. Null when workers do it.
    action: Option<Json>,
    /// What happens when an attempt fails.
    retry: StepRetry,
    /// Agents: what they are to do, in words.
    instructions: Option<String>,
    /// Agents: what the result must look like, a JSON Schema.
    result_schema: Option<Json>,
}

/// A call of another workflow.
#[derive(Debug, Clone, SimpleObject)]
pub struct StepCall {
    /// The name of the workflow.
    workflow: String,
    /// The number of the version; null for the one that is active when the call is made.
    version: Option<i32>,
    /// Whether the step ends as soon as the called request has started.
    detached: bool,
}

/// Several executions of one step, one for each item of a list.
#[derive(Debug, Clone, SimpleObject)]
pub struct StepMulti {
    /// A CEL expression for the list.
    over: String,
    /// All at once, or one after the other.
    mode: MultiMode,
    /// When the step ends.
    complete: MultiCompletion,
    /// How many must have ended, where that is counted.
    at_least: Option<i32>,
    /// The CEL expression that ends the step, where there is one.
    condition: Option<String>,
    /// What becomes of the instances that are open then.
    remaining: RemainingInstances,
    /// Whether instances may be added while the step is open.
    may_grow: bool,
    /// The variable that receives the list of results.
    collect: Option<String>,
}

/// Which message something waits for.
#[derive(Debug, Clone, SimpleObject)]
pub struct StepMessage {
    /// What kind of message.
    name: String,
    /// A CEL expression for the correlation key.
    key: String,
    /// Whether a message that came before the waiting began, and is still kept, counts too.
    kept: bool,
}

impl From<&ServiceDocument> for StepJob {
    fn from(service: &ServiceDocument) -> Self {
        let (job_type, retry) = (service.job_type.clone(), (&service.retry).into());
        let action = ServiceDocument { job_type: None, retry: Retry::default(), ..service.clone() };
        let action = serde_json::to_value(action).ok().filter(|_| job_type.is_none()).map(Json);
        Self { job_type, action, retry, instructions: None, result_schema: None }
    }
}

impl From<&AgentDocument> for StepJob {
    fn from(agent: &AgentDocument) -> Self {
        Self {
            job_type: Some(agent.job_type.clone()),
            action: None,
            retry: (&agent.retry).into(),
            instructions: Some(agent.instructions.clone()),
            result_schema: agent.result_schema.clone().map(Json),
        }
    }
}

impl From<&Retry> for StepRetry {
    fn from(retry: &Retry) -> Self {
        let (delay, max_delay) = (Duration(retry.delay), Duration(retry.max_delay));
        let (backoff, jitter, on) = (retry.backoff.into(), retry.jitter, retry.on.clone());
        Self { attempts: int(retry.attempts), delay, backoff, max_delay, jitter, on }
    }
}

impl From<&CallDocument> for StepCall {
    fn from(call: &CallDocument) -> Self {
        let version = match call.version {
            CalledVersion::Latest => None,
            CalledVersion::Pinned(number) => Some(int(number)),
        };
        Self { workflow: call.workflow.clone(), version, detached: call.detached }
    }
}

impl From<&MultiDocument> for StepMulti {
    fn from(multi: &MultiDocument) -> Self {
        let (complete, at_least, condition) = match &multi.complete {
            CompletionDocument::All => (MultiCompletion::All, None, None),
            CompletionDocument::First => (MultiCompletion::AtLeast, Some(1), None),
            CompletionDocument::AtLeast(count) => (MultiCompletion::AtLeast, Some(int(*count)), None),
            CompletionDocument::Majority => (MultiCompletion::Majority, None, None),
            CompletionDocument::When(condition) => (MultiCompletion::When, None, Some(condition.clone())),
        };
        Self {
            over: multi.over.clone(),
            mode: multi.mode.into(),
            complete,
            at_least,
            condition,
            remaining: multi.remaining.into(),
            may_grow: multi.may_grow,
            collect: multi.collect.clone(),
        }
    }
}

impl From<&MessageDocument> for StepMessage {
    fn from(message: &MessageDocument) -> Self {
        Self { name: message.name.clone(), key: message.key.clone(), kept: message.kept }
    }
}
