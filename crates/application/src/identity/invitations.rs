use nexusflow_domain::identity::{Email, VerificationPurpose};
use nexusflow_domain::ids::{RoleId, VerificationId};
use serde_json::json;

use crate::access::{Need, Permit, actions};
use crate::administration::{AdministrationCommit, Change, NewAuditEntry};
use crate::idempotency::Replay;
use crate::identity::accounts::address;
use crate::identity::links::Recipient;
use crate::identity::members::TO_MANAGE_USERS;
use crate::identity::{IdentityService, InvitationStatus, Organization, Verification};
use crate::platform::Letter;
use crate::{Call, Page, PageRequest, Refused, Result};

const OPERATION: &str = "inviteMember";
const PURPOSE: VerificationPurpose = VerificationPurpose::Invitation;

/// Somebody who is to join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewInvitation {
    /// Where to reach him.
    pub email: String,
    /// What he is to hold, besides User.
    pub roles: Vec<RoleId>,
}

impl IdentityService {
    /// Invites somebody by mail. The answer does not tell whether the address has an account elsewhere. An earlier
    /// invitation of the address that is still open is taken back.
    #[tracing::instrument(skip_all)]
    pub async fn invite_member(
        &self,
        call: &Call,
        new: NewInvitation,
        replay: Option<Replay>,
    ) -> Result<VerificationId> {
        let permit = self.authorizer.require::<actions::ManageUser>(call).await?;
        if let Some(id) = self.registrar.replayed(call, OPERATION, replay.as_ref()).await? {
            return Ok(VerificationId::from_uuid(id));
        }
        let email = address("email", &new.email)?;
        self.require_stranger(&permit, &email).await?;
        self.require_roles(call, &new.roles).await?;
        let organization = self.own_organization(&permit).await?;
        self.require_room(&organization).await?;
        let inviter = self.name_of(call).await?;
        let open = self.links.verifications.open_invitation(&permit.scope(), &email).await?;
        let mut changes: Vec<Change> = open.iter().map(|open| self.links.revoked(open)).collect();
        let recipient = Recipient { user: None, email, roles: new.roles, created_by: Some(call.principal.user) };
        let letter = |link| Letter::Invitation { link, inviter };
        let (invitation, issued) = self.links.issue(&organization, PURPOSE, recipient, letter);
        changes.extend(issued);
        let after = json!({ "email": invitation.email, "roles": invitation.roles });
        let entry = self.invitation_entry(call, "MEMBER_INVITED", invitation.id).changing(None, Some(after));
        let stored = self.registrar.idempotency(call, OPERATION, replay, invitation.id.uuid());
        let commit = AdministrationCommit::of_users(&permit, changes, vec![entry]).with_idempotency(stored);
        self.commit_invitation(call, &invitation, commit).await?;
        Ok(invitation.id)
    }

    /// Sends an invitation again, with a new link for another seven days; the one before is dead then. The caller must
    /// hold whatever its roles are granted.
    #[tracing::instrument(skip_all)]
    pub async fn resend_invitation(&self, call: &Call, id: VerificationId) -> Result<()> {
        let permit = self.authorizer.require::<actions::ManageUser>(call).await?;
        let before = self.open_one(&permit, id).await?;
        let organization = self.own_organization(&permit).await?;
        let inviter = self.name_of(call).await?;
        let (serial, expires_at) = (before.serial + 1, self.registrar.now() + Verification::lifetime(PURPOSE));
        let renewed = Verification { serial, expires_at, ..before };
        let letter = Letter::Invitation { link: renewed.link(), inviter };
        let changes = vec![
            Change::RenewVerification { verification: id, serial, expires_at },
            self.links.mail(&organization, &renewed, letter),
        ];
        let after = json!({ "email": renewed.email, "expiresAt": expires_at });
        let entry = self.invitation_entry(call, "INVITATION_RESENT", id).changing(None, Some(after));
        self.commit_invitation(call, &renewed, AdministrationCommit::of_users(&permit, changes, vec![entry])).await
    }

    /// Takes an invitation back.
    #[tracing::instrument(skip_all)]
    pub async fn revoke_invitation(&self, call: &Call, id: VerificationId) -> Result<()> {
        let permit = self.authorizer.require::<actions::ManageUser>(call).await?;
        let open = self.open_one(&permit, id).await?;
        let before = json!({ "email": open.email, "roles": open.roles });
        let entry = self.invitation_entry(call, "INVITATION_REVOKED", id).changing(Some(before), None);
        let changes = vec![self.links.revoked(&open)];
        Ok(self.registrar.commit(AdministrationCommit::of_users(&permit, changes, vec![entry])).await?)
    }

    /// Those of the given invitations that there are.
    pub async fn invitations(&self, call: &Call, ids: &[VerificationId]) -> Result<Vec<Verification>> {
        let permit = self.authorizer.require::<actions::ManageUser>(call).await?;
        Ok(self.links.verifications.invitations(&permit.scope(), ids).await?)
    }

    /// A page of the invitations, the newest first.
    pub async fn list_invitations(&self, call: &Call, page: &PageRequest) -> Result<Page<Verification>> {
        let permit = self.authorizer.require::<actions::ManageUser>(call).await?;
        Ok(self.links.verifications.list_invitations(&permit.scope(), page).await?)
    }

    /// Refused when an active member has the address.
    async fn require_stranger(&self, permit: &Permit<actions::ManageUser>, email: &Email) -> Result<()> {
        let Some(account) = self.reader.sign_in_record(email).await? else { return Ok(()) };
        if account.organizations.iter().any(|organization| organization.id == permit.organization()) {
            return Err(Refused::AlreadyExists { field: "email", value: email.to_string() }.into());
        }
        Ok(())
    }

    async fn require_roles(&self, call: &Call, roles: &[RoleId]) -> Result<()> {
        let snapshot = self.authorizer.snapshot(call.principal.organization).await?;
        match roles.iter().find(|role| !snapshot.roles.contains_key(role)) {
            Some(unknown) => Err(Refused::NotFound { kind: "role", id: unknown.to_string() }.into()),
            None => Ok(()),
        }
    }

    /// Writes an invitation if the caller holds whatever its roles are granted.
    async fn commit_invitation(
        &self,
        call: &Call,
        invitation: &Verification,
        commit: AdministrationCommit,
    ) -> Result<()> {
        let roles = invitation.roles.iter().map(|&role| Need::Role(role, None));
        let needs: Vec<Need> = roles.chain([TO_MANAGE_USERS]).collect();
        self.authorizer.commit_if_held(call, &needs, Some(("invitation", invitation.id.uuid())), commit).await
    }

    /// Refused when the organization has as many active members as its plan allows.
    pub(super) async fn require_room(&self, organization: &Organization) -> Result<()> {
        let plans = self.organizations.plans().await?;
        let limit = plans.iter().find(|plan| plan.code == organization.plan).and_then(|plan| plan.members);
        let members = self.authorizer.snapshot(organization.id).await?.members.len();
        match limit {
            Some(limit) if members >= limit as usize => {
                let message = format!("the plan {} allows {limit} members", organization.plan);
                Err(Refused::WrongState { message, state: "PLAN_LIMIT".to_owned() }.into())
            }
            _ => Ok(()),
        }
    }

    pub(super) async fn own_organization<A>(&self, permit: &Permit<A>) -> Result<Organization> {
        let found = self.reader.organization(&permit.scope()).await?;
        let id = permit.organization();
        found.ok_or_else(|| Refused::NotFound { kind: "organization", id: id.to_string() }.into())
    }

    async fn open_one(&self, permit: &Permit<actions::ManageUser>, id: VerificationId) -> Result<Verification> {
        let found = self.links.verifications.invitations(&permit.scope(), &[id]).await?.pop();
        let found = found.ok_or_else(|| Refused::NotFound { kind: "invitation", id: id.to_string() })?;
        match found.status(self.registrar.now()) {
            InvitationStatus::Pending | InvitationStatus::Expired => Ok(found),
            InvitationStatus::Accepted => Err(over("the invitation was accepted", "ACCEPTED")),
            InvitationStatus::Revoked => Err(over("the invitation was revoked", "REVOKED")),
        }
    }

    async fn name_of(&self, call: &Call) -> Result<String> {
        let scope = self.authorizer.member(call).scope();
        let found = self.reader.users(&scope, &[call.principal.user]).await?.pop();
        Ok(found.map(|user| user.name).unwrap_or_default())
    }

    fn invitation_entry(&self, call: &Call, event: &'static str, id: VerificationId) -> NewAuditEntry {
        self.registrar.entry(call, event, Some(("invitation", id.uuid())))
    }
}

fn over(message: &str, state: &str) -> crate::Error {
    Refused::WrongState { message: message.to_owned(), state: state.to_owned() }.into()
}
