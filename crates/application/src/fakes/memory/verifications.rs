use std::collections::BTreeSet;

use async_trait::async_trait;
use nexusflow_domain::Timestamp;
use nexusflow_domain::identity::{Email, VerificationEnd, VerificationPurpose};
use nexusflow_domain::ids::{OrganizationId, UserId, VerificationId};

use crate::access::Scope;
use crate::administration::CommitError;
use crate::fakes::MemoryStore;
use crate::fakes::memory::changes::missing;
use crate::fakes::memory::paging::{by_id, page};
use crate::fakes::memory::store::violation;
use crate::fakes::memory::world::World;
use crate::identity::{Verification, VerificationReader};
use crate::{Page, PageRequest, StoreError};

#[async_trait]
impl VerificationReader for MemoryStore {
    async fn verification(&self, id: VerificationId) -> Result<Option<Verification>, StoreError> {
        let world = self.world().await?;
        let found = world.verifications.get(&id).filter(|found| !world.is_deleted(found.organization));
        Ok(found.cloned())
    }

    async fn latest(&self, user: UserId, purpose: VerificationPurpose) -> Result<Option<Verification>, StoreError> {
        let world = self.world().await?;
        let own = |found: &&Verification| found.user == Some(user) && found.purpose == purpose;
        Ok(world.verifications.values().rfind(own).cloned())
    }

    async fn invitations(&self, scope: &Scope, ids: &[VerificationId]) -> Result<Vec<Verification>, StoreError> {
        let world = self.world().await?;
        let ids: BTreeSet<_> = ids.iter().collect();
        let found = ids.into_iter().filter_map(|id| world.verifications.get(id));
        Ok(found.filter(|found| is_invitation(scope, found)).cloned().collect())
    }

    async fn list_invitations(&self, scope: &Scope, request: &PageRequest) -> Result<Page<Verification>, StoreError> {
        let world = self.world().await?;
        let own = world.verifications.values().filter(|found| is_invitation(scope, found));
        Ok(page(own.cloned(), true, request, |found| by_id(found.id.uuid())))
    }

    async fn open_invitation(&self, scope: &Scope, email: &Email) -> Result<Option<Verification>, StoreError> {
        let world = self.world().await?;
        let open =
            |found: &&Verification| is_invitation(scope, found) && found.ended.is_none() && found.email == *email;
        Ok(world.verifications.values().find(open).cloned())
    }
}

fn is_invitation(scope: &Scope, found: &Verification) -> bool {
    found.organization == scope.organization() && found.purpose == VerificationPurpose::Invitation
}

pub(super) fn create(world: &mut World, tenant: OrganizationId, new: Verification) -> Result<(), CommitError> {
    if new.organization != tenant {
        return Err(missing("verification", new.id));
    }
    let is_rival = |other: &Verification| {
        other.organization == tenant && other.ended.is_none() && other.purpose == VerificationPurpose::Invitation
    };
    let rivals = |other: &Verification| is_rival(&new) && is_rival(other) && other.email == new.email;
    if world.verifications.values().any(rivals) {
        return Err(CommitError::Duplicate { field: "email", value: new.email.to_string() });
    }
    match world.verifications.insert(new.id, new) {
        None => Ok(()),
        Some(_) => Err(violation("verifications: the id is taken").into()),
    }
}

pub(super) fn renew(
    world: &mut World,
    tenant: OrganizationId,
    id: VerificationId,
    (serial, expires_at): (u32, Timestamp),
) -> Result<(), CommitError> {
    let found = open(world, tenant, id)?;
    if found.serial + 1 != serial {
        return Err(missing("verification", id));
    }
    (found.serial, found.expires_at, found.attempts) = (serial, expires_at, 0);
    Ok(())
}

pub(super) fn end(
    world: &mut World,
    tenant: OrganizationId,
    (id, serial): (VerificationId, u32),
    (end, at): (VerificationEnd, Timestamp),
) -> Result<(), CommitError> {
    let found = open(world, tenant, id)?;
    let is_late = end == VerificationEnd::Used && found.expires_at <= at;
    if found.serial != serial || is_late {
        return Err(missing("verification", id));
    }
    found.ended = Some((at, end));
    Ok(())
}

pub(super) fn end_all_of(world: &mut World, user: UserId, at: Timestamp) {
    let open = world.verifications.values_mut().filter(|found| found.user == Some(user) && found.ended.is_none());
    for found in open {
        found.ended = Some((at, VerificationEnd::Revoked));
    }
}

pub(super) fn count_attempt(world: &mut World, tenant: OrganizationId, id: VerificationId) -> Result<(), CommitError> {
    open(world, tenant, id)?.attempts += 1;
    Ok(())
}

fn open(world: &mut World, tenant: OrganizationId, id: VerificationId) -> Result<&mut Verification, CommitError> {
    let found = world.verifications.get_mut(&id);
    let found = found.filter(|found| found.organization == tenant && found.ended.is_none());
    found.ok_or_else(|| missing("verification", id))
}
