use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::Datelike;
use nexusflow_domain::ids::RequestId;
use nexusflow_domain::insight::{ChainBreak, Hash};
use nexusflow_domain::request::RequestState;

use crate::StoreError;
use crate::access::{RequestScope, Scope};
use crate::application::Ports;
use crate::insight::chain_walk::ChainWalk;
use crate::insight::{AuditReader, FindingKind, StreamId, Verification};
use crate::request::{Request, RequestReader, RequestStore};

/// How many streams are walked before their ends are looked up.
const STREAMS: u32 = 100;
/// How often a request is read again that changes between two reads.
const ATTEMPTS: u32 = 5;

/// Checks chains, their ends, and that the requests' rows are what their journals lead to.
///
/// It works beside servers that write: a stream's end is read after its records. A head that names
/// more records than were found leads on to those; one that names fewer has been tampered with,
/// because records and head are written together.
pub(super) struct Verifier {
    reader: Arc<dyn AuditReader>,
    store: Arc<dyn RequestStore>,
    requests: Arc<dyn RequestReader>,
}

/// What a request's row says.
struct Stored {
    head: Hash,
    /// `None` when it cannot be read.
    state: Option<RequestState>,
    columns: Option<Request>,
}

impl Verifier {
    pub fn new(ports: &Ports) -> Self {
        Self { reader: ports.audit.clone(), store: ports.requests.clone(), requests: ports.request_reader.clone() }
    }

    /// Every stream of a tenant.
    pub async fn verify_organization(&self, scope: Scope, verification: &mut Verification) -> Result<(), StoreError> {
        let mut after = None;
        while !verification.is_full() {
            let heads = self.reader.streams(&scope, after, STREAMS).await?;
            let streams: Vec<StreamId> = heads.iter().map(|head| head.id).collect();
            self.verify_streams(scope, &streams, verification).await?;
            match streams.last() {
                Some(&last) if streams.len() == STREAMS as usize => after = Some(last),
                _ => break,
            }
        }
        Ok(())
    }

    /// One request's stream; no stream is counted when there is neither such a request nor a journal.
    pub async fn verify_request(
        &self,
        scope: Scope,
        request: RequestId,
        verification: &mut Verification,
    ) -> Result<(), StoreError> {
        self.verify_streams(scope, &[StreamId::Request(request)], verification).await
    }

    async fn verify_streams(
        &self,
        scope: Scope,
        streams: &[StreamId],
        verification: &mut Verification,
    ) -> Result<(), StoreError> {
        let found_before = verification.findings.len();
        let mut walks = Vec::with_capacity(streams.len());
        for &stream in streams {
            let mut walk = ChainWalk::at_start(stream);
            walk.walk(&*self.reader, &scope, u64::MAX, verification).await?;
            walks.push(walk);
        }
        let requests = walks.iter().filter_map(|walk| match walk.stream {
            StreamId::Request(request) => Some(request),
            StreamId::Organization => None,
        });
        let mut stored = self.stored(scope, &requests.collect::<Vec<_>>()).await?;
        for walk in walks {
            match walk.stream {
                StreamId::Organization => self.end_of_organization(scope, walk, verification).await?,
                StreamId::Request(request) => {
                    self.end_of_request(scope, walk, stored.remove(&request), verification).await?;
                }
            }
        }
        if let Some(found) = verification.findings.get_mut(found_before..) {
            found.sort_by_key(|finding| finding.stream);
        }
        Ok(())
    }

    async fn end_of_organization(
        &self,
        scope: Scope,
        mut walk: ChainWalk,
        verification: &mut Verification,
    ) -> Result<(), StoreError> {
        verification.streams += 1;
        let heads = self.reader.streams(&scope, None, 1).await?;
        let head = heads.first().filter(|head| head.id == StreamId::Organization);
        let head = head.map_or((0, Hash::GENESIS), |head| (head.seq, head.hash));
        walk.walk(&*self.reader, &scope, head.0, verification).await?;
        check_head(scope, &walk, head, verification);
        Ok(())
    }

    async fn end_of_request(
        &self,
        scope: Scope,
        mut walk: ChainWalk,
        stored: Option<Stored>,
        verification: &mut Verification,
    ) -> Result<(), StoreError> {
        let organization = scope.organization();
        let Some(stored) = stored else {
            if walk.last.0 > 0 || !walk.is_readable() {
                verification.streams += 1;
                let problem = FindingKind::RequestRemoved;
                verification.report_stream(organization, walk.stream, walk.last.0, problem);
            }
            return Ok(());
        };
        verification.streams += 1;
        let Some(state) = stored.state else {
            verification.report_stream(organization, walk.stream, walk.last.0, FindingKind::State);
            return Ok(());
        };
        walk.walk(&*self.reader, &scope, state.version, verification).await?;
        if check_head(scope, &walk, (state.version, stored.head), verification) && walk.intact {
            let problem = if state == walk.state {
                stored.columns.map_or(Some(FindingKind::State), |columns| {
                    differing_column(&columns, &state).map(FindingKind::Column)
                })
            } else {
                Some(FindingKind::State)
            };
            if let Some(problem) = problem {
                verification.report_stream(organization, walk.stream, walk.last.0, problem);
            }
        }
        Ok(())
    }

    /// What the rows of requests say; each is one view of its row, whatever changes meanwhile.
    async fn stored(&self, scope: Scope, requests: &[RequestId]) -> Result<BTreeMap<RequestId, Stored>, StoreError> {
        let mut stored = match self.read(scope, requests).await {
            Err(StoreError::Corrupt { .. }) => BTreeMap::new(),
            read => read?,
        };
        for &request in requests {
            let settled = |stored: &Stored| match (&stored.state, &stored.columns) {
                (Some(state), Some(columns)) => state.version == columns.version,
                _ => false,
            };
            for _ in 0..ATTEMPTS {
                if stored.get(&request).is_some_and(settled) {
                    break;
                }
                match self.read(scope, &[request]).await {
                    Ok(mut read) => match read.remove(&request) {
                        Some(read) => drop(stored.insert(request, read)),
                        None => break,
                    },
                    Err(StoreError::Corrupt { .. }) => {
                        stored.insert(request, Stored { head: Hash::GENESIS, state: None, columns: None });
                        break;
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(stored)
    }

    async fn read(&self, scope: Scope, requests: &[RequestId]) -> Result<BTreeMap<RequestId, Stored>, StoreError> {
        let wanted: Vec<(Scope, RequestId)> = requests.iter().map(|id| (scope, *id)).collect();
        let loaded = self.store.load(&wanted).await?;
        let columns = self.requests.requests(&RequestScope::system(scope.organization()), requests).await?;
        let mut columns: BTreeMap<RequestId, Request> = columns.into_iter().map(|row| (row.id, row)).collect();
        let stored = loaded.into_iter().map(|loaded| {
            let id = loaded.state.id;
            (id, Stored { head: loaded.head, columns: columns.remove(&id), state: Some(loaded.state) })
        });
        Ok(stored.collect())
    }
}

/// Whether a stream ends as its head says; otherwise that is a finding.
fn check_head(scope: Scope, walk: &ChainWalk, head: (u64, Hash), verification: &mut Verification) -> bool {
    if walk.last == head || !walk.is_readable() {
        return walk.last == head;
    }
    let problem = FindingKind::Chain(ChainBreak::Head { expected: head.0, found: walk.last.0 });
    verification.report_stream(scope.organization(), walk.stream, walk.last.0, problem);
    false
}

/// The first of a request's columns that does not say what its state says.
fn differing_column(columns: &Request, state: &RequestState) -> Option<&'static str> {
    [
        ("workflow_id", columns.workflow == state.workflow),
        ("workflow_version_id", columns.workflow_version == state.workflow_version),
        ("requester_id", columns.requester == state.requester),
        ("title", columns.title == state.title),
        ("reference", columns.reference == state.reference),
        ("status", columns.status == state.status()),
        ("priority", columns.priority == state.priority),
        // Columns end with the year 9999; the state does not.
        ("due_at", columns.due_at == state.due_at || state.due_at.is_some_and(|at| at.year() >= 9999)),
        ("version", columns.version == state.version),
        ("started_at", columns.started_at == state.started_at),
        ("completed_at", columns.completed_at == state.ended_at()),
    ]
    .into_iter()
    .find_map(|(column, fits)| (!fits).then_some(column))
}
