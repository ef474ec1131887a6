use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use nexusflow_domain::ids::RequestId;
use nexusflow_domain::insight::AuditRecord;

use crate::StoreError;
use crate::fakes::memory::world::World;

/// Every storage port in memory. Writes are made on a copy of everything, which then takes the
/// place of the original or is dropped: all or nothing by construction.
#[derive(Debug)]
pub struct MemoryStore {
    world: Mutex<World>,
    available: AtomicBool,
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self { world: Mutex::default(), available: AtomicBool::new(true) }
    }
}

impl MemoryStore {
    /// Lets every port answer that the database is not available, or work again.
    pub fn set_available(&self, available: bool) {
        self.available.store(available, Ordering::Relaxed);
    }

    /// Changes a request's journal behind the application's back, for tests of verification.
    pub fn tamper_with_journal(&self, request: RequestId, change: impl FnOnce(&mut Vec<AuditRecord>)) {
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        change(world.journals.entry(request).or_default());
    }

    /// Removes a request's row and leaves its journal, for tests of verification.
    pub fn tamper_by_removing_request(&self, request: RequestId) {
        self.world.lock().unwrap_or_else(PoisonError::into_inner).requests.remove(&request);
    }

    /// Everything, as it is now. Other tasks get their turn first, so that whatever may come between
    /// two calls of a use case does.
    pub(super) async fn world(&self) -> Result<MutexGuard<'_, World>, StoreError> {
        tokio::task::yield_now().await;
        if !self.available.load(Ordering::Relaxed) {
            return Err(StoreError::Unavailable("the fake was told not to be available".into()));
        }
        Ok(self.world.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl World {
    /// Applies a change to a copy and keeps the copy only if it succeeds.
    pub(super) fn transact<T, E>(&mut self, change: impl FnOnce(&mut Self) -> Result<T, E>) -> Result<T, E> {
        let mut copy = self.clone();
        let done = change(&mut copy)?;
        *self = copy;
        Ok(done)
    }
}

/// What a database says when a constraint does not hold.
pub(super) fn violation(message: impl Into<String>) -> StoreError {
    StoreError::Failed(message.into().into())
}
