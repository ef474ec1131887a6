use nexusflow_domain::Timestamp;
use nexusflow_domain::identity::VerificationPurpose;
use nexusflow_domain::ids::{RoleId, UserId};
use nexusflow_domain::insight::Origin;
use serde_json::json;

use crate::access::{RoleMapping, Scope};
use crate::administration::{AdministrationCommit, Change, CommitError};
use crate::identity::accounts::{told, used_meanwhile};
use crate::identity::members::check_member;
use crate::identity::{IdentityService, NewMember, Organization, SignInRecord, User, Verification};
use crate::input::InputCheck;
use crate::{Call, Refused, Result};

/// How somebody accepts an invitation.
#[derive(Clone)]
pub struct Acceptance {
    /// The token of the link.
    pub token: String,
    /// The name of a new person.
    pub name: Option<String>,
    /// The password of whoever is not signed in: a new person's, or that of the account that the address has.
    pub password: Option<String>,
}

impl IdentityService {
    /// Joins the organization that the invitation is from: as the person signed in, whose address must be the invited
    /// one; as whoever has the account of that address and knows its password; or as a new person.
    #[tracing::instrument(skip_all)]
    pub async fn accept_invitation(
        &self,
        call: Option<&Call>,
        acceptance: Acceptance,
        origin: &Origin,
    ) -> Result<(Organization, UserId)> {
        let invitation = self.links.open(VerificationPurpose::Invitation, &acceptance.token).await?;
        let organization = self.reader.organization(&Scope::system(invitation.organization)).await?;
        let Some(organization) = organization else { return Err(Refused::InvalidLink.into()) };
        let account = self.reader.sign_in_record(&invitation.email).await?;
        let (user, mut changes) = match (call, account) {
            (Some(call), Some(account)) if account.user.id == call.principal.user => known(&account.user, self.now()),
            (Some(_), _) => return Err(Refused::InvalidLink.into()),
            (None, Some(account)) => {
                self.require_account(&invitation, &account, acceptance.password, origin).await?;
                known(&account.user, self.now())
            }
            (None, None) => self.newcomer(&invitation, acceptance).await?,
        };
        self.require_room(&organization).await?;
        changes.insert(0, self.links.used(&invitation));
        changes.extend(self.joining(&invitation, user).await?);
        let after = json!({ "user": user, "email": invitation.email, "roles": invitation.roles });
        let subject = Some(("invitation", invitation.id.uuid()));
        let entry = self.registrar.entry_of(Some(user), origin, "INVITATION_ACCEPTED", subject);
        let entry = entry.changing(None, Some(after));
        let commit = AdministrationCommit::of_system(organization.id, changes, vec![entry]);
        self.registrar.commit(commit).await.map_err(|error| match error {
            // Somebody has made an account with the address meanwhile; the link is still good.
            CommitError::Duplicate { field: "email", .. } => Refused::Contended.into(),
            other => used_meanwhile(other),
        })?;
        self.authorizer.changed(organization.id).await;
        Ok((organization, user))
    }

    /// Whoever has the link may try the account's password, but not often.
    async fn require_account(
        &self,
        invitation: &Verification,
        account: &SignInRecord,
        password: Option<String>,
        origin: &Origin,
    ) -> Result<()> {
        let password = password.unwrap_or_default();
        if self.passwords.verify(password, account.password_hash.clone()).await? {
            return Ok(());
        }
        let subject = Some(("invitation", invitation.id.uuid()));
        let entry = self.registrar.entry_of(None, origin, "INVITATION_REFUSED", subject);
        let changes = vec![Change::CountAttempt { verification: invitation.id }];
        let commit = AdministrationCommit::of_system(
            invitation.organization,
            changes,
            vec![entry.changing(None, Some(told(invitation)))],
        );
        self.registrar.commit(commit).await?;
        Err(Refused::InvalidCredentials.into())
    }

    async fn newcomer(&self, invitation: &Verification, acceptance: Acceptance) -> Result<(UserId, Vec<Change>)> {
        let new = NewMember {
            email: invitation.email.to_string(),
            name: acceptance.name.unwrap_or_default(),
            password: acceptance.password.unwrap_or_default(),
            roles: Vec::new(),
        };
        check_member(InputCheck::default(), &new, "").finish()?;
        // The link came by mail.
        let user = User { email_verified_at: Some(self.now()), ..self.new_user(&new, invitation.email.clone()) };
        let password_hash = Some(self.passwords.hash(new.password).await?);
        Ok((user.id, vec![Change::CreateUser { user, password_hash }]))
    }

    /// Membership and roles; those of the invitation that are gone meanwhile are passed over.
    async fn joining(&self, invitation: &Verification, user: UserId) -> Result<Vec<Change>> {
        let (by, at) = (invitation.created_by, self.now());
        let snapshot = self.authorizer.snapshot(invitation.organization).await?;
        let left: Vec<RoleId> =
            invitation.roles.iter().copied().filter(|role| snapshot.roles.contains_key(role)).collect();
        let roles = self.roles_with_basic(invitation.organization, &left).await?.into_iter();
        let mappings = roles.map(|role| RoleMapping::everywhere(user, role));
        let grants = mappings.map(|mapping| Change::GrantRole { mapping, by, at });
        Ok(std::iter::once(Change::AddMember { user, at }).chain(grants).collect())
    }

    fn now(&self) -> Timestamp {
        self.registrar.now()
    }
}

/// The link came by mail to the account's address.
fn known(user: &User, at: Timestamp) -> (UserId, Vec<Change>) {
    let email = user.email.clone();
    (user.id, vec![Change::SetEmailVerified { user: user.id, email, at }])
}
