use async_trait::async_trait;
use nexusflow_domain::ids::{OrganizationId, RequestId};
use nexusflow_domain::insight::{AuditRecord, Hash, StreamKind};

use crate::access::Scope;
use crate::fakes::MemoryStore;
use crate::fakes::memory::paging::{by_time, page};
use crate::fakes::memory::world::World;
use crate::insight::{AuditFilter, AuditReader, StreamHead, StreamId};
use crate::{Cursor, CursorValue, Page, PageRequest, StoreError};

#[async_trait]
impl AuditReader for MemoryStore {
    async fn journal(
        &self,
        scope: &Scope,
        request: RequestId,
        asked: &PageRequest,
    ) -> Result<Page<AuditRecord>, StoreError> {
        let world = self.world().await?;
        let records = of_stream(&world, scope, StreamId::Request(request)).cloned();
        Ok(page(records, false, asked, |record| Cursor {
            value: CursorValue::Number(record.seq),
            id: record.id.uuid(),
        }))
    }

    async fn records(
        &self,
        scope: &Scope,
        filter: &AuditFilter,
        asked: &PageRequest,
    ) -> Result<Page<AuditRecord>, StoreError> {
        let world = self.world().await?;
        let records = world.administration.values().chain(world.journals.values()).flatten();
        let records = records.filter(|record| record.organization == scope.organization() && fits(filter, record));
        Ok(page(records.cloned(), true, asked, |record| by_time(Some(record.at), record.id.uuid())))
    }

    async fn streams(&self, scope: &Scope, after: Option<StreamId>, limit: u32) -> Result<Vec<StreamHead>, StoreError> {
        let world = self.world().await?;
        let tenant = scope.organization();
        let administration = world.organizations.get(&tenant).map(|row| StreamHead {
            id: StreamId::Organization,
            seq: row.head.0,
            hash: row.head.1,
        });
        let of_tenant = world
            .journals
            .iter()
            .filter(|(_, records)| records.first().is_some_and(|record| record.organization == tenant));
        let journals = of_tenant.map(|(&request, _)| request);
        let rows = world.requests.values().filter(|row| row.state.organization == tenant).map(|row| row.state.id);
        let mut requests: Vec<_> = journals.chain(rows).collect();
        requests.sort_unstable();
        requests.dedup();
        let requests = requests.into_iter().map(|request| match world.request(tenant, request) {
            Some(row) => StreamHead { id: StreamId::Request(request), seq: row.state.version, hash: row.head },
            None => StreamHead { id: StreamId::Request(request), seq: 0, hash: Hash::GENESIS },
        });
        let heads = administration.into_iter().chain(requests);
        Ok(heads.filter(|head| after.is_none_or(|after| head.id > after)).take(limit as usize).collect())
    }

    async fn stream(
        &self,
        scope: &Scope,
        stream: StreamId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<AuditRecord>, StoreError> {
        let world = self.world().await?;
        let mut records: Vec<_> =
            of_stream(&world, scope, stream).filter(|record| record.seq > after).cloned().collect();
        records.sort_by_key(|record| record.seq);
        records.truncate(limit as usize);
        Ok(records)
    }

    async fn organization_of(&self, request: RequestId) -> Result<Option<OrganizationId>, StoreError> {
        let world = self.world().await?;
        let of_journal = || world.journals.get(&request)?.first().map(|record| record.organization);
        Ok(world.requests.get(&request).map(|row| row.state.organization).or_else(of_journal))
    }
}

fn of_stream<'a>(world: &'a World, scope: &Scope, stream: StreamId) -> impl Iterator<Item = &'a AuditRecord> {
    let tenant = scope.organization();
    let records = match stream {
        StreamId::Organization => world.administration.get(&tenant),
        StreamId::Request(request) => world.journals.get(&request),
    };
    records.into_iter().flatten().filter(move |record| record.organization == tenant)
}

fn fits(filter: &AuditFilter, record: &AuditRecord) -> bool {
    filter.actor.is_none_or(|actor| record.actor == Some(actor))
        && filter.request.is_none_or(|request| is_about(record, request))
        && filter.from.is_none_or(|from| record.at >= from)
        && filter.until.is_none_or(|until| record.at < until)
        && filter.event.as_ref().is_none_or(|event| record.event == *event)
}

/// Of the request's journal, or a denial about it, which is in the organization's stream.
fn is_about(record: &AuditRecord, request: RequestId) -> bool {
    match record.kind {
        StreamKind::Request => record.stream == request.uuid(),
        StreamKind::Organization => record.subject == Some(("request".to_owned(), request.uuid())),
    }
}
