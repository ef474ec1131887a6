use async_graphql::{Context, MergedObject, Object, Result};

use super::account_mutations::{
    ChangeEmailInput, ChangeEmailPayload, ChangePasswordInput, ChangePasswordPayload, RequestEmailVerificationPayload,
    RequestPasswordResetInput, RequestPasswordResetPayload, ResetPasswordInput, ResetPasswordPayload, VerifyEmailInput,
    VerifyEmailPayload, request_email_verification,
};
use super::member_mutations::{
    AcceptInvitationInput, AcceptInvitationPayload, InviteMemberInput, InviteMemberPayload, LeaveOrganizationPayload,
    RemoveMemberInput, RemoveMemberPayload, ResendInvitationInput, ResendInvitationPayload, RevokeInvitationInput,
    RevokeInvitationPayload, leave,
};
use super::organization_mutations::{
    CreateOrganizationInput, CreateOrganizationPayload, DeleteOrganizationInput, DeleteOrganizationPayload,
    RestoreOrganizationInput, RestoreOrganizationPayload, SetPlanInput, SetPlanPayload, UpdateOrganizationInput,
    UpdateOrganizationPayload,
};
use crate::error::settle;

/// Organizations, who belongs to them, and one's own account.
#[derive(MergedObject, Default)]
pub struct TenancyMutation(OrganizationMutation, MemberMutation, AccountMutation);

/// Changing organizations.
#[derive(Debug, Default)]
pub struct OrganizationMutation;

#[Object]
impl OrganizationMutation {
    /// Makes an organization of the caller's own.
    async fn create_organization(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The organization.")] input: CreateOrganizationInput,
    ) -> Result<Option<CreateOrganizationPayload>> {
        let (organization, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(CreateOrganizationPayload { organization, errors }))
    }

    /// Changes name, slug and settings. Needs `MANAGE_ORGANIZATION`.
    async fn update_organization(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What changes.")] input: UpdateOrganizationInput,
    ) -> Result<Option<UpdateOrganizationPayload>> {
        let (organization, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(UpdateOrganizationPayload { organization, errors }))
    }

    /// Chooses a plan. Needs `MANAGE_BILLING`.
    async fn set_plan(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: SetPlanInput,
    ) -> Result<Option<SetPlanPayload>> {
        let (organization, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(SetPlanPayload { organization, errors }))
    }

    /// Deletes the organization signed in to: at once nobody signs in to it or acts there, and its requests stand
    /// still. It can be restored for 90 days. Needs `DELETE_ORGANIZATION`.
    async fn delete_organization(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its name once more.")] input: DeleteOrganizationInput,
    ) -> Result<Option<DeleteOrganizationPayload>> {
        let (restorable_until, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(DeleteOrganizationPayload { restorable_until, errors }))
    }

    /// Brings a deleted organization back, for whoever could delete it.
    async fn restore_organization(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, and who wants it.")] input: RestoreOrganizationInput,
    ) -> Result<Option<RestoreOrganizationPayload>> {
        let (organization, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(RestoreOrganizationPayload { organization, errors }))
    }
}

/// Joining and leaving.
#[derive(Debug, Default)]
pub struct MemberMutation;

#[Object]
impl MemberMutation {
    /// Asks somebody by mail to join the organization. Needs `MANAGE_USER` and what the roles are granted.
    async fn invite_member(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom.")] input: InviteMemberInput,
    ) -> Result<Option<InviteMemberPayload>> {
        let (invitation, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(InviteMemberPayload { invitation, errors }))
    }

    /// Sends an invitation again, with a new link; the one before is dead then. Needs `MANAGE_USER`.
    async fn resend_invitation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: ResendInvitationInput,
    ) -> Result<Option<ResendInvitationPayload>> {
        let (invitation, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(ResendInvitationPayload { invitation, errors }))
    }

    /// Takes an invitation back. Needs `MANAGE_USER`.
    async fn revoke_invitation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: RevokeInvitationInput,
    ) -> Result<Option<RevokeInvitationPayload>> {
        let (invitation, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(RevokeInvitationPayload { invitation, errors }))
    }

    /// Joins the organization that an invitation is from.
    async fn accept_invitation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The invitation, and who accepts it.")] input: AcceptInvitationInput,
    ) -> Result<Option<AcceptInvitationPayload>> {
        let (organization, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(AcceptInvitationPayload { organization, errors }))
    }

    /// Ends somebody's membership. Needs `MANAGE_USER`.
    async fn remove_member(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose.")] input: RemoveMemberInput,
    ) -> Result<Option<RemoveMemberPayload>> {
        let (user, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(RemoveMemberPayload { user, errors }))
    }

    /// Ends the caller's own membership of the organization signed in to.
    async fn leave_organization(&self, ctx: &Context<'_>) -> Result<Option<LeaveOrganizationPayload>> {
        let (_, errors) = settle(ctx, leave(ctx).await)?;
        Ok(Some(LeaveOrganizationPayload { errors }))
    }
}

/// One's own account.
#[derive(Debug, Default)]
pub struct AccountMutation;

#[Object]
impl AccountMutation {
    /// Sends a link by which a new password can be set. The answer is the same whether or not there is such an
    /// account.
    async fn request_password_reset(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose.")] input: RequestPasswordResetInput,
    ) -> Result<Option<RequestPasswordResetPayload>> {
        let (_, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(RequestPasswordResetPayload { errors }))
    }

    /// Sets a new password by a link.
    async fn reset_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The link and the password.")] input: ResetPasswordInput,
    ) -> Result<Option<ResetPasswordPayload>> {
        let (_, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(ResetPasswordPayload { errors }))
    }

    /// Sets a new password in the place of one that the caller knows.
    async fn change_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Both.")] input: ChangePasswordInput,
    ) -> Result<Option<ChangePasswordPayload>> {
        let (_, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(ChangePasswordPayload { errors }))
    }

    /// Sends a link by which the caller shows that the address of his account is his.
    async fn request_email_verification(&self, ctx: &Context<'_>) -> Result<Option<RequestEmailVerificationPayload>> {
        let (_, errors) = settle(ctx, request_email_verification(ctx).await)?;
        Ok(Some(RequestEmailVerificationPayload { errors }))
    }

    /// Uses the link of an address that is to be verified, or of a new one.
    async fn verify_email(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The link.")] input: VerifyEmailInput,
    ) -> Result<Option<VerifyEmailPayload>> {
        let (_, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(VerifyEmailPayload { errors }))
    }

    /// Sends a link to a new address of the caller's account, which is used from when the link is.
    async fn change_email(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: ChangeEmailInput,
    ) -> Result<Option<ChangeEmailPayload>> {
        let (_, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(ChangeEmailPayload { errors }))
    }
}
