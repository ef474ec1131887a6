//! What the harness noted itself while servers ran: what was acknowledged, what was done to them, and when.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Something that a server said it had done. Ids are as the API gives them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acknowledged {
    /// A request was started, with a reference of its own.
    Started { request: String, reference: String },
    /// A step was claimed by a person.
    Claimed { step: String, user: String },
    /// A step was decided by a person, or voted on.
    Decided { step: String, user: String, outcome: String },
    /// A job's result was recorded.
    Worked { step: String, stamp: String },
    /// A failed attempt of a job was recorded.
    Failed { step: String, message: String },
    /// A message was published.
    Published { message: String },
    /// A step's address was called.
    Called { step: String, nonce: String },
}

/// What is done to servers, their database and their time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FaultKind {
    /// SIGKILL, and started again.
    Kill,
    /// SIGSTOP, meanwhile the others' time goes on beyond its leases, SIGCONT.
    Freeze,
    /// A clock is put forward or back.
    Jump,
    /// The database ends every connection.
    Cut,
    /// The database ends without taking leave, and is started again.
    Crash,
    /// At the end, every clock is put on beyond leases and pauses.
    Advance,
}

impl FaultKind {
    pub const fn sets_clocks(self) -> bool {
        matches!(self, Self::Freeze | Self::Jump | Self::Advance)
    }
}

/// A fault, from its beginning until everything runs again.
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    pub kind: FaultKind,
    pub from: Instant,
    pub until: Instant,
}

/// An effect outside, as the sink saw it.
#[derive(Debug, Clone, Copy)]
pub struct Effect {
    pub at: Instant,
    pub number: u64,
}

/// Everything that was noted.
#[derive(Debug, Clone, Default)]
pub struct Notes {
    pub acknowledged: Vec<Acknowledged>,
    pub faults: Vec<Fault>,
    /// By idempotency key, in order.
    pub effects: BTreeMap<String, Vec<Effect>>,
    /// Errors that no fault explains.
    pub unexpected: Vec<String>,
    /// Requests that did not come to their end.
    pub unended: Vec<String>,
}

/// Where it is noted.
#[derive(Default)]
pub struct Evidence(Mutex<Notes>);

impl Evidence {
    pub fn acknowledged(&self, what: Acknowledged) {
        self.notes().acknowledged.push(what);
    }

    pub fn fault(&self, kind: FaultKind, from: Instant) {
        self.notes().faults.push(Fault { kind, from, until: Instant::now() });
    }

    /// An effect under a key; the how many-th effect of all it is.
    pub fn effect(&self, key: String) -> u64 {
        let mut notes = self.notes();
        let number = notes.effects.values().map(|effects| effects.len() as u64).sum::<u64>() + 1;
        notes.effects.entry(key).or_default().push(Effect { at: Instant::now(), number });
        number
    }

    pub fn unexpected(&self, what: String) {
        self.notes().unexpected.push(what);
    }

    /// A request that did not come to its end.
    pub fn unended(&self, request: String) {
        self.notes().unended.push(request);
    }

    pub fn copy(&self) -> Notes {
        self.notes().clone()
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
