use async_graphql::{Context, Object, Result};

use super::user_mutations::{
    CreateUserInput, CreateUserPayload, DeactivateUserInput, DeactivateUserPayload, ReactivateUserInput,
    ReactivateUserPayload,
};
use crate::error::settle;

/// Changing people.
#[derive(Debug, Default)]
pub struct IdentityMutation;

#[Object]
impl IdentityMutation {
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
