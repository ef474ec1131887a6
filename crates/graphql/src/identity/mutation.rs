use async_graphql::{Context, Object, Result};

use super::sign_in::{SignInInput, SignInPayload};
use super::user_mutations::{
    CreateUserInput, CreateUserPayload, DeactivateUserInput, DeactivateUserPayload, ReactivateUserInput,
    ReactivateUserPayload,
};
use crate::error::settle;

/// Signing in, and changing people.
#[derive(Debug, Default)]
pub struct IdentityMutation;

#[Object]
impl IdentityMutation {
    /// Gives a short-lived token for an e-mail address and its password.
    async fn sign_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who signs in.")] input: SignInInput,
    ) -> Result<Option<SignInPayload>> {
        let (signed_in, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(SignInPayload::of(signed_in, errors)))
    }

    /// Creates a person as a member of the organization. Needs `MANAGE_USER`.
    async fn create_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The person.")] input: CreateUserInput,
    ) -> Result<Option<CreateUserPayload>> {
        let (user, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(CreateUserPayload { user, errors }))
    }

    /// Lets a member no longer act in the organization. Needs `MANAGE_USER`.
    async fn deactivate_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who.")] input: DeactivateUserInput,
    ) -> Result<Option<DeactivateUserPayload>> {
        let (user, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(DeactivateUserPayload { user, errors }))
    }

    /// Lets a member act in the organization again. Needs `MANAGE_USER`.
    async fn reactivate_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who.")] input: ReactivateUserInput,
    ) -> Result<Option<ReactivateUserPayload>> {
        let (user, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(ReactivateUserPayload { user, errors }))
    }
}
