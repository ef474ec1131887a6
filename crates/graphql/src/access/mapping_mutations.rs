use async_graphql::{Context, ID, InputObject, SimpleObject};
use nexusflow_application::access::RoleMapping;
use nexusflow_domain::ids::{RoleId, UserId};

use crate::access::Permission;
use crate::context::{application, require_call};
use crate::error::{Answer, DomainError, parsed};
use crate::loader::Link;

/// A role to be given to a member.
#[derive(Debug, Clone, InputObject)]
#[expect(clippy::struct_field_names, reason = "all are ids, and called so in the API")]
pub struct GrantRoleInput {
    /// Who.
    user_id: ID,
    /// Which role.
    role_id: ID,
    /// For this workflow only; for all unless told otherwise. The same role may be held for several.
    workflow_id: Option<ID>,
}

/// What `grantRole` did.
#[derive(Debug, SimpleObject)]
pub struct GrantRolePayload {
    /// Whose roles changed.
    pub user: Option<Link<UserId>>,
    /// The role.
    pub role: Option<Link<RoleId>>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl GrantRoleInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<(Link<UserId>, Link<RoleId>)> {
        let call = require_call(ctx)?;
        let mapping = mapping(&self.user_id, &self.role_id, self.workflow_id.as_ref())?;
        application(ctx)?.access.grant_role(call, mapping).await?;
        Ok((Link(mapping.user), Link(mapping.role)))
    }
}

/// A role to be taken from a member.
#[derive(Debug, Clone, InputObject)]
#[expect(clippy::struct_field_names, reason = "all are ids, and called so in the API")]
pub struct RevokeRoleInput {
    /// Who.
    user_id: ID,
    /// Which role.
    role_id: ID,
    /// As held for this workflow only; as held for all unless told otherwise.
    workflow_id: Option<ID>,
}

/// What `revokeRole` did.
#[derive(Debug, SimpleObject)]
pub struct RevokeRolePayload {
    /// Whose roles changed.
    pub user: Option<Link<UserId>>,
    /// The role.
    pub role: Option<Link<RoleId>>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl RevokeRoleInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<(Link<UserId>, Link<RoleId>)> {
        let call = require_call(ctx)?;
        let mapping = mapping(&self.user_id, &self.role_id, self.workflow_id.as_ref())?;
        application(ctx)?.access.revoke_role(call, mapping).await?;
        Ok((Link(mapping.user), Link(mapping.role)))
    }
}

fn mapping(user: &ID, role: &ID, workflow: Option<&ID>) -> Answer<RoleMapping> {
    let (user, role) = (parsed(user, "userId")?, parsed(role, "roleId")?);
    let workflow = workflow.map(|workflow| parsed(workflow, "workflowId")).transpose()?;
    Ok(RoleMapping { user, role, workflow })
}

/// A permission to be granted to a role.
#[derive(Debug, Clone, InputObject)]
pub struct GrantPermissionInput {
    /// Which role.
    role_id: ID,
    /// Which permission.
    permission: Permission,
}

/// What `grantPermission` did.
#[derive(Debug, SimpleObject)]
pub struct GrantPermissionPayload {
    /// The role whose permissions changed.
    pub role: Option<Link<RoleId>>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl GrantPermissionInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<Link<RoleId>> {
        let call = require_call(ctx)?;
        let role = parsed(&self.role_id, "roleId")?;
        application(ctx)?.access.grant_permission(call, role, self.permission.into()).await?;
        Ok(Link(role))
    }
}

/// A permission to be taken from a role.
#[derive(Debug, Clone, InputObject)]
pub struct RevokePermissionInput {
    /// Which role.
    role_id: ID,
    /// Which permission.
    permission: Permission,
}

/// What `revokePermission` did.
#[derive(Debug, SimpleObject)]
pub struct RevokePermissionPayload {
    /// The role whose permissions changed.
    pub role: Option<Link<RoleId>>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl RevokePermissionInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<Link<RoleId>> {
        let call = require_call(ctx)?;
        let role = parsed(&self.role_id, "roleId")?;
        application(ctx)?.access.revoke_permission(call, role, self.permission.into()).await?;
        Ok(Link(role))
    }
}
