use std::time::Duration;

use nexusflow_domain::identity::{Email, SessionEnd, VerificationPurpose};
use nexusflow_domain::insight::Origin;
use tokio::time::sleep;

use crate::administration::{AdministrationCommit, Change};
use crate::identity::accounts::{address, told};
use crate::identity::links::Recipient;
use crate::identity::members::PASSWORD_LENGTH;
use crate::identity::{AccountService, Organization, SignInRecord};
use crate::input::InputCheck;
use crate::platform::Letter;
use crate::{Call, Result};

const PURPOSE: VerificationPurpose = VerificationPurpose::PasswordReset;
/// The least time after which a request for a link is answered: longer than the work for an account that there is.
const ANSWER_TIME: Duration = Duration::from_millis(500);

impl AccountService {
    /// Sends a link by which a new password can be set. The answer and its time are the same whether or not there is
    /// such an account.
    #[tracing::instrument(skip_all)]
    pub async fn request_password_reset(&self, email: &str, origin: &Origin) -> Result<()> {
        let email = address("email", email)?;
        let ((), done) = tokio::join!(sleep(ANSWER_TIME), self.send_reset(&email, origin));
        done
    }

    async fn send_reset(&self, email: &Email, origin: &Origin) -> Result<()> {
        let Some(account) = self.reader.sign_in_record(email).await? else { return Ok(()) };
        let user = account.user.id;
        let Some(organization) = account.organizations.first() else { return Ok(()) };
        if self.is_recent(user, PURPOSE).await? {
            return Ok(());
        }
        let recipient = Recipient { user: Some(user), email: account.user.email, roles: Vec::new(), created_by: None };
        let (verification, changes) =
            self.links.issue(organization, PURPOSE, recipient, |link| Letter::PasswordReset { link });
        let subject = Some(("user", user.uuid()));
        let entry = self.registrar.entry_of(None, origin, "PASSWORD_RESET_REQUESTED", subject);
        self.commit_by_link(&verification, changes, entry.changing(None, Some(told(&verification)))).await
    }

    /// Sets a new password by a link.
    #[tracing::instrument(skip_all)]
    pub async fn reset_password(&self, token: &str, new_password: String, origin: &Origin) -> Result<()> {
        InputCheck::default().length("newPassword", &new_password, &PASSWORD_LENGTH).finish()?;
        let verification = self.links.open(PURPOSE, token).await?;
        let organization = self.organization_of(&verification).await?;
        let Some(account) = self.reader.sign_in_record(&verification.email).await? else {
            return Err(crate::Refused::InvalidLink.into());
        };
        if verification.user != Some(account.user.id) {
            return Err(crate::Refused::InvalidLink.into());
        }
        let (user, at) = (&account.user, self.registrar.now());
        let subject = Some(("user", user.id.uuid()));
        let entry = self.registrar.entry_of(Some(user.id), origin, "PASSWORD_RESET", subject);
        let entry = entry.changing(None, Some(told(&verification)));
        let email = user.email.clone();
        let mut changes = vec![
            self.links.used(&verification),
            // The link came by mail.
            Change::SetEmailVerified { user: user.id, email, at },
        ];
        changes.extend(self.new_password(&account, &organization, new_password, origin).await?);
        self.commit_by_link(&verification, changes, entry).await?;
        self.authorizer.changed(organization.id).await;
        Ok(())
    }

    /// Sets a new password in the place of the one that the caller knows, who signs in again with it.
    #[tracing::instrument(skip_all)]
    pub async fn change_password(&self, call: &Call, old: String, new_password: String) -> Result<()> {
        InputCheck::default().length("newPassword", &new_password, &PASSWORD_LENGTH).finish()?;
        let (account, organization) = self.own(call).await?;
        self.require_password(call, &account, old).await?;
        let changes = self.new_password(&account, &organization, new_password, &call.origin).await?;
        self.commit_own(call, changes, self.entry(call, "PASSWORD_CHANGED")).await?;
        self.authorizer.changed(organization.id).await;
        Ok(())
    }

    /// Everything that a new password entails, whoever sets it and by whatever way: every session of its owner ends,
    /// in every organization, links that were sent before are dead, and its owner is told. Sessions elsewhere end
    /// at once, so that none is left should that fail.
    async fn new_password(
        &self,
        account: &SignInRecord,
        organization: &Organization,
        password: String,
        origin: &Origin,
    ) -> Result<Vec<Change>> {
        let (user, email) = (account.user.id, account.user.email.clone());
        let (password_hash, at) = (self.passwords.hash(password).await?, self.registrar.now());
        let ends = || Change::RevokeSessionsOf { user, end: SessionEnd::PasswordChanged, at };
        for elsewhere in account.organizations.iter().filter(|found| found.id != organization.id) {
            // The session here is no other organization's business.
            let origin = Origin { credential: None, ..origin.clone() };
            let entry =
                self.registrar.entry_of(Some(user), &origin, "SIGNED_OUT_EVERYWHERE", Some(("user", user.uuid())));
            let commit = AdministrationCommit::of_system(elsewhere.id, vec![ends()], vec![entry]);
            self.registrar.commit(commit).await?;
            self.authorizer.changed(elsewhere.id).await;
        }
        Ok(vec![
            Change::SetPassword { user, password_hash, at },
            ends(),
            Change::EndVerificationsOf { user, at },
            self.links.notice(organization, email, Letter::PasswordChanged),
        ])
    }
}
