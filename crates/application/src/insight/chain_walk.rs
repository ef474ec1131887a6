use nexusflow_domain::insight::{AuditRecord, Hash, verify_link};
use nexusflow_domain::request::{RequestEvent, RequestState, evolve};

use crate::StoreError;
use crate::access::Scope;
use crate::insight::{AuditReader, FindingKind, StreamId, Verification};

/// How many records are read at once.
pub(super) const BATCH: u32 = 500;

/// A walk along one stream: where it stands, and what the events up to there lead to.
#[derive(Debug)]
pub(super) struct ChainWalk {
    pub stream: StreamId,
    /// The number and the hash of the last record.
    pub last: (u64, Hash),
    /// The fold of a request's events.
    pub state: RequestState,
    /// Whether every record so far was read, followed the one before and held an event.
    pub intact: bool,
    readable: bool,
}

impl ChainWalk {
    pub fn at_start(stream: StreamId) -> Self {
        let last = (0, Hash::GENESIS);
        Self { stream, last, state: RequestState::blank(), intact: true, readable: true }
    }

    /// Walks on to the record of number `until`, or to the end; goes on after a break, so that every
    /// broken place is named, but names each record once.
    pub async fn walk(
        &mut self,
        reader: &dyn AuditReader,
        scope: &Scope,
        until: u64,
        verification: &mut Verification,
    ) -> Result<(), StoreError> {
        while self.readable && self.last.0 < until {
            let limit = u32::try_from(until - self.last.0).unwrap_or(BATCH).min(BATCH);
            let read = match reader.stream(scope, self.stream, self.last.0, limit).await {
                Err(StoreError::Corrupt { .. }) if limit > 1 => {
                    self.walk_singly(reader, scope, limit, verification).await?;
                    continue;
                }
                read => read,
            };
            match read {
                Ok(records) => {
                    for record in &records {
                        self.step(record, verification);
                    }
                    if records.len() < limit as usize {
                        return Ok(());
                    }
                }
                Err(error @ StoreError::Corrupt { .. }) => self.stop(scope, &error, verification),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// The same, one record at a time, to find the one that cannot be read.
    async fn walk_singly(
        &mut self,
        reader: &dyn AuditReader,
        scope: &Scope,
        limit: u32,
        verification: &mut Verification,
    ) -> Result<(), StoreError> {
        for _ in 0..limit {
            match reader.stream(scope, self.stream, self.last.0, 1).await {
                Ok(records) => match records.first() {
                    Some(record) => self.step(record, verification),
                    None => return Ok(()),
                },
                Err(error @ StoreError::Corrupt { .. }) => {
                    self.stop(scope, &error, verification);
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn step(&mut self, record: &AuditRecord, verification: &mut Verification) {
        verification.records += 1;
        let linked = verify_link(self.last, record);
        if let Err(chain) = linked {
            self.intact = false;
            verification.report(record, self.stream, FindingKind::Chain(chain));
        }
        if let StreamId::Request(_) = self.stream {
            if let Ok(event) = serde_json::from_str::<RequestEvent>(&record.payload) {
                self.state = evolve(std::mem::replace(&mut self.state, RequestState::blank()), &event);
            } else {
                self.intact = false;
                if linked.is_ok() {
                    verification.report(record, self.stream, FindingKind::Payload);
                }
            }
        }
        self.last = (record.seq, record.hash);
    }

    fn stop(&mut self, scope: &Scope, error: &StoreError, verification: &mut Verification) {
        (self.intact, self.readable) = (false, false);
        let problem = FindingKind::Unreadable(error.to_string());
        verification.report_stream(scope.organization(), self.stream, self.last.0 + 1, problem);
    }

    /// Whether the walk came to the end of what can be read.
    pub const fn is_readable(&self) -> bool {
        self.readable
    }
}
