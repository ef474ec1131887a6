use chrono::TimeDelta;
use nexusflow_domain::Timestamp;
use nexusflow_domain::identity::SessionEnd;
use nexusflow_domain::ids::{OrganizationId, SessionId, UserId};
use nexusflow_domain::insight::Origin;

/// How long sessions last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLimits {
    /// At most, however much they are used.
    pub lifetime: TimeDelta,
    /// Unless they are refreshed within this.
    pub idle: TimeDelta,
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self { lifetime: TimeDelta::days(30), idle: TimeDelta::days(7) }
    }
}

/// One person's signing in to one organization, and what follows from it on one device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The session.
    pub id: SessionId,
    /// Its tenant.
    pub organization: OrganizationId,
    /// Whose.
    pub user: UserId,
    /// When the person signed in.
    pub created_at: Timestamp,
    /// When it was last refreshed, or begun.
    pub last_seen_at: Timestamp,
    /// When it ends, whatever happens.
    pub expires_at: Timestamp,
    /// When it ends unless it is refreshed before; when it was revoked, if it was.
    pub ends_at: Timestamp,
    /// From where it was last refreshed, or begun.
    pub address: Option<String>,
    /// The client's name for itself then.
    pub client: Option<String>,
    /// Why it was revoked, if it was.
    pub revoked: Option<SessionEnd>,
}

impl Session {
    /// Whether it can still be refreshed.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked.is_none() && now < self.ends_at
    }

    /// The same, refreshed from somewhere.
    pub(super) fn refreshed(self, now: Timestamp, limits: SessionLimits, origin: &Origin) -> Self {
        Self {
            last_seen_at: now,
            ends_at: self.expires_at.min(now + limits.idle),
            address: origin.ip.clone(),
            client: origin.user_agent.clone(),
            ..self
        }
    }
}

/// A refresh token as it is stored: its secret's hash, never the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRefreshToken {
    /// The session that it keeps alive.
    pub session: Session,
    /// Until when it can be used.
    pub expires_at: Timestamp,
    /// When it was used; it never can be again.
    pub used_at: Option<Timestamp>,
}
