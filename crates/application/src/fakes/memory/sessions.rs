use std::collections::BTreeSet;

use async_trait::async_trait;
use nexusflow_domain::Timestamp;
use nexusflow_domain::identity::SessionEnd;
use nexusflow_domain::ids::{OrganizationId, SessionId, UserId};
use nexusflow_domain::insight::Hash;

use crate::access::Scope;
use crate::administration::CommitError;
use crate::fakes::MemoryStore;
use crate::fakes::memory::changes::missing;
use crate::fakes::memory::identity::organizations_of;
use crate::fakes::memory::paging::{by_id, page};
use crate::fakes::memory::store::violation;
use crate::fakes::memory::world::{RefreshTokenRow, World};
use crate::identity::{Organization, Session, SessionStore, StoredRefreshToken};
use crate::{Page, PageRequest, StoreError};

#[async_trait]
impl SessionStore for MemoryStore {
    async fn refresh_token(&self, scope: &Scope, hash: &Hash) -> Result<Option<StoredRefreshToken>, StoreError> {
        let world = self.world().await?;
        let Some(row) = world.refresh_tokens.get(&hash.0) else { return Ok(None) };
        let session = world.sessions.get(&row.session).filter(|found| found.organization == scope.organization());
        Ok(session.map(|session| StoredRefreshToken {
            session: session.clone(),
            expires_at: row.expires_at,
            used_at: row.used_at,
        }))
    }

    async fn sessions(&self, scope: &Scope, ids: &[SessionId]) -> Result<Vec<Session>, StoreError> {
        let world = self.world().await?;
        let ids: BTreeSet<_> = ids.iter().collect();
        let found = ids.into_iter().filter_map(|id| world.sessions.get(id));
        Ok(found.filter(|session| session.organization == scope.organization()).cloned().collect())
    }

    async fn live_sessions(
        &self,
        scope: &Scope,
        user: UserId,
        now: Timestamp,
        request: &PageRequest,
    ) -> Result<Page<Session>, StoreError> {
        let world = self.world().await?;
        let live = |session: &&Session| {
            session.organization == scope.organization() && session.user == user && session.is_live(now)
        };
        let rows = world.sessions.values().filter(live).cloned();
        Ok(page(rows, true, request, |session| by_id(session.id.uuid())))
    }

    async fn organizations_of(&self, user: UserId) -> Result<Vec<Organization>, StoreError> {
        Ok(organizations_of(&*self.world().await?, user))
    }

    async fn expire(&self, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let mut world = self.world().await?;
        let world = &mut *world;
        let tokens = world.refresh_tokens.iter().filter(|(_, row)| row.expires_at < before);
        let tokens: Vec<_> = tokens.map(|(&hash, _)| hash).take(limit as usize).collect();
        world.refresh_tokens.retain(|hash, _| !tokens.contains(hash));
        let in_use: BTreeSet<_> = world.refresh_tokens.values().map(|row| row.session).collect();
        let over = world.sessions.values().filter(|found| found.ends_at < before && !in_use.contains(&found.id));
        let over: Vec<_> = over.map(|session| session.id).take(limit as usize).collect();
        world.sessions.retain(|id, _| !over.contains(id));
        Ok((tokens.len() + over.len()) as u64)
    }
}

pub(super) fn begin(world: &mut World, tenant: OrganizationId, new: Session, token: Hash) -> Result<(), CommitError> {
    if new.organization != tenant {
        return Err(missing("session", new.id));
    }
    world.memberships.get(&(tenant, new.user)).ok_or_else(|| missing("user", new.user))?;
    insert_token(world, &new, token)?;
    match world.sessions.insert(new.id, new) {
        None => Ok(()),
        Some(_) => Err(violation("sessions: the id is taken").into()),
    }
}

pub(super) fn refresh(
    world: &mut World,
    tenant: OrganizationId,
    new: Session,
    (used, next): (Hash, Hash),
) -> Result<(), CommitError> {
    let now = new.last_seen_at;
    let live = world.sessions.get(&new.id).filter(|found| found.organization == tenant && found.is_live(now));
    live.ok_or_else(|| missing("refresh token", new.id))?;
    let row = world.refresh_tokens.get_mut(&used.0);
    let row = row.filter(|row| row.session == new.id && row.used_at.is_none() && now < row.expires_at);
    row.ok_or_else(|| missing("refresh token", new.id))?.used_at = Some(now);
    insert_token(world, &new, next)?;
    world.sessions.insert(new.id, new);
    Ok(())
}

pub(super) fn revoke(
    world: &mut World,
    tenant: OrganizationId,
    id: SessionId,
    (end, at): (SessionEnd, Timestamp),
) -> Result<(), CommitError> {
    let found = world.sessions.get_mut(&id).filter(|found| found.organization == tenant && found.is_live(at));
    let found = found.ok_or_else(|| missing("session", id))?;
    (found.revoked, found.ends_at) = (Some(end), at);
    Ok(())
}

pub(super) fn revoke_all_of(
    world: &mut World,
    tenant: OrganizationId,
    user: UserId,
    (end, at): (SessionEnd, Timestamp),
) {
    let own = world.sessions.values_mut().filter(|found| found.organization == tenant && found.user == user);
    for session in own.filter(|session| session.is_live(at)) {
        (session.revoked, session.ends_at) = (Some(end), at);
    }
}

fn insert_token(world: &mut World, session: &Session, hash: Hash) -> Result<(), CommitError> {
    let row = RefreshTokenRow { session: session.id, expires_at: session.ends_at, used_at: None };
    match world.refresh_tokens.insert(hash.0, row) {
        None => Ok(()),
        Some(_) => Err(violation("refresh_tokens: the hash is taken").into()),
    }
}
