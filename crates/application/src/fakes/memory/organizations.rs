use async_trait::async_trait;
use nexusflow_domain::Timestamp;
use nexusflow_domain::identity::{Email, Slug};
use nexusflow_domain::ids::{OrganizationId, UserId};

use crate::StoreError;
use crate::administration::CommitError;
use crate::fakes::MemoryStore;
use crate::fakes::memory::changes::missing;
use crate::fakes::memory::recount::{roles_of, wake_votes};
use crate::fakes::memory::world::{UserRow, World};
use crate::identity::{Organization, OrganizationReader, Plan};
use crate::request::JobKind;

#[async_trait]
impl OrganizationReader for MemoryStore {
    async fn plans(&self) -> Result<Vec<Plan>, StoreError> {
        drop(self.world().await?);
        let plan = |code: &str, name: &str, members| Plan { code: code.to_owned(), name: name.to_owned(), members };
        Ok(vec![
            plan("FREE", "Free", Some(10)),
            plan("TEAM", "Team", Some(100)),
            plan("ENTERPRISE", "Enterprise", None),
        ])
    }

    async fn deleted(&self, slug: &Slug, after: Timestamp) -> Result<Option<Organization>, StoreError> {
        let world = self.world().await?;
        let row = world.organization_by_slug(slug).filter(|row| row.deleted_at.is_some_and(|at| at > after));
        Ok(row.map(|row| row.organization.clone()))
    }
}

pub(super) fn update(world: &mut World, tenant: OrganizationId, new: Organization) -> Result<(), CommitError> {
    if new.id != tenant {
        return Err(missing("organization", new.id));
    }
    if world.organization_by_slug(&new.slug).is_some_and(|row| row.organization.id != tenant) {
        return Err(CommitError::Duplicate { field: "slug", value: new.slug.to_string() });
    }
    let row = world.organizations.get_mut(&tenant).ok_or_else(|| missing("organization", tenant))?;
    if row.organization.version + 1 != new.version {
        return Err(CommitError::Stale { current: row.organization.version });
    }
    row.organization = new;
    Ok(())
}

pub(super) fn delete(world: &mut World, tenant: OrganizationId, at: Timestamp) -> Result<(), CommitError> {
    let row = world.organizations.get_mut(&tenant).filter(|row| row.deleted_at.is_none());
    row.ok_or_else(|| missing("organization", tenant))?.deleted_at = Some(at);
    Ok(())
}

/// What was shelved meanwhile is due at once.
pub(super) fn restore(
    world: &mut World,
    tenant: OrganizationId,
    (at, deleted_after): (Timestamp, Timestamp),
) -> Result<(), CommitError> {
    let row = world.organizations.get_mut(&tenant);
    let row = row.filter(|row| row.deleted_at.is_some_and(|deleted_at| deleted_at > deleted_after));
    row.ok_or_else(|| missing("organization", tenant))?.deleted_at = None;
    for job in world.jobs.values_mut().filter(|job| job.organization == tenant && job.shelved) {
        (job.shelved, job.run_at, job.woken) = (false, at, job.kind == JobKind::Timer);
    }
    Ok(())
}

pub(super) fn remove_member(
    world: &mut World,
    tenant: OrganizationId,
    (user, by): (UserId, UserId),
    at: Timestamp,
) -> Result<(), CommitError> {
    let membership = world.memberships.get_mut(&(tenant, user)).filter(|membership| membership.removed_at.is_none());
    let membership = membership.ok_or_else(|| missing("user", user))?;
    membership.deactivated_at.get_or_insert(at);
    membership.removed_at = Some(at);
    let held = roles_of(world, tenant, user);
    wake_votes(world, tenant, &held, at);
    world.role_mappings.retain(|(organization, mapping), _| (*organization, mapping.user) != (tenant, user));
    let concerns = |people: [UserId; 2]| people.contains(&user);
    for delegation in world.delegations.values_mut().filter(|found| found.organization == tenant) {
        if concerns([delegation.delegator, delegation.delegate]) && delegation.over_at() > at {
            (delegation.revoked_by, delegation.revoked_at) = (Some(by), Some(at));
        }
    }
    Ok(())
}

pub(super) fn set_email(world: &mut World, user: UserId, email: Email, at: Timestamp) -> Result<(), CommitError> {
    if world.users.values().any(|row| row.user.email == email && row.user.id != user) {
        return Err(CommitError::Duplicate { field: "email", value: email.to_string() });
    }
    let row = account(world, user)?;
    (row.user.email, row.user.email_verified_at) = (email, Some(at));
    Ok(())
}

pub(super) fn set_email_verified(
    world: &mut World,
    user: UserId,
    email: &Email,
    at: Timestamp,
) -> Result<(), CommitError> {
    let row = account(world, user)?;
    if row.user.email != *email {
        return Err(missing("user", user));
    }
    row.user.email_verified_at.get_or_insert(at);
    Ok(())
}

pub(super) fn account(world: &mut World, user: UserId) -> Result<&mut UserRow, CommitError> {
    world.users.get_mut(&user).ok_or_else(|| missing("user", user))
}
