use std::sync::Arc;

use nexusflow_domain::identity::{Email, VerificationPurpose};
use nexusflow_domain::ids::UserId;
use serde_json::json;

use crate::access::{Authorizer, Scope};
use crate::administration::{AdministrationCommit, Change, CommitError, NewAuditEntry, Registrar};
use crate::application::Ports;
use crate::identity::links::Links;
use crate::identity::{IdentityReader, Organization, SignInRecord, Verification};
use crate::platform::PasswordHasher;
use crate::{Call, Error, Refused, Result, StoreError};

/// What people do about their own accounts: passwords and addresses.
pub struct AccountService {
    pub(super) authorizer: Authorizer,
    pub(super) reader: Arc<dyn IdentityReader>,
    pub(super) passwords: Arc<dyn PasswordHasher>,
    pub(super) links: Links,
    pub(super) registrar: Registrar,
}

impl AccountService {
    pub(crate) fn new(ports: &Ports, authorizer: Authorizer, registrar: Registrar) -> Self {
        let links = Links::new(ports, registrar.clone());
        let (reader, passwords) = (ports.identity.clone(), ports.passwords.clone());
        Self { authorizer, reader, passwords, links, registrar }
    }

    /// The caller's account and organization.
    pub(super) async fn own(&self, call: &Call) -> Result<(SignInRecord, Organization)> {
        let scope = self.authorizer.member(call).scope();
        let organization = self.reader.organization(&scope).await?;
        let user = self.reader.users(&scope, &[call.principal.user]).await?.pop();
        let account = match user {
            Some(user) => self.reader.sign_in_record(&user.email).await?,
            None => None,
        };
        account.zip(organization).ok_or_else(|| gone(call.principal.user))
    }

    /// The organization in whose stream a link is on record.
    pub(super) async fn organization_of(&self, verification: &Verification) -> Result<Organization> {
        let found = self.reader.organization(&Scope::system(verification.organization)).await?;
        found.ok_or_else(|| Refused::InvalidLink.into())
    }

    /// Whether the caller knows his password; what he does not know is put on record.
    pub(super) async fn require_password(&self, call: &Call, account: &SignInRecord, password: String) -> Result<()> {
        if self.passwords.verify(password, account.password_hash.clone()).await? {
            return Ok(());
        }
        let entry = self.entry(call, "PASSWORD_REFUSED");
        let commit = AdministrationCommit::of_entries(call.principal.organization, vec![entry]);
        self.registrar.commit(commit).await?;
        Err(Refused::InvalidCredentials.into())
    }

    /// Writes what somebody changes about himself.
    pub(super) async fn commit_own(&self, call: &Call, changes: Vec<Change>, entry: NewAuditEntry) -> Result<()> {
        let permit = self.authorizer.member(call);
        Ok(self.registrar.commit(AdministrationCommit::of_own_account(&permit, changes, vec![entry])).await?)
    }

    /// Writes what somebody does by a link, who is not signed in.
    pub(super) async fn commit_by_link(
        &self,
        verification: &Verification,
        changes: Vec<Change>,
        entry: NewAuditEntry,
    ) -> Result<()> {
        let commit = AdministrationCommit::of_system(verification.organization, changes, vec![entry]);
        self.registrar.commit(commit).await.map_err(used_meanwhile)
    }

    pub(super) fn entry(&self, call: &Call, event: &'static str) -> NewAuditEntry {
        self.registrar.entry(call, event, Some(("user", call.principal.user.uuid())))
    }

    /// Whether a link of the purpose was made for the person a short while ago, so that nobody's mailbox is flooded.
    pub(super) async fn is_recent(&self, user: UserId, purpose: VerificationPurpose) -> Result<bool, StoreError> {
        let now = self.registrar.now();
        let latest = self.links.verifications.latest(user, purpose).await?;
        Ok(latest.is_some_and(|latest| latest.ended.is_none() && now - latest.created_at < super::LINK_PAUSE))
    }
}

/// What an entry tells of a link.
pub(super) fn told(verification: &Verification) -> serde_json::Value {
    json!({ "verification": verification.id, "purpose": verification.purpose, "email": verification.email })
}

/// Somebody else used the link at the same moment.
pub(super) fn used_meanwhile(error: CommitError) -> Error {
    match error {
        CommitError::Missing { .. } => Refused::InvalidLink.into(),
        other => other.into(),
    }
}

/// The address of an input field.
pub(super) fn address(field: &str, text: &str) -> Result<Email> {
    let mut check = crate::input::InputCheck::default();
    let email = check.parsed(field, text.parse::<Email>());
    check.values(email)
}

fn gone(user: UserId) -> Error {
    Refused::NotFound { kind: "user", id: user.to_string() }.into()
}
