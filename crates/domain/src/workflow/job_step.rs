//! Steps that are carried out by programs: services, and agents that decide by themselves how.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::duration::Duration;
use crate::workflow::expression::InputSchema;
use crate::workflow::{Action, EmailDocument, HttpDocument, NotifyDocument, Outcome};

/// What a SERVICE step has done, as a document says it: exactly one of the fields besides `retry`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServiceDocument {
    /// Workers do it: those that fetch jobs of this type; 1 to 64 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_type: Option<String>,
    /// Variables are set, at once: an object of CEL expressions by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set: Option<Value>,
    /// People are told within NexusFlow, at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notify: Option<NotifyDocument>,
    /// An HTTP request is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http: Option<HttpDocument>,
    /// A mail is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<EmailDocument>,
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

impl ServiceDocument {
    /// Whether it is done at once, as part of the decision that comes to it.
    pub const fn is_inline(&self) -> bool {
        self.set.is_some() || self.notify.is_some()
    }
}

/// How often and when a failed attempt is made again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Whether each of these times is shortened at random, to no less than half, so that what failed together does
    /// not come back together. Default false.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub jitter: bool,
    /// The codes of the errors after which there is another attempt. By default those of built-in actions that may
    /// be gone next time, and none that a worker names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on: Option<Vec<String>>,
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
        let (backoff, jitter, on) = (Backoff::Exponential, false, None);
        Self { attempts: 3, delay: seconds(10), backoff, max_delay: seconds(3_600), jitter, on }
    }
}

impl Retry {
    /// How long to wait after so many failed attempts, at least one; `None` when that were enough. `seed` tells
    /// retries with jitter apart.
    pub fn after(&self, failed: u32, seed: u128) -> Option<TimeDelta> {
        if failed >= self.attempts {
            return None;
        }
        let doublings = match self.backoff {
            Backoff::Fixed => 0,
            Backoff::Exponential => failed.saturating_sub(1).min(40),
        };
        let seconds = self.delay.seconds().saturating_mul(1 << doublings).min(self.max_delay.seconds());
        let whole = TimeDelta::seconds(seconds);
        let less = whole / 2 * i32::from(self.jitter);
        Some(whole - TimeDelta::milliseconds(scattered(seed, failed, less.num_milliseconds())))
    }

    /// Whether the workflow says of this error that there is another attempt; `None` when it leaves that open.
    pub fn names(&self, code: &str) -> Option<bool> {
        self.on.as_ref().map(|codes| codes.iter().any(|one| one == code))
    }
}

/// A number from 0 to `most`, the same for the same arguments: the finalizer of `SplitMix64` (Steele, Lea, Flood 2014).
fn scattered(seed: u128, step: u32, most: i64) -> i64 {
    let folded = (seed >> 64 ^ seed) & u128::from(u64::MAX);
    let mut mixed = u64::try_from(folded).unwrap_or(0) ^ (u64::from(step) << 32);
    mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^= mixed >> 31;
    i64::try_from(mixed % (most.unsigned_abs() + 1)).unwrap_or(0)
}

/// A step that is carried out as a job: by a worker, or by NexusFlow itself.
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
    /// What NexusFlow does; `None` when workers do it.
    pub action: Option<Action>,
}

/// The two forms of automatic work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobKind {
    /// A fixed piece of work.
    Service,
    /// An agent that decides by itself how.
    Agent,
}

impl JobKind {
    /// The stable text: the kind of step.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Service => "SERVICE",
            Self::Agent => "AGENT",
        }
    }

    /// The kind with this text.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Service, Self::Agent].into_iter().find(|kind| kind.as_str() == text)
    }
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
