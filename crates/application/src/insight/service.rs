use std::sync::Arc;

use nexusflow_domain::ids::{OrganizationId, RequestId};
use nexusflow_domain::insight::{AuditRecord, ChainBreak, Hash, verify_link};
use nexusflow_domain::request::{RequestEvent, fold};

use crate::access::{Authorizer, Scope, actions};
use crate::application::Ports;
use crate::identity::IdentityReader;
use crate::insight::{AuditFilter, AuditReader, StreamHead, StreamId};
use crate::request::RequestStore;
use crate::{Call, Page, PageRequest, Result, StoreError};

const BATCH: u32 = 500;
/// The most findings reported by one verification.
const MAX_FINDINGS: usize = 1_000;

/// What verification went through and found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verification {
    /// Streams checked.
    pub streams: u64,
    /// Records checked.
    pub records: u64,
    /// What does not fit; at most 1,000.
    pub findings: Vec<Finding>,
}

impl Verification {
    /// Whether everything fits.
    pub fn is_intact(&self) -> bool {
        self.findings.is_empty()
    }
}

/// Something that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The tenant.
    pub organization: OrganizationId,
    /// The stream.
    pub stream: StreamId,
    /// The number of the record at which it showed.
    pub seq: u64,
    /// That record's kind of event, if there is a record.
    pub event: Option<String>,
    /// What is wrong.
    pub problem: FindingKind,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FindingKind {
    /// The chain is broken.
    #[error(transparent)]
    Chain(ChainBreak),
    /// The request's stored state is not what its journal leads to.
    #[error("the stored state of the request is not what its journal leads to")]
    State,
    /// The record's content cannot be read as an event.
    #[error("the record's payload is not an event")]
    Payload,
}

/// Reading, verifying and exporting the audit log.
pub struct AuditService {
    authorizer: Authorizer,
    reader: Arc<dyn AuditReader>,
    requests: Arc<dyn RequestStore>,
    identity: Arc<dyn IdentityReader>,
}

impl AuditService {
    pub(crate) fn new(ports: &Ports, authorizer: Authorizer) -> Self {
        Self {
            authorizer,
            reader: ports.audit.clone(),
            requests: ports.requests.clone(),
            identity: ports.identity.clone(),
        }
    }

    /// A page of the records of the caller's organization, newest first.
    pub async fn records(&self, call: &Call, filter: &AuditFilter, page: &PageRequest) -> Result<Page<AuditRecord>> {
        let permit = self.authorizer.require::<actions::ViewAudit>(call).await?;
        Ok(self.reader.records(&permit.scope(), filter, page).await?)
    }

    /// Verifies the streams of the caller's organization, or one request's.
    pub async fn verify(&self, call: &Call, request: Option<RequestId>) -> Result<Verification> {
        let permit = self.authorizer.require::<actions::ViewAudit>(call).await?;
        let mut verification = Verification::default();
        match request {
            None => self.verify_organization(permit.scope(), &mut verification).await?,
            Some(request) => self.verify_request(permit.scope(), request, &mut verification).await?,
        }
        Ok(verification)
    }

    /// Verifies every stream of every tenant: for the command line.
    pub async fn verify_all(&self) -> Result<Verification, StoreError> {
        let mut verification = Verification::default();
        let mut after = None;
        loop {
            let organizations = self.identity.organization_ids(after, BATCH).await?;
            for &organization in &organizations {
                self.verify_organization(Scope::system(organization), &mut verification).await?;
            }
            match organizations.last() {
                Some(&last) if organizations.len() == BATCH as usize => after = Some(last),
                _ => return Ok(verification),
            }
        }
    }

    /// Hands every record to `sink`, stream by stream, in order: of every tenant, or of one request.
    /// For the command line. `sink` returns whether to go on.
    pub async fn export(
        &self,
        request: Option<RequestId>,
        sink: &mut (dyn FnMut(&AuditRecord) -> bool + Send),
    ) -> Result<(), StoreError> {
        if let Some(request) = request {
            let Some(organization) = self.reader.organization_of(request).await? else { return Ok(()) };
            self.export_stream(Scope::system(organization), StreamId::Request(request), sink).await?;
            return Ok(());
        }
        let mut after = None;
        loop {
            let organizations = self.identity.organization_ids(after, BATCH).await?;
            for &organization in &organizations {
                let scope = Scope::system(organization);
                let mut stream = None;
                while let Some(heads) = self.next_streams(&scope, &mut stream).await? {
                    for head in heads {
                        if !self.export_stream(scope, head.id, sink).await? {
                            return Ok(());
                        }
                    }
                }
            }
            match organizations.last() {
                Some(&last) if organizations.len() == BATCH as usize => after = Some(last),
                _ => return Ok(()),
            }
        }
    }

    async fn export_stream(
        &self,
        scope: Scope,
        stream: StreamId,
        sink: &mut (dyn FnMut(&AuditRecord) -> bool + Send),
    ) -> Result<bool, StoreError> {
        let mut after = 0;
        loop {
            let records = self.reader.stream(&scope, stream, after, BATCH).await?;
            for record in &records {
                if !sink(record) {
                    return Ok(false);
                }
                after = record.seq;
            }
            if records.len() < BATCH as usize {
                return Ok(true);
            }
        }
    }

    /// The next streams after `position`, which moves on; `None` at the end.
    async fn next_streams(
        &self,
        scope: &Scope,
        position: &mut Option<StreamId>,
    ) -> Result<Option<Vec<StreamHead>>, StoreError> {
        let heads = self.reader.streams(scope, *position, BATCH).await?;
        match heads.last() {
            Some(last) => *position = Some(last.id),
            None => return Ok(None),
        }
        Ok(Some(heads))
    }

    async fn verify_organization(&self, scope: Scope, verification: &mut Verification) -> Result<(), StoreError> {
        let mut position = None;
        while let Some(heads) = self.next_streams(&scope, &mut position).await? {
            for head in heads {
                if verification.findings.len() >= MAX_FINDINGS {
                    return Ok(());
                }
                self.verify_stream(scope, head, verification).await?;
            }
        }
        Ok(())
    }

    async fn verify_request(
        &self,
        scope: Scope,
        request: RequestId,
        verification: &mut Verification,
    ) -> Result<(), StoreError> {
        let Some(loaded) = self.requests.load(&scope, &[request]).await?.pop() else { return Ok(()) };
        let head = StreamHead { id: StreamId::Request(request), seq: loaded.state.version, hash: loaded.head };
        self.verify_stream(scope, head, verification).await
    }

    /// Checks links, head, and, for a request, that folding the journal gives the stored state. Goes
    /// on after a break, so that every broken place is named, but names each record once.
    async fn verify_stream(
        &self,
        scope: Scope,
        head: StreamHead,
        verification: &mut Verification,
    ) -> Result<(), StoreError> {
        verification.streams += 1;
        let mut previous = (0, Hash::GENESIS);
        let mut events = Vec::new();
        let mut intact = true;
        loop {
            let records = self.reader.stream(&scope, head.id, previous.0, BATCH).await?;
            for record in &records {
                verification.records += 1;
                if let Err(chain) = verify_link(previous, record) {
                    intact = false;
                    verification.report(scope, head.id, record, FindingKind::Chain(chain));
                }
                if let StreamId::Request(_) = head.id {
                    match serde_json::from_str::<RequestEvent>(&record.payload) {
                        Ok(event) => events.push(event),
                        Err(_) if intact => verification.report(scope, head.id, record, FindingKind::Payload),
                        Err(_) => {}
                    }
                }
                previous = (record.seq, record.hash);
            }
            if records.len() < BATCH as usize {
                break;
            }
        }
        if previous != (head.seq, head.hash) {
            let problem = FindingKind::Chain(ChainBreak::Head { expected: head.seq, found: previous.0 });
            let (organization, seq) = (scope.organization(), previous.0);
            verification.findings.push(Finding { organization, stream: head.id, seq, event: None, problem });
        } else if let (true, StreamId::Request(request)) = (intact, head.id) {
            let stored = self.requests.load(&scope, &[request]).await?.pop();
            if stored.is_none_or(|stored| stored.state != fold(&events)) {
                let (organization, seq) = (scope.organization(), head.seq);
                let problem = FindingKind::State;
                verification.findings.push(Finding { organization, stream: head.id, seq, event: None, problem });
            }
        }
        Ok(())
    }
}

impl Verification {
    fn report(&mut self, scope: Scope, stream: StreamId, record: &AuditRecord, problem: FindingKind) {
        let (seq, event) = (record.seq, Some(record.event.clone()));
        self.findings.push(Finding { organization: scope.organization(), stream, seq, event, problem });
    }
}
