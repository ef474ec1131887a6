//! Steps that a worker carries out: services, and agents that decide by themselves how.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::duration::Duration;
use crate::workflow::Outcome;
use crate::workflow::expression::InputSchema;

/// What a SERVICE step has done, as a document says it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServiceDocument {
    /// Which workers do it: those that fetch jobs of this type; 1 to 64 characters.
    pub job_type: String,
    /// What happens when an attempt fails.
    #[serde(default, skip_serializing_if = "is_default")]
    pub retry: Retry,
}

/// What an AGENT step has done, as a document says it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AgentDocument {
    /// Which workers do it: those that fetch jobs of this type; 1 to 64 characters. Default `agent`.
    #[serde(default = "agent", skip_serializing_if = "is_agent")]
    pub job_type: String,
    /// What the agent is to do, in words; 1 to 20,000 characters.
    pub instructions: String,
    /// What its result must look like: a JSON Schema, see [`InputSchema`]. A result that does not is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result_schema: Option<Value>,
    /// What happens when an attempt fails.
    #[serde(default, skip_serializing_if = "is_default")]
    pub retry: Retry,
}

/// How often and when a failed attempt is made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Retry {
    /// The most attempts, the first included; 1 to 100. Default 3.
    pub attempts: u32,
    /// The time before the second attempt. Default 10 seconds.
    pub delay: Duration,
    /// How the time grows from attempt to attempt. Default EXPONENTIAL.
    pub backoff: Backoff,
    /// The longest time between two attempts. Default 1 hour.
    pub max_delay: Duration,
}

/// How the time between attempts grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Backoff {
    /// It does not.
    Fixed,
    /// It doubles.
    #[default]
    Exponential,
}

impl Default for Retry {
    fn default() -> Self {
        let seconds = |seconds| Duration::from_seconds(seconds).unwrap_or(Duration::ZERO);
        Self { attempts: 3, delay: seconds(10), backoff: Backoff::Exponential, max_delay: seconds(3_600) }
    }
}

impl Retry {
    /// How long to wait after so many failed attempts, at least one; `None` when that were enough.
    pub fn after(&self, failed: u32) -> Option<Duration> {
        if failed >= self.attempts {
            return None;
        }
        let doublings = match self.backoff {
            Backoff::Fixed => 0,
            Backoff::Exponential => failed.saturating_sub(1).min(40),
        };
        let seconds = self.delay.seconds().saturating_mul(1 << doublings).min(self.max_delay.seconds());
        Duration::from_seconds(seconds)
    }
}

/// A step that a worker carries out.
#[derive(Debug, Clone, PartialEq)]
pub struct JobStep {
    /// Service or agent.
    pub kind: JobKind,
    /// Which workers do it.
    pub job_type: String,
    /// What happens when an attempt fails.
    pub retry: Retry,
    /// What it can end with; never empty.
    pub outcomes: Vec<Outcome>,
    /// What an agent is to do.
    pub instructions: Option<String>,
    /// What its result must look like.
    pub result_schema: Option<InputSchema>,
}

/// The two forms of automatic work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobKind {
    /// A fixed piece of work.
    Service,
    /// An agent that decides by itself how.
    Agent,
}

fn agent() -> String {
    "agent".to_owned()
}

fn is_agent(job_type: &str) -> bool {
    job_type == "agent"
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
