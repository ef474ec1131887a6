use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use async_graphql::dataloader::{DataLoader, HashMapCache};
use nexusflow_application::{Application, Call, Error};
use tracing::Instrument;

use crate::context::unauthenticated;
use crate::error::failure_of;

/// How long a batch waits for more keys. All items of a page ask within microseconds; the wait is
/// only there because they may be resolved on another thread than the one that loads.
const BATCH_WINDOW: Duration = Duration::from_micros(200);

/// Loads and remembers within one request.
pub type Loader = DataLoader<Reads, HashMapCache>;

/// What loaders read with: the use cases, as the caller.
#[derive(Clone)]
pub struct Reads {
    application: Arc<Application>,
    call: Option<Call>,
}

/// Why a batch could not be loaded.
#[derive(Clone)]
pub enum ReadError {
    /// Nobody is signed in.
    Unauthenticated,
    /// The use case refused or failed.
    Application(Arc<Error>),
}

/// The loaders of one request. What they remember is dropped when something was changed.
pub struct Loaders {
    reads: Reads,
    current: RwLock<Arc<Loader>>,
}

impl Reads {
    /// Reads as the caller, if somebody is signed in.
    pub fn new(application: Arc<Application>, call: Option<Call>) -> Self {
        Self { application, call }
    }

    pub(super) fn application(&self) -> &Application {
        &self.application
    }

    pub(super) fn call(&self) -> Result<&Call, ReadError> {
        self.call.as_ref().ok_or(ReadError::Unauthenticated)
    }
}

impl Loaders {
    /// Nothing loaded yet.
    pub fn new(reads: Reads) -> Self {
        let current = RwLock::new(fresh(&reads));
        Self { reads, current }
    }

    /// What is in use now.
    pub fn current(&self) -> Arc<Loader> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Forgets everything loaded.
    pub fn renew(&self) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = fresh(&self.reads);
    }
}

fn fresh(reads: &Reads) -> Arc<Loader> {
    let spawn = |batch| tokio::spawn(Instrument::in_current_span(batch));
    Arc::new(DataLoader::with_cache(reads.clone(), spawn, HashMapCache::default()).delay(BATCH_WINDOW))
}

impl From<Error> for ReadError {
    fn from(error: Error) -> Self {
        Self::Application(Arc::new(error))
    }
}

impl From<ReadError> for async_graphql::Error {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Unauthenticated => unauthenticated(),
            ReadError::Application(error) => failure_of(&error),
        }
    }
}

/// Rows by their key.
pub(super) fn by_key<K: Hash + Eq, V>(rows: Vec<V>, key: impl Fn(&V) -> K) -> HashMap<K, V> {
    rows.into_iter().map(|row| (key(&row), row)).collect()
}

/// Rows by what they belong to; an empty list for what has none.
pub(super) fn grouped<K: Hash + Eq + Copy, R, V>(
    keys: &[K],
    rows: Vec<R>,
    split: impl Fn(R) -> (K, V),
) -> HashMap<K, Vec<V>> {
    let mut groups: HashMap<K, Vec<V>> = keys.iter().map(|&key| (key, Vec::new())).collect();
    for (key, value) in rows.into_iter().map(split) {
        groups.entry(key).or_default().push(value);
    }
    groups
}
