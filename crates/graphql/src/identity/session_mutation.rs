use async_graphql::{Context, Object, Result};

use super::refresh::{RefreshSessionInput, RefreshSessionPayload};
use super::sign_in::{SignInInput, SignInPayload, SwitchOrganizationInput, SwitchOrganizationPayload};
use super::sign_out::{
    RevokeSessionInput, RevokeSessionPayload, RevokeUserSessionsInput, RevokeUserSessionsPayload,
    SignOutEverywherePayload, SignOutPayload, sign_out, sign_out_everywhere,
};
use crate::error::settle;

/// Signing in and out.
#[derive(Debug, Default)]
pub struct SessionMutation;

#[Object]
impl SessionMutation {
    /// Begins a session: gives a short-lived token, and a refresh token for the next one, for an e-mail address and
    /// its password.
    async fn sign_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who signs in.")] input: SignInInput,
    ) -> Result<Option<SignInPayload>> {
        let (granted, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(SignInPayload { granted: granted.unwrap_or_default(), errors }))
    }

    /// Goes on with a session: gives new tokens for a refresh token, which can be used once. A second use ends the
    /// session. Send no `Authorization` header with it, as its token may have expired.
    async fn refresh_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "With what.")] input: RefreshSessionInput,
    ) -> Result<Option<RefreshSessionPayload>> {
        let (granted, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(RefreshSessionPayload { granted: granted.unwrap_or_default(), errors }))
    }

    /// Begins a session in another organization of the caller's. The present one goes on.
    async fn switch_organization(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "To which.")] input: SwitchOrganizationInput,
    ) -> Result<Option<SwitchOrganizationPayload>> {
        let (granted, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(SwitchOrganizationPayload { granted: granted.unwrap_or_default(), errors }))
    }

    /// Ends the session that the call is made in: its tokens are no longer accepted.
    async fn sign_out(&self, ctx: &Context<'_>) -> Result<Option<SignOutPayload>> {
        let (session, errors) = settle(ctx, sign_out(ctx).await)?;
        Ok(Some(SignOutPayload { session, errors }))
    }

    /// Ends every session of the caller, in every organization.
    async fn sign_out_everywhere(&self, ctx: &Context<'_>) -> Result<Option<SignOutEverywherePayload>> {
        let (user, errors) = settle(ctx, sign_out_everywhere(ctx).await)?;
        Ok(Some(SignOutEverywherePayload { user, errors }))
    }

    /// Ends a session: one's own, or with `MANAGE_USER` a member's.
    async fn revoke_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: RevokeSessionInput,
    ) -> Result<Option<RevokeSessionPayload>> {
        let (session, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(RevokeSessionPayload { session, errors }))
    }

    /// Ends every session of a member in the organization. Needs `MANAGE_USER`.
    async fn revoke_user_sessions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose.")] input: RevokeUserSessionsInput,
    ) -> Result<Option<RevokeUserSessionsPayload>> {
        let (user, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(RevokeUserSessionsPayload { user, errors }))
    }
}
