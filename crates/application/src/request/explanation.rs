use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{JobId, JobPauseId, RequestId, RequestStepId, RoleId, UserId, WorkflowId};
use nexusflow_domain::insight::AuditRecord;
use nexusflow_domain::request::{
    Branching, RequestEvent, RequestState, RequestStatus, WaitingFor, branching, evolve, stuck, waiting_for,
};

use crate::access::{Authorizer, PolicySnapshot, Scope};
use crate::application::Ports;
use crate::insight::AuditReader;
use crate::page::{Cursor, Edge};
use crate::platform::Clock;
use crate::request::{
    JobPauseReader, Request, RequestFilter, RequestOrder, RequestOrderField, RequestReader, RequestStore,
};
use crate::workflow::{Catalogue, PublishedVersion};
use crate::{Call, Page, PageRequest, Result, StoreError};

/// Records of a journal read at a time.
const JOURNAL_PAGE: u32 = 100;
/// Requests looked at together.
const SCAN_PAGE: u32 = 100;

/// Why requests are where they are, and where they were.
pub struct ExplanationService {
    authorizer: Authorizer,
    reader: Arc<dyn RequestReader>,
    store: Arc<dyn RequestStore>,
    audit: Arc<dyn AuditReader>,
    pauses: Arc<dyn JobPauseReader>,
    catalogue: Catalogue,
    clock: Arc<dyn Clock>,
}

/// A moment in a request's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// After everything recorded at or before this instant.
    At(Timestamp),
    /// After the record with this number.
    Version(u64),
}

/// A request as it was.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Its state then.
    pub state: RequestState,
    /// When the last thing before the moment happened.
    pub at: Timestamp,
    /// What it runs on.
    pub version: Arc<PublishedVersion>,
}

/// A request that nothing can move any more, short of an operator.
#[derive(Debug, Clone)]
pub struct StuckRequest {
    /// The request.
    pub request: Request,
    /// What it waits for in vain.
    pub waits: Vec<WaitingFor>,
    /// What it runs on.
    pub version: Arc<PublishedVersion>,
}

/// Why a request waits.
#[derive(Debug, Clone)]
pub struct Waits {
    /// What it runs on, which names the steps.
    pub version: Arc<PublishedVersion>,
    /// Everything that it waits for.
    pub waits: Vec<WaitingFor>,
    /// The pauses that hold back the work of its steps.
    pub pauses: BTreeMap<RequestStepId, Vec<JobPauseId>>,
}

impl ExplanationService {
    pub(crate) fn new(ports: &Ports, authorizer: Authorizer, catalogue: Catalogue) -> Self {
        Self {
            authorizer,
            reader: ports.request_reader.clone(),
            store: ports.requests.clone(),
            audit: ports.audit.clone(),
            pauses: ports.job_pauses.clone(),
            catalogue,
            clock: ports.clock.clone(),
        }
    }

    /// Everything that a request waits for; `None` when there is none that the caller may see.
    #[tracing::instrument(skip_all, fields(%request))]
    pub async fn why_waiting(&self, call: &Call, request: RequestId) -> Result<Option<Waits>> {
        let Some(scope) = self.visible(call, request).await? else { return Ok(None) };
        let Some(loaded) = self.store.load(&[(scope, request)]).await?.pop() else { return Ok(None) };
        let version = self.version(&scope, &loaded.state).await?;
        let waits = waiting_for(&version.graph, &loaded.state);
        let jobs: Vec<JobId> = loaded.state.jobs().into_keys().map(|step| JobId::from_uuid(step.uuid())).collect();
        let mut pauses: BTreeMap<RequestStepId, Vec<JobPauseId>> = BTreeMap::new();
        for (job, pause) in self.pauses.pauses_of(&scope, &jobs, self.clock.now()).await? {
            pauses.entry(RequestStepId::from_uuid(job.uuid())).or_default().push(pause);
        }
        Ok(Some(Waits { version, waits, pauses }))
    }

    /// A request as it was at a moment, by its journal; `None` when there is none that the caller may
    /// see, or it did not exist yet.
    #[tracing::instrument(skip_all, fields(%request))]
    pub async fn at(&self, call: &Call, request: RequestId, moment: Moment) -> Result<Option<Snapshot>> {
        let Some(scope) = self.visible(call, request).await? else { return Ok(None) };
        let mut page = PageRequest::first(JOURNAL_PAGE);
        let mut reached: Option<(RequestState, Timestamp)> = None;
        loop {
            let records = self.audit.journal(&scope, request, &page).await?;
            page.after = records.edges.last().map(|edge| edge.cursor.clone());
            for record in records.edges.iter().map(|edge| &edge.node) {
                if is_after(record, moment) {
                    return self.snapshot(&scope, reached).await;
                }
                let state = reached.map_or_else(RequestState::blank, |(state, _)| state);
                reached = Some((evolve(state, &event(record)?), record.at));
            }
            if !records.has_next {
                return self.snapshot(&scope, reached).await;
            }
        }
    }

    /// Why an execution of a step went where it went; `None` when there is none that the caller may see,
    /// or it has not ended by itself.
    #[tracing::instrument(skip_all, fields(%request, %step))]
    pub async fn branching(&self, call: &Call, request: RequestId, step: RequestStepId) -> Result<Option<Branching>> {
        let Some(scope) = self.visible(call, request).await? else { return Ok(None) };
        let mut state = RequestState::blank();
        let mut page = PageRequest::first(JOURNAL_PAGE);
        loop {
            let records = self.audit.journal(&scope, request, &page).await?;
            page.after = records.edges.last().map(|edge| edge.cursor.clone());
            for record in records.edges.iter().map(|edge| &edge.node) {
                let event = event(record)?;
                state = evolve(state, &event);
                if event.request_step() == Some(step) {
                    let version = self.version(&scope, &state).await?;
                    if let Some(branching) = branching(&version.graph, &event, &state) {
                        return Ok(Some(branching));
                    }
                }
            }
            if !records.has_next {
                return Ok(None);
            }
        }
    }

    /// The first requests under way after a place that nothing can move any more, oldest first. Looks at
    /// every request under way until it has found `limit`.
    #[tracing::instrument(skip_all)]
    pub async fn stuck(&self, call: &Call, limit: u32, after: Option<Cursor>) -> Result<Page<StuckRequest>> {
        let seen = self.authorizer.request_scope(call).await?;
        let filter = RequestFilter { statuses: vec![RequestStatus::InProgress], ..RequestFilter::default() };
        let order = RequestOrder { field: RequestOrderField::CreatedAt, descending: false };
        let snapshot = self.authorizer.snapshot(call.principal.organization).await?;
        let has_previous = after.is_some();
        let mut page = PageRequest { after, ..PageRequest::first(SCAN_PAGE) };
        let mut found = Vec::new();
        loop {
            let requests = self.reader.list_requests(&seen, &filter, order, &page).await?;
            page.after = requests.edges.last().map(|edge| edge.cursor.clone());
            for edge in self.stuck_among(call, requests.edges, &snapshot).await? {
                if found.len() == limit as usize {
                    return Ok(Page { edges: found, has_next: true, has_previous });
                }
                found.push(edge);
            }
            if !requests.has_next {
                return Ok(Page { edges: found, has_next: false, has_previous });
            }
        }
    }

    async fn stuck_among(
        &self,
        call: &Call,
        requests: Vec<Edge<Request>>,
        policy: &PolicySnapshot,
    ) -> Result<Vec<Edge<StuckRequest>>> {
        let scope = self.authorizer.member(call).scope();
        let wanted: Vec<(Scope, RequestId)> = requests.iter().map(|edge| (scope, edge.node.id)).collect();
        let loaded = self.store.load(&wanted).await?;
        let states: BTreeMap<RequestId, RequestState> =
            loaded.into_iter().map(|loaded| (loaded.state.id, loaded.state)).collect();
        let mut holders: BTreeMap<WorkflowId, BTreeMap<RoleId, BTreeSet<UserId>>> = BTreeMap::new();
        let mut found = Vec::new();
        for Edge { cursor, node: request } in requests {
            let Some(state) = states.get(&request.id) else { continue };
            let version = self.version(&scope, state).await?;
            let holders = holders.entry(state.workflow).or_insert_with(|| policy.holders_in(state.workflow));
            let waits = stuck(&version.graph, state, holders);
            if !waits.is_empty() {
                found.push(Edge { cursor, node: StuckRequest { request, waits, version } });
            }
        }
        Ok(found)
    }

    /// The caller's tenant, if the caller may see the request.
    async fn visible(&self, call: &Call, request: RequestId) -> Result<Option<Scope>> {
        let seen = self.authorizer.request_scope(call).await?;
        let found = self.reader.requests(&seen, &[request]).await?;
        Ok((!found.is_empty()).then(|| self.authorizer.member(call).scope()))
    }

    async fn snapshot(&self, scope: &Scope, reached: Option<(RequestState, Timestamp)>) -> Result<Option<Snapshot>> {
        let Some((state, at)) = reached else { return Ok(None) };
        let version = self.version(scope, &state).await?;
        Ok(Some(Snapshot { state, at, version }))
    }

    async fn version(&self, scope: &Scope, state: &RequestState) -> Result<Arc<PublishedVersion>> {
        Ok(self.catalogue.of_request(scope, state.workflow_version).await?)
    }
}

fn is_after(record: &AuditRecord, moment: Moment) -> bool {
    match moment {
        Moment::At(at) => record.at > at,
        Moment::Version(version) => record.seq > version,
    }
}

fn event(record: &AuditRecord) -> Result<RequestEvent, StoreError> {
    serde_json::from_str(&record.payload).map_err(|error| StoreError::Corrupt {
        table: "audit_logs",
        id: record.id.to_string(),
        message: error.to_string(),
    })
}
