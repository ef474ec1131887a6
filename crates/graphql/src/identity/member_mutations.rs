use async_graphql::{Context, ID, InputObject, SimpleObject};
use nexusflow_application::identity::{Acceptance, NewInvitation};
use nexusflow_domain::ids::{UserId, VerificationId};

use crate::context::{application, caller, origin, require_call};
use crate::error::{Answer, DomainError, parsed};
use crate::identity::Organization;
use crate::loader::Link;
use crate::platform::replay;

/// Somebody who is to join.
#[derive(Debug, Clone, InputObject)]
pub struct InviteMemberInput {
    /// Where to reach the person.
    email: String,
    /// Roles held from the start, besides User.
    #[graphql(default)]
    role_ids: Vec<ID>,
    /// The same key and input give the first result again; another input with it is refused.
    idempotency_key: Option<String>,
}

/// What `inviteMember` did.
#[derive(Debug, SimpleObject)]
pub struct InviteMemberPayload {
    /// The invitation.
    pub invitation: Option<Link<VerificationId>>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl InviteMemberInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<Link<VerificationId>> {
        let call = require_call(ctx)?;
        let replay = replay(&self, self.idempotency_key.as_deref());
        let roles = self.role_ids.iter().map(|role| parsed(role, "roleIds")).collect::<Answer<_>>()?;
        let new = NewInvitation { email: self.email, roles };
        Ok(Link(application(ctx)?.identity.invite_member(call, new, replay).await?))
    }
}

/// An invitation to be sent again.
#[derive(Debug, Clone, InputObject)]
pub struct ResendInvitationInput {
    /// Which.
    invitation_id: ID,
}

/// What `resendInvitation` did.
#[derive(Debug, SimpleObject)]
pub struct ResendInvitationPayload {
    /// The invitation.
    pub invitation: Option<Link<VerificationId>>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl ResendInvitationInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<Link<VerificationId>> {
        let call = require_call(ctx)?;
        let id = parsed(&self.invitation_id, "invitationId")?;
        application(ctx)?.identity.resend_invitation(call, id).await?;
        Ok(Link(id))
    }
}

/// An invitation to be taken back.
#[derive(Debug, Clone, InputObject)]
pub struct RevokeInvitationInput {
    /// Which.
    invitation_id: ID,
}

/// What `revokeInvitation` did.
#[derive(Debug, SimpleObject)]
pub struct RevokeInvitationPayload {
    /// The invitation.
    pub invitation: Option<Link<VerificationId>>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl RevokeInvitationInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<Link<VerificationId>> {
        let call = require_call(ctx)?;
        let id = parsed(&self.invitation_id, "invitationId")?;
        application(ctx)?.identity.revoke_invitation(call, id).await?;
        Ok(Link(id))
    }
}

/// An invitation, and who accepts it: whoever is signed in with the invited address; else whoever knows the password of
/// the account that the address has; else a new person.
#[derive(Clone, InputObject)]
pub struct AcceptInvitationInput {
    /// What stands in the link after `#token=`.
    token: String,
    /// The name of a new person; 1 to 200 characters.
    name: Option<String>,
    /// The account's password, or that of a new person: 12 to 200 characters.
    password: Option<String>,
}

/// What `acceptInvitation` did.
#[derive(Debug, SimpleObject)]
pub struct AcceptInvitationPayload {
    /// The organization joined; sign in to it with its slug.
    pub organization: Option<Organization>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl AcceptInvitationInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<Organization> {
        let acceptance = Acceptance { token: self.token, name: self.name, password: self.password };
        let identity = &application(ctx)?.identity;
        Ok(identity.accept_invitation(caller(ctx), acceptance, &origin(ctx)).await?.0.into())
    }
}

/// A member who is to be none any more.
#[derive(Debug, Clone, InputObject)]
pub struct RemoveMemberInput {
    /// Who; never the caller.
    user_id: ID,
}

/// What `removeMember` did.
#[derive(Debug, SimpleObject)]
pub struct RemoveMemberPayload {
    /// The past member.
    pub user: Option<Link<UserId>>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl RemoveMemberInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<Link<UserId>> {
        let call = require_call(ctx)?;
        let user = parsed(&self.user_id, "userId")?;
        application(ctx)?.identity.remove_member(call, user).await?;
        Ok(Link(user))
    }
}

/// What `leaveOrganization` did.
#[derive(Debug, SimpleObject)]
pub struct LeaveOrganizationPayload {
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

pub(super) async fn leave(ctx: &Context<'_>) -> Answer<()> {
    Ok(application(ctx)?.identity.leave_organization(require_call(ctx)?).await?)
}
