//! What a request expects of the world outside its state: derived from the state alone, so that stores keep it
//! as rows that follow the state.

use std::collections::BTreeMap;

use crate::Timestamp;
use crate::ids::{RequestId, RequestStepId};
use crate::request::{AwaitedMessage, JobWork, Lifecycle, OpenStep, Pursuit, RequestState, Work};
use crate::workflow::StepKey;

/// Somewhere that waits for a message.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subscriber {
    /// The open step that waits, or the host of the boundary event; `None` when a scope is its host.
    pub step: Option<RequestStepId>,
    /// The boundary event that the message would fire.
    pub boundary: Option<StepKey>,
}

impl RequestState {
    /// The first instant at which time alone changes something: the start of a pending request, or a
    /// microsecond after the next rung's (at its instant itself, one is still in time). While
    /// suspended, and after the end, never.
    pub fn wakes_at(&self) -> Option<Timestamp> {
        match self.lifecycle {
            Lifecycle::Pending { starts_at } => Some(starts_at),
            Lifecycle::InProgress => {
                let pursuits = self.open.values().filter_map(|open| open.pursuit).chain(self.pursuit);
                let escalations = pursuits.map(Pursuit::fires_at);
                let waits = self.open.values().filter_map(|open| open.fires_at());
                let timers = self.open.values().flat_map(|open| &open.timers);
                let boundaries = timers.chain(self.scopes.values().flat_map(|scope| &scope.timers));
                escalations.chain(waits).chain(boundaries.map(|timer| timer.at)).min()
            }
            Lifecycle::New
            | Lifecycle::Suspended { .. }
            | Lifecycle::Completed { .. }
            | Lifecycle::Failed { .. }
            | Lifecycle::Cancelled { .. } => None,
        }
    }

    /// The messages that it waits for; none while suspended, so that they are kept until it goes on.
    pub fn subscriptions(&self) -> BTreeMap<Subscriber, &AwaitedMessage> {
        if self.lifecycle != Lifecycle::InProgress {
            return BTreeMap::new();
        }
        let waits = self.open.iter().filter_map(|(&id, open)| match &open.work {
            Work::Message(message) if open.failure.is_none() => {
                Some((Subscriber { step: Some(id), boundary: None }, message))
            }
            _ => None,
        });
        let steps = self.open.iter().flat_map(|(&id, open)| open.messages.iter().map(move |armed| (Some(id), armed)));
        let scopes = self.scopes.values().flat_map(|scope| scope.messages.iter().map(|armed| (None, armed)));
        let boundaries = steps
            .chain(scopes)
            .map(|(step, armed)| (Subscriber { step, boundary: Some(armed.boundary.clone()) }, &armed.message));
        waits.chain(boundaries).collect()
    }

    /// The work that it has for workers; none while suspended.
    pub fn jobs(&self) -> BTreeMap<RequestStepId, &JobWork> {
        if self.lifecycle != Lifecycle::InProgress {
            return BTreeMap::new();
        }
        let waiting = self.open.iter().filter(|(_, open)| open.failure.is_none());
        waiting
            .filter_map(|(&id, open)| match &open.work {
                Work::Job(work) => Some((id, work)),
                _ => None,
            })
            .collect()
    }

    /// The requests that it calls and waits for, by the execution that does.
    pub fn calls(&self) -> BTreeMap<RequestStepId, RequestId> {
        let call = |id: RequestStepId, open: &OpenStep| match open.work {
            Work::Call { child } if open.failure.is_none() => Some((id, child)),
            _ => None,
        };
        self.open.iter().filter_map(|(&id, open)| call(id, open)).collect()
    }
}
