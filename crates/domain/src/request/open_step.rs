//! What a request's state holds of the places where it is at work.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::duration::moved;
use crate::ids::{RequestId, RequestStepId, UserId};
use crate::workflow::{ActionKind, Candidate, FrameId, Outcome, StepKey, Vote};
use crate::{JsonMap, Timestamp};

/// A step that is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenStep {
    /// Which step.
    pub step: StepKey,
    /// The how many-th execution of it in this request, from 1.
    pub attempt: u32,
    /// The run of a split that it belongs to.
    #[serde(default, skip_serializing_if = "is_request")]
    pub frame: FrameId,
    /// The execution of the race that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub race: Option<RequestStepId>,
    /// Which instance of several it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<Instance>,
    /// What it waits for.
    pub work: Work,
    /// What it was given, where the workflow says what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<JsonMap>,
    /// When it opened.
    pub started_at: Timestamp,
    /// The last instant at which it is in time.
    pub due_at: Option<Timestamp>,
    /// The escalations of its deadline.
    pub pursuit: Option<Pursuit>,
    /// The timers of its boundary events.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timers: Vec<ArmedTimer>,
    /// The messages of its boundary events.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub messages: Vec<ArmedMessage>,
    /// Why it cannot go on by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

/// What an open step waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Work {
    /// A person.
    Human {
        /// Who is asked.
        candidate: Candidate,
        /// Who has taken it, so that others leave it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        claimed_by: Option<UserId>,
        /// For whom, when not for himself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        claimed_on_behalf_of: Option<UserId>,
        /// What has been voted, in order.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        votes: Vec<Vote>,
    },
    /// An instant.
    Timer {
        /// When.
        at: Timestamp,
    },
    /// A message.
    Message(AwaitedMessage),
    /// A call of the execution's own address.
    Webhook,
    /// A worker.
    Job(JobWork),
    /// Another request.
    Call {
        /// The request that is called.
        child: RequestId,
    },
    /// Several instances of the step.
    Multi(Instances),
}

/// The message that something waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AwaitedMessage {
    /// What kind of message.
    pub name: String,
    /// Its correlation key.
    pub key: String,
    /// Only one published from then on, if not any that is still kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
}

impl AwaitedMessage {
    /// Whether a message of this name and key, published then, is what is waited for.
    pub fn is_met_by(&self, name: &str, key: &str, published_at: Timestamp) -> bool {
        self.name == name && self.key == key && self.since.is_none_or(|since| since <= published_at)
    }
}

/// What a worker, or NexusFlow itself, is to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobWork {
    /// Which workers do it.
    pub job_type: String,
    /// What NexusFlow itself does; `None` when workers do it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<ActionKind>,
    /// How many attempts have failed since it began or was retried.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub failed: u32,
    /// When the next attempt may begin.
    pub run_at: Timestamp,
    /// Why the last attempt failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
}

/// Several instances of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Instances {
    /// One for each instance, in order.
    pub items: Vec<Value>,
    /// How many have been opened, in order.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub opened: u32,
    /// What came of those that are open no more.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ended: BTreeMap<u32, InstanceEnd>,
}

/// What came of an instance.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InstanceEnd {
    /// What it ended with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Who decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<UserId>,
    /// What came back; `None` when it was cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<JsonMap>,
}

/// Which instance of several an open step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Instance {
    /// The execution that they all belong to.
    pub of: RequestStepId,
    /// The how many-th, from 0.
    pub index: u32,
}

impl Work {
    /// A person, with nothing done yet.
    pub const fn unclaimed(candidate: Candidate) -> Self {
        Self::Human { candidate, claimed_by: None, claimed_on_behalf_of: None, votes: Vec::new() }
    }
}

impl OpenStep {
    /// Who is asked, if a person works the step.
    pub const fn candidate(&self) -> Option<Candidate> {
        match self.work {
            Work::Human { candidate, .. } => Some(candidate),
            _ => None,
        }
    }

    /// Who has taken it.
    pub const fn claimed_by(&self) -> Option<UserId> {
        match self.work {
            Work::Human { claimed_by, .. } => claimed_by,
            _ => None,
        }
    }

    /// For whom it was taken, when not for whoever took it.
    pub const fn claimed_on_behalf_of(&self) -> Option<UserId> {
        match self.work {
            Work::Human { claimed_on_behalf_of, .. } => claimed_on_behalf_of,
            _ => None,
        }
    }

    /// Whether it was taken by somebody or on his behalf: then he may give it back, even if he could not
    /// take it any more.
    pub fn is_claim_of(&self, user: UserId) -> bool {
        self.claimed_by() == Some(user) || self.claimed_on_behalf_of() == Some(user)
    }

    /// What has been voted on it.
    pub fn votes(&self) -> &[Vote] {
        match &self.work {
            Work::Human { votes, .. } => votes,
            _ => &[],
        }
    }

    /// When its own timer fires, unless it failed.
    pub fn fires_at(&self) -> Option<Timestamp> {
        match self.work {
            Work::Timer { at } if self.failure.is_none() => Some(at),
            _ => None,
        }
    }
}

/// An execution to come at which tokens wait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AwaitedStep {
    /// Which step.
    pub step: StepKey,
    /// The run of a split that a structured join gathers; else the request.
    #[serde(default, skip_serializing_if = "is_request")]
    pub frame: FrameId,
}

/// A scope in which something goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OpenScope {
    /// Since when.
    pub since: Timestamp,
    /// The timers of its boundary events.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timers: Vec<ArmedTimer>,
    /// The messages of its boundary events.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub messages: Vec<ArmedMessage>,
}

/// The message of a boundary event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ArmedMessage {
    /// The boundary event.
    pub boundary: StepKey,
    /// What makes it fire.
    pub message: AwaitedMessage,
}

/// The timer of a boundary event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ArmedTimer {
    /// The boundary event.
    pub boundary: StepKey,
    /// When it fires.
    pub at: Timestamp,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it by reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it by reference")]
fn is_request(frame: &FrameId) -> bool {
    *frame == FrameId::REQUEST
}

/// How far an escalation ladder has been climbed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pursuit {
    /// The next rung, counted from 0.
    pub rung: u32,
    /// The instant after which it fires.
    pub at: Timestamp,
}

impl Pursuit {
    /// The first instant at which the rung is due: at its instant itself, one is still in time.
    pub fn fires_at(self) -> Timestamp {
        moved(self.at, TimeDelta::microseconds(1))
    }
}
