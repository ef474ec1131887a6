use nexusflow_domain::identity::VerificationPurpose;
use nexusflow_domain::ids::UserId;
use nexusflow_domain::insight::Origin;
use serde_json::json;

use crate::administration::Change;
use crate::identity::accounts::{address, told};
use crate::identity::links::Recipient;
use crate::identity::{AccountService, Verification};
use crate::platform::Letter;
use crate::{Call, Refused, Result};

impl AccountService {
    /// Sends a link to the caller's address by which he shows that it is his.
    #[tracing::instrument(skip_all)]
    pub async fn request_email_verification(&self, call: &Call) -> Result<()> {
        const PURPOSE: VerificationPurpose = VerificationPurpose::EmailVerification;
        let (account, organization) = self.own(call).await?;
        let user = account.user;
        if user.email_verified_at.is_some() {
            let message = "the address is verified already".to_owned();
            return Err(Refused::WrongState { message, state: "VERIFIED".to_owned() }.into());
        }
        if self.is_recent(user.id, PURPOSE).await? {
            return Ok(());
        }
        let recipient = own(user.id, user.email);
        let letter = |link| Letter::EmailVerification { link };
        let (verification, changes) = self.links.issue(&organization, PURPOSE, recipient, letter);
        let entry = self.entry(call, "EMAIL_VERIFICATION_REQUESTED").changing(None, Some(told(&verification)));
        self.commit_own(call, changes, entry).await
    }

    /// Sends a link to a new address of the caller's, which takes effect when the link is used. Whether the address
    /// belongs to somebody is only told to whoever reads its mail.
    #[tracing::instrument(skip_all)]
    pub async fn change_email(&self, call: &Call, new: &str, password: String) -> Result<()> {
        const PURPOSE: VerificationPurpose = VerificationPurpose::EmailChange;
        let email = address("email", new)?;
        let (account, organization) = self.own(call).await?;
        self.require_password(call, &account, password).await?;
        if account.user.email == email {
            return Err(Refused::AlreadyExists { field: "email", value: email.to_string() }.into());
        }
        let before = self.links.verifications.latest(account.user.id, PURPOSE).await?;
        let replaced = before.filter(|before| before.ended.is_none() && before.organization == organization.id);
        let mut changes: Vec<Change> = replaced.iter().map(|before| self.links.revoked(before)).collect();
        let letter = |link| Letter::EmailChange { link };
        let (verification, issued) = self.links.issue(&organization, PURPOSE, own(account.user.id, email), letter);
        changes.extend(issued);
        let entry = self.entry(call, "EMAIL_CHANGE_REQUESTED").changing(None, Some(told(&verification)));
        self.commit_own(call, changes, entry).await
    }

    /// Uses the link of a verification or of a new address.
    #[tracing::instrument(skip_all)]
    pub async fn verify_email(&self, token: &str, origin: &Origin) -> Result<()> {
        match self.links.open(VerificationPurpose::EmailVerification, token).await {
            Ok(verification) => return self.verified(&verification, origin).await,
            Err(error) if error.refused() == Some(&Refused::InvalidLink) => {}
            Err(error) => return Err(error),
        }
        let verification = self.links.open(VerificationPurpose::EmailChange, token).await?;
        self.changed(&verification, origin).await
    }

    async fn verified(&self, verification: &Verification, origin: &Origin) -> Result<()> {
        let (user, at) = (owner(verification)?, self.registrar.now());
        let email = verification.email.clone();
        let changes = vec![self.links.used(verification), Change::SetEmailVerified { user, email, at }];
        let entry = self.registrar.entry_of(Some(user), origin, "EMAIL_VERIFIED", Some(("user", user.uuid())));
        self.commit_by_link(verification, changes, entry.changing(None, Some(told(verification)))).await
    }

    async fn changed(&self, verification: &Verification, origin: &Origin) -> Result<()> {
        let (user, at) = (owner(verification)?, self.registrar.now());
        let organization = self.organization_of(verification).await?;
        let scope = crate::access::Scope::system(organization.id);
        let Some(before) = self.reader.users(&scope, &[user]).await?.pop() else {
            return Err(Refused::InvalidLink.into());
        };
        let email = verification.email.clone();
        let told = json!({ "email": email });
        let changes = vec![
            self.links.used(verification),
            Change::EndVerificationsOf { user, at },
            Change::SetEmail { user, email: email.clone(), at },
            self.links.notice(&organization, before.email.clone(), Letter::EmailChanged { to: email }),
        ];
        let entry = self.registrar.entry_of(Some(user), origin, "EMAIL_CHANGED", Some(("user", user.uuid())));
        let entry = entry.changing(Some(json!({ "email": before.email })), Some(told));
        self.commit_by_link(verification, changes, entry).await
    }
}

fn own(user: UserId, email: nexusflow_domain::identity::Email) -> Recipient {
    Recipient { user: Some(user), email, roles: Vec::new(), created_by: Some(user) }
}

fn owner(verification: &Verification) -> Result<UserId> {
    verification.user.ok_or_else(|| Refused::InvalidLink.into())
}
