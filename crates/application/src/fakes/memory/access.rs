use std::collections::BTreeSet;

use async_trait::async_trait;
use nexusflow_domain::Timestamp;
use nexusflow_domain::access::Permission;
use nexusflow_domain::ids::{OrganizationId, RoleId, UserId};

use crate::access::{
    AccessReader, Holdings, PolicyHorizon, PolicySnapshot, PolicySource, Role, RoleGrant, RoleMapping, Scope,
};
use crate::fakes::MemoryStore;
use crate::fakes::memory::paging::{by_id, page};
use crate::{Cursor, CursorValue, Page, PageRequest, StoreError};

#[async_trait]
impl PolicySource for MemoryStore {
    async fn policy_version(&self, organization: OrganizationId) -> Result<u64, StoreError> {
        Ok(self.world().await?.organizations.get(&organization).map_or(0, |row| row.policy_version))
    }

    async fn policy(&self, organization: OrganizationId, horizon: PolicyHorizon) -> Result<PolicySnapshot, StoreError> {
        let world = self.world().await?;
        let mut policy = PolicySnapshot {
            version: world.organizations.get(&organization).map_or(0, |row| row.policy_version),
            ..PolicySnapshot::default()
        };
        let roles = world.roles.values().filter(|role| role.organization == organization);
        policy.roles = roles.map(|role| (role.id, role.name.clone())).collect();
        for &(role, permission) in world.permission_mappings.iter().filter(|(r, _)| policy.roles.contains_key(r)) {
            policy.grants.entry(role).or_default().insert(permission);
        }
        let members = world.memberships.keys().filter(|(tenant, _)| *tenant == organization).map(|&(_, user)| user);
        let active = members.filter(|&user| world.is_active_member(organization, user));
        let active = active.filter(|_| !world.is_deleted(organization));
        policy.members = active.map(|user| (user, Holdings::default())).collect();
        for RoleMapping { user, role, workflow } in world.mappings(organization).copied() {
            let held = policy.members.get_mut(&user);
            held.unwrap_or_else(|| policy.dormant.entry(user).or_default()).add(role, workflow);
        }
        let delegations = world.delegations.values().filter(|found| found.organization == organization);
        for delegation in delegations.filter(|found| found.over_at() > horizon.delegations) {
            let to = policy.delegations.entry(delegation.delegate).or_default();
            to.entry(delegation.delegator).or_default().push(delegation.term());
        }
        let revoked = world.sessions.values().filter(|session| session.organization == organization);
        let revoked = revoked.filter(|session| session.revoked.is_some() && session.ends_at > horizon.sessions);
        policy.revoked_sessions = revoked.map(|session| session.id).collect();
        Ok(policy)
    }
}

#[async_trait]
impl AccessReader for MemoryStore {
    async fn roles(&self, scope: &Scope, ids: &[RoleId]) -> Result<Vec<Role>, StoreError> {
        let world = self.world().await?;
        let ids: BTreeSet<_> = ids.iter().collect();
        Ok(ids.into_iter().filter_map(|&id| world.role(scope.organization(), id)).cloned().collect())
    }

    async fn list_roles(&self, scope: &Scope, request: &PageRequest) -> Result<Page<Role>, StoreError> {
        let world = self.world().await?;
        let roles = world.roles.values().filter(|role| role.organization == scope.organization()).cloned();
        Ok(page(roles, false, request, |role| Cursor {
            value: CursorValue::Text(role.name.clone()),
            id: role.id.uuid(),
        }))
    }

    async fn grants_of_users(&self, scope: &Scope, users: &[UserId]) -> Result<Vec<RoleGrant>, StoreError> {
        let world = self.world().await?;
        let held = world
            .role_mappings
            .iter()
            .filter(|((tenant, mapping), _)| *tenant == scope.organization() && users.contains(&mapping.user));
        let grant = |(&(_, mapping), &(granted_by, granted_at)): (&(_, RoleMapping), &(Option<UserId>, Timestamp))| {
            RoleGrant { mapping, granted_by, granted_at }
        };
        Ok(held.map(grant).collect())
    }

    async fn permissions_of_roles(
        &self,
        scope: &Scope,
        roles: &[RoleId],
    ) -> Result<Vec<(RoleId, Permission)>, StoreError> {
        let world = self.world().await?;
        let visible = |role: &RoleId| roles.contains(role) && world.role(scope.organization(), *role).is_some();
        Ok(world.permission_mappings.iter().filter(|(role, _)| visible(role)).copied().collect())
    }

    async fn holders(&self, scope: &Scope, role: RoleId, request: &PageRequest) -> Result<Page<UserId>, StoreError> {
        let world = self.world().await?;
        let held = world.mappings(scope.organization()).filter(|mapping| mapping.role == role);
        let holders: BTreeSet<UserId> = held.map(|mapping| mapping.user).collect();
        Ok(page(holders, false, request, |user| by_id(user.uuid())))
    }
}
