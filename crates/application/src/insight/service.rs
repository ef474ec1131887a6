use std::sync::Arc;

use nexusflow_domain::ids::RequestId;
use nexusflow_domain::insight::AuditRecord;

use crate::access::{Authorizer, Scope, actions};
use crate::application::Ports;
use crate::identity::IdentityReader;
use crate::insight::chain_walk::BATCH;
use crate::insight::verifier::Verifier;
use crate::insight::{AuditFilter, AuditReader, StreamHead, StreamId, Verification};
use crate::{Call, Page, PageRequest, Result, StoreError};

/// Reading, verifying and exporting the audit log.
pub struct AuditService {
    authorizer: Authorizer,
    reader: Arc<dyn AuditReader>,
    verifier: Verifier,
    identity: Arc<dyn IdentityReader>,
}

impl AuditService {
    pub(crate) fn new(ports: &Ports, authorizer: Authorizer) -> Self {
        Self {
            authorizer,
            reader: ports.audit.clone(),
            verifier: Verifier::new(ports),
            identity: ports.identity.clone(),
        }
    }

    /// A page of the records of the caller's organization, newest first.
    pub async fn records(&self, call: &Call, filter: &AuditFilter, page: &PageRequest) -> Result<Page<AuditRecord>> {
        let permit = self.authorizer.require::<actions::ViewAudit>(call).await?;
        Ok(self.reader.records(&permit.scope(), filter, page).await?)
    }

    /// Verifies the streams of the caller's organization, or one request's: no stream at all when there
    /// is no such request.
    pub async fn verify(&self, call: &Call, request: Option<RequestId>) -> Result<Verification> {
        let permit = self.authorizer.require::<actions::ViewAudit>(call).await?;
        let mut verification = Verification::default();
        match request {
            None => self.verifier.verify_organization(permit.scope(), &mut verification).await?,
            Some(request) => self.verifier.verify_request(permit.scope(), request, &mut verification).await?,
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
                self.verifier.verify_organization(Scope::system(organization), &mut verification).await?;
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
}
