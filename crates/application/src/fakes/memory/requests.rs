use std::collections::BTreeSet;

use async_trait::async_trait;
use nexusflow_domain::access::Voice;
use nexusflow_domain::ids::{OrganizationId, RequestId, RequestStepId};
use nexusflow_domain::request::RequestStepStatus;

use crate::access::{Involved, RequestScope, Scope};
use crate::fakes::MemoryStore;
use crate::fakes::memory::paging::{by_id, by_time, page};
use crate::fakes::memory::unit::write;
use crate::fakes::memory::world::{RequestRow, StepRow, World};
use crate::request::{
    AbandonedClaim, CommitConflict, CommitUnit, LoadedRequest, Request, RequestFilter, RequestOrder, RequestOrderField,
    RequestReader, RequestStep, RequestStore,
};
use crate::{Page, PageRequest, StoreError};

#[async_trait]
impl RequestStore for MemoryStore {
    async fn load(&self, wanted: &[(Scope, RequestId)]) -> Result<Vec<LoadedRequest>, StoreError> {
        let world = self.world().await?;
        let wanted: BTreeSet<_> = wanted.iter().map(|(scope, id)| (*id, scope.organization())).collect();
        let rows = wanted.into_iter().filter_map(|(id, organization)| world.request(organization, id));
        let loaded =
            |row: &RequestRow| LoadedRequest { state: row.state.clone(), head: row.head, created_at: row.created_at };
        Ok(rows.map(loaded).collect())
    }

    async fn commit(&self, units: Vec<CommitUnit>) -> Result<Vec<Result<(), CommitConflict>>, StoreError> {
        let mut world = self.world().await?;
        Ok(units.into_iter().map(|unit| world.transact(|world| write(world, unit))).collect())
    }

    fn writers(&self) -> usize {
        1
    }
}

#[async_trait]
impl RequestReader for MemoryStore {
    async fn requests(&self, scope: &RequestScope, ids: &[RequestId]) -> Result<Vec<Request>, StoreError> {
        let world = self.world().await?;
        let ids: BTreeSet<_> = ids.iter().collect();
        let rows = ids.into_iter().filter_map(|id| world.requests.get(id));
        Ok(rows.filter(|row| sees(&world, scope, row)).map(RequestRow::view).collect())
    }

    async fn list_requests(
        &self,
        scope: &RequestScope,
        filter: &RequestFilter,
        order: RequestOrder,
        request: &PageRequest,
    ) -> Result<Page<Request>, StoreError> {
        let world = self.world().await?;
        let rows = matching(&world, scope, filter).map(RequestRow::view);
        Ok(page(rows, order.descending, request, |row| match order.field {
            RequestOrderField::CreatedAt => by_id(row.id.uuid()),
            RequestOrderField::DueAt => by_time(row.due_at, row.id.uuid()),
        }))
    }

    async fn count_requests(&self, scope: &RequestScope, filter: &RequestFilter, cap: u64) -> Result<u64, StoreError> {
        let world = self.world().await?;
        Ok(cap.min(matching(&world, scope, filter).count() as u64))
    }

    async fn abandoned_claims(
        &self,
        organization: Option<OrganizationId>,
        after: Option<RequestStepId>,
        limit: u32,
    ) -> Result<Vec<AbandonedClaim>, StoreError> {
        let world = self.world().await?;
        let is_abandoned = |row: &&StepRow| {
            row.step.status == RequestStepStatus::Active
                && organization.is_none_or(|organization| row.organization == organization)
                && after.is_none_or(|after| row.step.id > after)
                && row.step.claimed_by.is_some_and(|user| !world.is_active_member(row.organization, user))
        };
        let mut found: Vec<_> = world.steps.values().filter(is_abandoned).collect();
        found.sort_by_key(|row| row.step.id);
        let found = found.into_iter().take(limit as usize);
        let claim = |row: &StepRow| AbandonedClaim {
            organization: row.organization,
            request: row.step.request,
            step: row.step.id,
        };
        Ok(found.map(claim).collect())
    }
}

fn matching<'a>(
    world: &'a World,
    scope: &'a RequestScope,
    filter: &'a RequestFilter,
) -> impl Iterator<Item = &'a RequestRow> {
    world.requests.values().filter(move |row| {
        let state = &row.state;
        let overdue = |at| !state.status().is_final() && state.due_at.is_some_and(|due| due < at);
        sees(world, scope, row)
            && (filter.statuses.is_empty() || filter.statuses.contains(&state.status()))
            && filter.workflow.is_none_or(|workflow| state.workflow == workflow)
            && filter.requester.is_none_or(|requester| state.requester == requester)
            && filter.parent.is_none_or(|parent| state.parent.is_some_and(|of| of.request == parent))
            && filter.reference.as_ref().is_none_or(|reference| state.reference.as_ref() == Some(reference))
            && filter.overdue_at.is_none_or(overdue)
    })
}

fn sees(world: &World, scope: &RequestScope, row: &RequestRow) -> bool {
    row.state.organization == scope.organization()
        && scope.involved().is_none_or(|involved| involves(world, row, involved))
}

/// Of a workflow that he sees; requester, claimer or decider in person; or asked in any of the voices.
fn involves(world: &World, row: &RequestRow, Involved { voices, workflows }: &Involved) -> bool {
    let Some(own) = voices.first() else { return false };
    let works = world.steps.iter().filter(|((request, _), _)| *request == row.state.id).any(|(_, row)| {
        let step = &row.step;
        let done = [step.claimed_by, step.claimed_on_behalf_of, step.completed_by, step.completed_on_behalf_of];
        done.contains(&Some(own.user))
    });
    workflows.contains(&row.state.workflow)
        || row.state.requester == own.user
        || works
        || voices.iter().any(|voice| is_asked(world, row, voice))
}

fn is_asked(world: &World, row: &RequestRow, voice: &Voice) -> bool {
    let steps = world.steps.iter().filter(|((request, _), _)| *request == row.state.id).map(|(_, row)| &row.step);
    let asked = |step: &RequestStep| {
        step.assignee == Some(voice.user) || step.required_role.is_some_and(|role| voice.held.roles.contains(&role))
    };
    voice.reaches(row.state.workflow) && steps.into_iter().any(asked)
}
