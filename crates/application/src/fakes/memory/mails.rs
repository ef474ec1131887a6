use async_trait::async_trait;
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{MailId, OrganizationId};

use crate::StoreError;
use crate::administration::CommitError;
use crate::fakes::MemoryStore;
use crate::fakes::memory::changes::missing;
use crate::fakes::memory::store::violation;
use crate::fakes::memory::world::{MailRow, World};
use crate::platform::{ClaimedMail, MailQueue, QueuedMail};

#[async_trait]
impl MailQueue for MemoryStore {
    async fn claim(&self, now: Timestamp, lease_until: Timestamp, limit: u32) -> Result<Vec<ClaimedMail>, StoreError> {
        let mut world = self.world().await?;
        let is_due = |row: &MailRow| row.run_at <= now && row.lease_until.is_none_or(|until| until <= now);
        let due = world.mails.values().filter(|row| is_due(row));
        let mut due: Vec<(Timestamp, MailId)> = due.map(|row| (row.run_at, row.mail.id)).collect();
        due.sort_unstable();
        let mut claimed = Vec::new();
        for (_, id) in due.into_iter().take(limit as usize) {
            let Some(row) = world.mails.get_mut(&id) else { continue };
            (row.lease_until, row.attempt, row.fence) = (Some(lease_until), row.attempt + 1, row.fence + 1);
            claimed.push(ClaimedMail { mail: row.mail.clone(), attempt: row.attempt, fence: row.fence });
        }
        Ok(claimed)
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.world().await?.mails.values().map(|row| row.run_at).min())
    }

    async fn sent(&self, mail: &ClaimedMail) -> Result<(), StoreError> {
        let mut world = self.world().await?;
        if held(&mut world, mail.mail.id, mail.fence).is_some() {
            world.mails.remove(&mail.mail.id);
        }
        Ok(())
    }

    async fn postpone(&self, mail: &ClaimedMail, until: Timestamp) -> Result<(), StoreError> {
        let mut world = self.world().await?;
        if let Some(row) = held(&mut world, mail.mail.id, mail.fence) {
            (row.run_at, row.lease_until) = (until, None);
        }
        Ok(())
    }
}

fn held(world: &mut World, id: MailId, fence: u64) -> Option<&mut MailRow> {
    world.mails.get_mut(&id).filter(|row| row.fence == fence && row.lease_until.is_some())
}

pub(super) fn queue(world: &mut World, tenant: OrganizationId, mail: QueuedMail) -> Result<(), CommitError> {
    if mail.organization != tenant {
        return Err(missing("mail", mail.id));
    }
    let row = MailRow { run_at: mail.created_at, lease_until: None, attempt: 0, fence: 0, mail };
    match world.mails.insert(row.mail.id, row) {
        None => Ok(()),
        Some(_) => Err(violation("mails: the id is taken").into()),
    }
}

pub(super) fn abandon(world: &mut World, tenant: OrganizationId, id: MailId, fence: u64) -> Result<(), CommitError> {
    let found = held(world, id, fence).filter(|row| row.mail.organization == tenant);
    found.ok_or_else(|| missing("mail", id))?;
    world.mails.remove(&id);
    Ok(())
}
