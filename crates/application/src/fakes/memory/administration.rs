use async_trait::async_trait;
use nexusflow_domain::identity::Email;
use nexusflow_domain::ids::{OrganizationId, UserId};

use crate::StoreError;
use crate::administration::{AdministrationCommit, AdministrationStore, CommitError, chain_entries};
use crate::fakes::MemoryStore;
use crate::fakes::memory::changes::{apply, missing};
use crate::fakes::memory::world::World;
use crate::idempotency::{IdempotencyEntry, IdempotencyRecord};

#[async_trait]
impl AdministrationStore for MemoryStore {
    async fn commit(&self, commit: AdministrationCommit) -> Result<(), CommitError> {
        self.world().await?.transact(|world| write(world, commit))
    }

    async fn idempotency_record(
        &self,
        organization: OrganizationId,
        user: UserId,
        key: &str,
    ) -> Result<Option<IdempotencyRecord>, StoreError> {
        let world = self.world().await?;
        let entry = world.idempotency.get(&(organization, user, key.to_owned()));
        Ok(entry.map(|entry| IdempotencyRecord {
            operation: entry.operation.to_owned(),
            input_hash: entry.input_hash,
            result: entry.result.clone(),
        }))
    }

    async fn email_is_taken(&self, email: &Email) -> Result<bool, StoreError> {
        Ok(self.world().await?.users.values().any(|row| row.user.email == *email))
    }
}

/// Stores a key unless it is there; returns whether it was free.
pub(super) fn store_key(world: &mut World, entry: IdempotencyEntry) -> bool {
    let key = (entry.organization, entry.user, entry.key.clone());
    world.idempotency.insert(key, entry).is_none()
}

fn write(world: &mut World, commit: AdministrationCommit) -> Result<(), CommitError> {
    let organization = commit.organization;
    let changes_policy = commit.changes_policy();
    if commit.idempotency.is_some_and(|entry| !store_key(world, entry)) {
        return Err(CommitError::IdempotencyKeyTaken);
    }
    let stored = world.organizations.get(&organization).map(|row| row.policy_version);
    if commit.policy_version.is_some_and(|judged_on| stored.is_some_and(|stored| stored != judged_on)) {
        return Err(CommitError::PolicyChanged);
    }
    for change in commit.changes {
        apply(world, organization, change)?;
    }
    let row = world.organizations.get_mut(&organization).ok_or_else(|| missing("organization", organization))?;
    row.policy_version += u64::from(changes_policy);
    let records = chain_entries(organization, row.head, &commit.entries);
    if let Some(last) = records.last() {
        row.head = (last.seq, last.hash);
    }
    world.administration.entry(organization).or_default().extend(records);
    Ok(())
}
