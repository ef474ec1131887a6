use std::collections::BTreeSet;

use async_trait::async_trait;
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{DelegationId, OrganizationId, UserId};

use crate::access::{Delegation, DelegationFilter, DelegationReader, DelegationScope};
use crate::administration::CommitError;
use crate::fakes::MemoryStore;
use crate::fakes::memory::changes::missing;
use crate::fakes::memory::paging::{by_id, page};
use crate::fakes::memory::store::violation;
use crate::fakes::memory::world::World;
use crate::{Page, PageRequest, StoreError};

#[async_trait]
impl DelegationReader for MemoryStore {
    async fn delegations(&self, scope: &DelegationScope, ids: &[DelegationId]) -> Result<Vec<Delegation>, StoreError> {
        let world = self.world().await?;
        let ids: BTreeSet<_> = ids.iter().collect();
        let found = ids.into_iter().filter_map(|id| world.delegations.get(id));
        Ok(found.filter(|delegation| sees(scope, delegation)).cloned().collect())
    }

    async fn list_delegations(
        &self,
        scope: &DelegationScope,
        filter: &DelegationFilter,
        request: &PageRequest,
    ) -> Result<Page<Delegation>, StoreError> {
        let world = self.world().await?;
        let fits = |delegation: &&Delegation| {
            sees(scope, delegation)
                && filter.delegator.is_none_or(|user| delegation.delegator == user)
                && filter.delegate.is_none_or(|user| delegation.delegate == user)
                && filter.in_force_at.is_none_or(|at| delegation.term().is_in_force(at))
        };
        let rows = world.delegations.values().filter(fits).cloned();
        Ok(page(rows, true, request, |delegation| by_id(delegation.id.uuid())))
    }
}

fn sees(scope: &DelegationScope, delegation: &Delegation) -> bool {
    let concerns = |user| [delegation.delegator, delegation.delegate].contains(&user);
    delegation.organization == scope.organization() && scope.own_of().is_none_or(concerns)
}

pub(super) fn create(world: &mut World, tenant: OrganizationId, new: Delegation) -> Result<(), CommitError> {
    if new.organization != tenant {
        return Err(missing("delegation", new.id));
    }
    for user in [new.delegator, new.delegate] {
        world.memberships.get(&(tenant, user)).ok_or_else(|| missing("user", user))?;
    }
    if let Some(workflow) = new.workflow {
        let found = world.workflows.get(&workflow).filter(|found| found.organization == tenant);
        found.ok_or_else(|| missing("workflow", workflow))?;
    }
    match world.delegations.insert(new.id, new) {
        None => Ok(()),
        Some(_) => Err(violation("delegations: the id is taken").into()),
    }
}

pub(super) fn revoke(
    world: &mut World,
    tenant: OrganizationId,
    id: DelegationId,
    (by, at): (UserId, Timestamp),
) -> Result<(), CommitError> {
    let found = world.delegations.get_mut(&id);
    let found = found.filter(|found| found.organization == tenant && found.over_at() > at);
    let found = found.ok_or_else(|| missing("delegation", id))?;
    (found.revoked_by, found.revoked_at) = (Some(by), Some(at));
    Ok(())
}
