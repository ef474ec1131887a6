use async_graphql::{Context, ID, InputObject, SimpleObject};
use nexusflow_application::access::{NewRole, RoleChange};
use nexusflow_domain::ids::RoleId;

use crate::access::Permission;
use crate::context::{application, require_call};
use crate::error::{Answer, DomainError, parsed};
use crate::loader::Link;
use crate::platform::replay;

/// A role to be made.
#[derive(Debug, Clone, InputObject)]
pub struct CreateRoleInput {
    /// Unique within the organization; 1 to 100 characters.
    name: String,
    /// For people; at most 1,000 characters.
    #[graphql(default)]
    description: String,
    /// What its holders may do; the caller must hold each of them.
    #[graphql(default)]
    permissions: Vec<Permission>,
    /// The same key and input give the first result again; another input with it is refused.
    idempotency_key: Option<String>,
}

/// What `createRole` did.
#[derive(Debug, SimpleObject)]
pub struct CreateRolePayload {
    /// The new role.
    pub role: Option<Link<RoleId>>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl CreateRoleInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<Link<RoleId>> {
        let call = require_call(ctx)?;
        let replay = replay(&self, self.idempotency_key.as_deref());
        let permissions = self.permissions.into_iter().map(Into::into).collect();
        let new = NewRole { name: self.name, description: self.description, permissions };
        Ok(Link(application(ctx)?.access.create_role(call, new, replay).await?))
    }
}

/// Changes of a role; what is left out stays.
#[derive(Debug, Clone, InputObject)]
pub struct UpdateRoleInput {
    /// Which role.
    role_id: ID,
    /// The new name; 1 to 100 characters.
    name: Option<String>,
    /// The new description; at most 1,000 characters.
    description: Option<String>,
}

/// What `updateRole` did.
#[derive(Debug, SimpleObject)]
pub struct UpdateRolePayload {
    /// The changed role.
    pub role: Option<Link<RoleId>>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl UpdateRoleInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<Link<RoleId>> {
        let call = require_call(ctx)?;
        let role = parsed(&self.role_id, "roleId")?;
        let change = RoleChange { name: self.name, description: self.description };
        application(ctx)?.access.update_role(call, role, change).await?;
        Ok(Link(role))
    }
}

/// A role to be deleted.
#[derive(Debug, Clone, InputObject)]
pub struct DeleteRoleInput {
    /// Which role.
    role_id: ID,
}

/// What `deleteRole` did.
#[derive(Debug, SimpleObject)]
pub struct DeleteRolePayload {
    /// The id of the role that is no more.
    pub deleted_id: Option<ID>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl DeleteRoleInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<ID> {
        let call = require_call(ctx)?;
        let role = parsed(&self.role_id, "roleId")?;
        application(ctx)?.access.delete_role(call, role).await?;
        Ok(self.role_id)
    }
}
