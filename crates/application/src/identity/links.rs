use std::sync::Arc;

use chrono::TimeDelta;
use nexusflow_domain::Timestamp;
use nexusflow_domain::identity::{Email, VerificationEnd, VerificationPurpose};
use nexusflow_domain::ids::{RoleId, UserId};

use crate::administration::{Change, Registrar};
use crate::application::Ports;
use crate::identity::{Organization, Verification, VerificationReader};
use crate::platform::{Letter, Link, MailContent, OneTimeLinks, QueuedMail};
use crate::{Refused, Result};

/// How long it is tried to tell somebody of a change.
const NOTICE_LIFETIME: TimeDelta = TimeDelta::days(7);

/// One-time links and the mails that carry them.
#[derive(Clone)]
pub(super) struct Links {
    tokens: Arc<dyn OneTimeLinks>,
    pub verifications: Arc<dyn VerificationReader>,
    registrar: Registrar,
}

/// Whom a new link is for.
pub(super) struct Recipient {
    pub user: Option<UserId>,
    pub email: Email,
    pub roles: Vec<RoleId>,
    pub created_by: Option<UserId>,
}

impl Links {
    pub fn new(ports: &Ports, registrar: Registrar) -> Self {
        Self { tokens: ports.links.clone(), verifications: ports.verifications.clone(), registrar }
    }

    /// A new link, and the changes that store it and send it.
    pub fn issue(
        &self,
        organization: &Organization,
        purpose: VerificationPurpose,
        recipient: Recipient,
        letter: impl FnOnce(Link) -> Letter,
    ) -> (Verification, Vec<Change>) {
        let now = self.registrar.now();
        let verification = Verification {
            id: self.registrar.next_id(),
            organization: organization.id,
            purpose,
            user: recipient.user,
            email: recipient.email,
            roles: recipient.roles,
            created_by: recipient.created_by,
            created_at: now,
            serial: 0,
            expires_at: now + Verification::lifetime(purpose),
            attempts: 0,
            ended: None,
        };
        let mail = self.mail(organization, &verification, letter(verification.link()));
        (verification.clone(), vec![Change::CreateVerification(verification), mail])
    }

    /// The mail that carries the latest link of a verification.
    pub fn mail(&self, organization: &Organization, verification: &Verification, letter: Letter) -> Change {
        self.queued(organization, verification.email.clone(), letter, verification.expires_at)
    }

    /// A mail that tells of a change.
    pub fn notice(&self, organization: &Organization, to: Email, letter: Letter) -> Change {
        self.queued(organization, to, letter, self.registrar.now() + NOTICE_LIFETIME)
    }

    /// What a token is good for now.
    pub async fn open(&self, purpose: VerificationPurpose, token: &str) -> Result<Verification> {
        let Some(link) = self.tokens.find(purpose, token) else { return Err(Refused::InvalidLink.into()) };
        let found = self.verifications.verification(link.verification).await?;
        let open = found.filter(|found| found.is_open_to(&link, self.registrar.now()));
        open.ok_or_else(|| Refused::InvalidLink.into())
    }

    /// The use of a verification; of two of the same link, the second finds nothing.
    pub fn used(&self, verification: &Verification) -> Change {
        self.ended(verification, VerificationEnd::Used)
    }

    /// The end of a verification that is not to be used any more.
    pub fn revoked(&self, verification: &Verification) -> Change {
        self.ended(verification, VerificationEnd::Revoked)
    }

    fn ended(&self, verification: &Verification, end: VerificationEnd) -> Change {
        let Verification { id, serial, .. } = *verification;
        Change::EndVerification { verification: id, serial, end, at: self.registrar.now() }
    }

    fn queued(&self, organization: &Organization, to: Email, letter: Letter, expires_at: Timestamp) -> Change {
        let settings = &organization.settings;
        let content = MailContent {
            organization: organization.name.clone(),
            language: settings.language,
            branding: settings.branding.clone(),
            letter,
        };
        let (id, created_at) = (self.registrar.next_id(), self.registrar.now());
        Change::QueueMail(QueuedMail { id, organization: organization.id, to, content, created_at, expires_at })
    }
}
