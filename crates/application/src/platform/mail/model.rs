use async_trait::async_trait;
use nexusflow_domain::Timestamp;
use nexusflow_domain::identity::{Branding, Email, Language};
use nexusflow_domain::ids::{MailId, OrganizationId};
use serde::{Deserialize, Serialize};

use crate::StoreError;
use crate::platform::Link;

/// What a mail is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Letter {
    /// Somebody is asked to join the organization.
    Invitation {
        /// How to.
        link: Link,
        /// The name of who asks.
        inviter: String,
    },
    /// Somebody is asked whether an address is his.
    EmailVerification {
        /// How to say yes.
        link: Link,
    },
    /// Somebody wants this address to be that of his account.
    EmailChange {
        /// How to say yes.
        link: Link,
    },
    /// Somebody has forgotten his password.
    PasswordReset {
        /// Where to set a new one.
        link: Link,
    },
    /// The account has a new password.
    PasswordChanged,
    /// The account has another address now.
    EmailChanged {
        /// Which.
        to: Email,
    },
}

/// Everything that a mail is made of. It holds no secret: the tokens of links are made when it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MailContent {
    /// The organization's name.
    pub organization: String,
    /// In which language it is written.
    pub language: Language,
    /// How it looks.
    pub branding: Branding,
    /// What it is about.
    pub letter: Letter,
}

/// A mail that is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuedMail {
    /// The mail; its `Message-ID` follows from it.
    pub id: MailId,
    /// The tenant.
    pub organization: OrganizationId,
    /// To whom.
    pub to: Email,
    /// What it says.
    pub content: MailContent,
    /// When it was put.
    pub created_at: Timestamp,
    /// After this it is of no use.
    pub expires_at: Timestamp,
}

/// A mail that a worker sends now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedMail {
    /// The mail.
    pub mail: QueuedMail,
    /// How often it was claimed, this time included.
    pub attempt: u32,
    /// Tells this claim from others.
    pub fence: u64,
}

/// The mails that are to be sent. They are put by [`crate::administration::Change::QueueMail`].
#[async_trait]
pub trait MailQueue: Send + Sync {
    /// Claims mails of any tenant that are due and not leased beyond `now`, earliest first, until `lease_until`. Two
    /// workers never get the same one.
    async fn claim(&self, now: Timestamp, lease_until: Timestamp, limit: u32) -> Result<Vec<ClaimedMail>, StoreError>;

    /// When the next one is due, leased or not.
    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError>;

    /// Removes a mail that was sent; no effect when the claim was lost.
    async fn sent(&self, mail: &ClaimedMail) -> Result<(), StoreError>;

    /// Gives a mail back until an instant; no effect when the claim was lost.
    async fn postpone(&self, mail: &ClaimedMail, until: Timestamp) -> Result<(), StoreError>;
}
