use chrono::TimeDelta;
use nexusflow_domain::Timestamp;
use nexusflow_domain::identity::{Email, VerificationEnd, VerificationPurpose};
use nexusflow_domain::ids::{OrganizationId, RoleId, UserId, VerificationId};

use crate::platform::Link;

/// How often a link may be used in vain, such as with a wrong password.
const MOST_ATTEMPTS: u32 = 10;

/// What is known of a one-time link: everything but what makes it hard to guess.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// Which.
    pub id: VerificationId,
    /// The tenant in whose stream it is on record.
    pub organization: OrganizationId,
    /// What it is good for.
    pub purpose: VerificationPurpose,
    /// Whose account it is about; nobody's for an invitation.
    pub user: Option<UserId>,
    /// To which address it was sent.
    pub email: Email,
    /// What an invited person is to hold, besides User.
    pub roles: Vec<RoleId>,
    /// Who caused it, if somebody signed in did.
    pub created_by: Option<UserId>,
    /// When.
    pub created_at: Timestamp,
    /// How often it was sent again: only the latest link counts.
    pub serial: u32,
    /// The first instant at which it is of no use any more.
    pub expires_at: Timestamp,
    /// How often it was used in vain.
    pub attempts: u32,
    /// When and how it came to its end.
    pub ended: Option<(Timestamp, VerificationEnd)>,
}

/// What an invitation has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvitationStatus {
    /// It can be accepted.
    Pending,
    /// It was not accepted in time, or used in vain too often; it can be sent again.
    Expired,
    /// Somebody has accepted it.
    Accepted,
    /// It was taken back.
    Revoked,
}

impl Verification {
    /// How long a link of a purpose can be used.
    pub(super) const fn lifetime(purpose: VerificationPurpose) -> TimeDelta {
        match purpose {
            VerificationPurpose::Invitation => TimeDelta::days(7),
            VerificationPurpose::EmailVerification | VerificationPurpose::EmailChange => TimeDelta::hours(24),
            VerificationPurpose::PasswordReset => TimeDelta::hours(1),
        }
    }

    /// The latest link.
    pub const fn link(&self) -> Link {
        Link { purpose: self.purpose, verification: self.id, serial: self.serial }
    }

    /// Whether a link can be used now.
    pub fn is_open_to(&self, link: &Link, now: Timestamp) -> bool {
        self.link() == *link && self.status(now) == InvitationStatus::Pending
    }

    /// What it has come to.
    pub fn status(&self, now: Timestamp) -> InvitationStatus {
        match self.ended {
            Some((_, VerificationEnd::Used)) => InvitationStatus::Accepted,
            Some((_, VerificationEnd::Revoked)) => InvitationStatus::Revoked,
            None if now < self.expires_at && self.attempts < MOST_ATTEMPTS => InvitationStatus::Pending,
            None => InvitationStatus::Expired,
        }
    }
}
