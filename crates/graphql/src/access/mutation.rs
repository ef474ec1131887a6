use async_graphql::{Context, Object, Result};

use super::delegation_mutations::{DelegateInput, DelegatePayload, RevokeDelegationInput, RevokeDelegationPayload};
use super::mapping_mutations::{
    GrantPermissionInput, GrantPermissionPayload, GrantRoleInput, GrantRolePayload, RevokePermissionInput,
    RevokePermissionPayload, RevokeRoleInput, RevokeRolePayload,
};
use super::role_mutations::{
    CreateRoleInput, CreateRolePayload, DeleteRoleInput, DeleteRolePayload, UpdateRoleInput, UpdateRolePayload,
};
use crate::error::settle;

/// Changing roles and mappings, which needs `MANAGE_ROLE`, and delegations.
#[derive(Debug, Default)]
pub struct AccessMutation;

#[Object]
impl AccessMutation {
    /// Creates a role, with permissions that the caller holds.
    async fn create_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The role.")] input: CreateRoleInput,
    ) -> Result<Option<CreateRolePayload>> {
        let (role, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(CreateRolePayload { role, errors }))
    }

    /// Changes the name or the description of a role that is not built in.
    async fn update_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which role, and what changes.")] input: UpdateRoleInput,
    ) -> Result<Option<UpdateRolePayload>> {
        let (role, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(UpdateRolePayload { role, errors }))
    }

    /// Deletes a role that is not built in and that no workflow names.
    async fn delete_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which role.")] input: DeleteRoleInput,
    ) -> Result<Option<DeleteRolePayload>> {
        let (deleted_id, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(DeleteRolePayload { deleted_id, errors }))
    }

    /// Gives a member a role, for all workflows or for one. The caller must hold there whatever the role is granted.
    async fn grant_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who, and which role.")] input: GrantRoleInput,
    ) -> Result<Option<GrantRolePayload>> {
        let (done, errors) = settle(ctx, input.run(ctx).await)?;
        let (user, role) = done.unzip();
        Ok(Some(GrantRolePayload { user, role, errors }))
    }

    /// Takes a role from a member. The caller must hold there whatever the member may do, and the last owner stays.
    async fn revoke_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who, and which role.")] input: RevokeRoleInput,
    ) -> Result<Option<RevokeRolePayload>> {
        let (done, errors) = settle(ctx, input.run(ctx).await)?;
        let (user, role) = done.unzip();
        Ok(Some(RevokeRolePayload { user, role, errors }))
    }

    /// Grants a role a permission that the caller holds.
    async fn grant_permission(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which role, and which permission.")] input: GrantPermissionInput,
    ) -> Result<Option<GrantPermissionPayload>> {
        let (role, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(GrantPermissionPayload { role, errors }))
    }

    /// Takes a permission that the caller holds from a role; the built-in Owner keeps all of them.
    async fn revoke_permission(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which role, and which permission.")] input: RevokePermissionInput,
    ) -> Result<Option<RevokePermissionPayload>> {
        let (role, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(RevokePermissionPayload { role, errors }))
    }

    /// Lets a member act on behalf of another one for a period. On behalf of others than the caller it needs
    /// `MANAGE_ROLE`, and those of `COMPLETE_TASK` and `APPROVE_REQUEST` that they have.
    async fn delegate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who, for whom, and until when.")] input: DelegateInput,
    ) -> Result<Option<DelegatePayload>> {
        let (delegation, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(DelegatePayload { delegation, errors }))
    }

    /// Ends a delegation that the caller gave or received; with `MANAGE_ROLE` anybody's.
    async fn revoke_delegation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which delegation.")] input: RevokeDelegationInput,
    ) -> Result<Option<RevokeDelegationPayload>> {
        let (delegation, errors) = settle(ctx, input.run(ctx).await)?;
        Ok(Some(RevokeDelegationPayload { delegation, errors }))
    }
}
