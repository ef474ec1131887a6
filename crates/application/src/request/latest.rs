//! The latest states of requests that this process knows of, ahead of the store by what is on its way there.
//!
//! They only make things fast. A unit is written if the store still has what it was decided on, so a decision
//! may be made on what is remembered; an answer that writes nothing is only given on what was stored at some
//! instant of the call.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use moka::sync::Cache;
use nexusflow_domain::ids::RequestId;
use nexusflow_domain::request::RequestState;
use serde_json::Value;
use tokio::sync::{Mutex, MutexGuard};

use crate::request::LoadedRequest;
use crate::request::committer::Outcome;

/// About how many bytes of states are kept.
const CAPACITY: u64 = 32 << 20;

/// The latest states. Bounded; the least used ones go.
pub(super) struct Latest(Cache<RequestId, Arc<Slot>>);

/// The place of one request: whoever holds it decides on the request, one after the other.
#[derive(Default)]
pub(super) struct Slot {
    tip: Mutex<Option<Tip>>,
    weight: AtomicU32,
}

/// A state that is stored, or on its way.
struct Tip {
    loaded: Arc<LoadedRequest>,
    outcome: Outcome,
}

/// How a known state stands.
pub(super) enum Known {
    /// It was stored when it was last heard of.
    Stored(Arc<LoadedRequest>),
    /// It is on its way.
    Submitted(Arc<LoadedRequest>, Outcome),
}

impl Latest {
    pub fn new() -> Self {
        let weight = |_: &RequestId, slot: &Arc<Slot>| slot.weight.load(Ordering::Relaxed).max(256);
        Self(Cache::builder().max_capacity(CAPACITY).weigher(weight).build())
    }

    pub fn slot(&self, request: RequestId) -> Arc<Slot> {
        self.0.get_with(request, Arc::default)
    }

    /// Weighs a slot anew.
    pub fn weigh(&self, request: RequestId, slot: &Arc<Slot>, weight: usize) {
        slot.weight.store(u32::try_from(weight).unwrap_or(u32::MAX), Ordering::Relaxed);
        self.0.insert(request, slot.clone());
    }
}

/// A slot that is held.
pub(super) struct Held<'a>(MutexGuard<'a, Option<Tip>>);

impl Slot {
    pub async fn hold(&self) -> Held<'_> {
        Held(self.tip.lock().await)
    }
}

impl Held<'_> {
    /// What is known; nothing when what was on its way did not arrive.
    pub fn known(&mut self) -> Option<Known> {
        let tip = self.0.as_ref()?;
        let (outcome, is_open) = (*tip.outcome.borrow(), tip.outcome.has_changed().is_ok());
        match outcome {
            Some(true) => Some(Known::Stored(tip.loaded.clone())),
            None if is_open => Some(Known::Submitted(tip.loaded.clone(), tip.outcome.clone())),
            Some(false) | None => {
                *self.0 = None;
                None
            }
        }
    }

    /// What is on its way since now.
    pub fn submitted(&mut self, loaded: Arc<LoadedRequest>, outcome: Outcome) {
        *self.0 = Some(Tip { loaded, outcome });
    }
}

/// About how many bytes a state takes.
pub(super) fn weight(state: &RequestState) -> usize {
    let variables: usize = state.variables.iter().map(|(name, value)| name.len() + 64 + weight_of(value)).sum();
    let decided: usize = state.decided.values().map(BTreeSet::len).sum();
    let entries = state.awaited.len() + decided + state.attempts.len();
    3_072 + variables + 512 * state.open.len() + 32 * entries
}

fn weight_of(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 32,
        Value::String(text) => 32 + text.len(),
        Value::Array(items) => 32 + items.iter().map(weight_of).sum::<usize>(),
        Value::Object(fields) => {
            32 + fields.iter().map(|(name, value)| name.len() + 64 + weight_of(value)).sum::<usize>()
        }
    }
}
