use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Where the servers can be reached now.
#[derive(Default)]
pub struct Addresses {
    known: Mutex<Vec<Option<String>>>,
    turn: AtomicUsize,
}

impl Addresses {
    pub fn set(&self, server: usize, address: Option<String>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() <= server {
            known.resize(server + 1, None);
        }
        if let Some(place) = known.get_mut(server) {
            *place = address;
        }
    }

    /// One of those that run, in turn.
    pub fn next(&self) -> Option<String> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let up: Vec<&String> = known.iter().flatten().collect();
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        up.get(turn % up.len().max(1)).map(|address| (*address).clone())
    }
}
