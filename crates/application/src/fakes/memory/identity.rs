use std::collections::BTreeSet;
use std::ops::Bound;

use async_trait::async_trait;
use nexusflow_domain::identity::Email;
use nexusflow_domain::ids::{OrganizationId, UserId};

use crate::access::{RoleMapping, Scope};
use crate::fakes::MemoryStore;
use crate::fakes::memory::paging::{by_id, page};
use crate::fakes::memory::world::{Membership, World};
use crate::identity::{IdentityReader, Organization, SignInRecord, User, UserFilter};
use crate::{Page, PageRequest, StoreError};

#[async_trait]
impl IdentityReader for MemoryStore {
    async fn sign_in_record(&self, email: &Email) -> Result<Option<SignInRecord>, StoreError> {
        let world = self.world().await?;
        let Some(row) = world.users.values().find(|row| row.user.email == *email) else { return Ok(None) };
        let (user, password_hash) = (row.user.clone(), row.password_hash.clone());
        let organizations = organizations_of(&world, user.id);
        Ok(Some(SignInRecord { user, password_hash, organizations }))
    }

    async fn users(&self, scope: &Scope, ids: &[UserId]) -> Result<Vec<User>, StoreError> {
        let world = self.world().await?;
        let ids: BTreeSet<_> = ids.iter().collect();
        Ok(ids.into_iter().filter_map(|&id| world.member(scope.organization(), id)).collect())
    }

    async fn list_users(
        &self,
        scope: &Scope,
        filter: &UserFilter,
        request: &PageRequest,
    ) -> Result<Page<User>, StoreError> {
        let world = self.world().await?;
        let tenant = scope.organization();
        let search = filter.search.as_ref().map(|text| text.to_lowercase());
        let is_asked_for = |mapping: &RoleMapping| {
            filter.role.is_none_or(|role| mapping.role == role)
                && (filter.workflow.is_none() || mapping.workflow == filter.workflow)
        };
        let fits = |user: &User| {
            let contains = |wanted: &String| {
                user.name.to_lowercase().contains(wanted) || user.email.as_str().contains(wanted.as_str())
            };
            search.as_ref().is_none_or(contains)
                && ((filter.role.is_none() && filter.workflow.is_none())
                    || world.mappings(tenant).any(|mapping| mapping.user == user.id && is_asked_for(mapping)))
        };
        let present = |(key, membership): &(&(OrganizationId, UserId), &Membership)| {
            key.0 == tenant && membership.removed_at.is_none()
        };
        let members = world.memberships.iter().filter(present).map(|(&(_, user), _)| user);
        let users = members.filter_map(|user| world.member(tenant, user)).filter(fits);
        Ok(page(users, false, request, |user| by_id(user.id.uuid())))
    }

    async fn organization(&self, scope: &Scope) -> Result<Option<Organization>, StoreError> {
        let world = self.world().await?;
        Ok(world.organizations.get(&scope.organization()).map(|row| row.organization.clone()))
    }

    async fn organization_ids(
        &self,
        after: Option<OrganizationId>,
        limit: u32,
    ) -> Result<Vec<OrganizationId>, StoreError> {
        let world = self.world().await?;
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let rows = world.organizations.range((from, Bound::Unbounded));
        Ok(rows.map(|(&id, _)| id).take(limit as usize).collect())
    }
}

/// Tenants of which somebody is an active member, by the time of joining.
pub(super) fn organizations_of(world: &World, user: UserId) -> Vec<Organization> {
    let active = world.memberships.iter().filter(|((_, member), m)| *member == user && m.deactivated_at.is_none());
    let mut active: Vec<_> = active.map(|((organization, _), m)| (m.joined_at, *organization)).collect();
    active.sort_unstable();
    let rows = active.into_iter().filter_map(|(_, id)| world.organizations.get(&id));
    let rows = rows.filter(|row| row.deleted_at.is_none());
    rows.map(|row| row.organization.clone()).collect()
}
