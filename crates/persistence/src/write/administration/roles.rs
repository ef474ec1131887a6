//! Roles and what they are granted.

use crate::transaction::Transaction;
use nexusflow_application::access::Role;
use nexusflow_application::administration::CommitError;
use nexusflow_domain::Timestamp;
use nexusflow_domain::access::Permission;
use nexusflow_domain::ids::{OrganizationId, RoleId};

use super::failures::{missing, or_duplicate, or_in_use, or_missing, require_one};
use crate::encoding::storable;
use crate::write::sql::{execute, query_one, try_execute};

pub(super) async fn create(transaction: &Transaction, role: &Role) -> Result<(), CommitError> {
    let sql = "INSERT INTO roles (id, organization_id, name, description, built_in, created_at, updated_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let values = [
        role.id.uuid().into(),
        role.organization.uuid().into(),
        role.name.as_str().into(),
        role.description.as_str().into(),
        role.built_in.into(),
        storable(role.created_at).into(),
        storable(role.updated_at).into(),
    ];
    try_execute(transaction, sql, values).await.map(drop).map_err(or_duplicate("name", &role.name))
}

pub(super) async fn update(transaction: &Transaction, role: &Role) -> Result<(), CommitError> {
    let sql = "UPDATE roles SET name = $1, description = $2, updated_at = $3 WHERE id = $4 AND organization_id = $5";
    let values = [
        role.name.as_str().into(),
        role.description.as_str().into(),
        storable(role.updated_at).into(),
        role.id.uuid().into(),
        role.organization.uuid().into(),
    ];
    let affected = try_execute(transaction, sql, values).await.map_err(or_duplicate("name", &role.name))?;
    require_one(affected, "role", role.id)
}

/// Mappings go with the role. A version names it as a candidate, which a foreign key knows, or in an
/// escalation, which only its resolved names tell.
pub(super) async fn delete(
    transaction: &Transaction,
    organization: OrganizationId,
    role: RoleId,
) -> Result<(), CommitError> {
    let in_use = || format!("a workflow names the role {role}");
    let sql = "SELECT id FROM workflow_versions WHERE organization_id = $1 AND names LIKE $2 LIMIT 1";
    let pattern = format!("%\"{}\"%", role.uuid());
    if query_one(transaction, sql, [organization.uuid().into(), pattern.into()]).await?.is_some() {
        return Err(CommitError::InUse { message: in_use() });
    }
    let sql = "DELETE FROM roles WHERE id = $1 AND organization_id = $2";
    let values = [role.uuid().into(), organization.uuid().into()];
    let affected = try_execute(transaction, sql, values).await.map_err(or_in_use(in_use()))?;
    require_one(affected, "role", role)
}

pub(super) async fn grant_permission(
    transaction: &Transaction,
    organization: OrganizationId,
    role: RoleId,
    permission: Permission,
    at: Timestamp,
) -> Result<(), CommitError> {
    let sql = "INSERT INTO permission_mappings (organization_id, role_id, permission, created_at) \
        VALUES ($1, $2, $3, $4) ON CONFLICT (organization_id, role_id, permission) DO NOTHING";
    let values = [organization.uuid().into(), role.uuid().into(), permission.code().into(), storable(at).into()];
    try_execute(transaction, sql, values).await.map(drop).map_err(or_missing("role", role))
}

/// No effect when the permission is not granted.
pub(super) async fn revoke_permission(
    transaction: &Transaction,
    organization: OrganizationId,
    role: RoleId,
    permission: Permission,
) -> Result<(), CommitError> {
    let sql = "DELETE FROM permission_mappings WHERE organization_id = $1 AND role_id = $2 AND permission = $3";
    let values = [organization.uuid().into(), role.uuid().into(), permission.code().into()];
    Ok(execute(transaction, sql, values).await.map(drop)?)
}

/// `Missing` unless the organization has the role. It stays, because commits come one by one.
pub(super) async fn require_role(
    transaction: &Transaction,
    organization: OrganizationId,
    role: RoleId,
) -> Result<(), CommitError> {
    let sql = "SELECT id FROM roles WHERE id = $1 AND organization_id = $2";
    let found = query_one(transaction, sql, [role.uuid().into(), organization.uuid().into()]).await?;
    found.map(drop).ok_or_else(|| missing("role", role))
}
