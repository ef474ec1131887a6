use async_graphql::SimpleObject;
use nexusflow_application::access;
use nexusflow_domain::ids::RoleId;

use crate::access::Permission;
use crate::loader::Link;
use crate::scalar::int;

/// A role of the organization, what it is granted, and how many hold it.
#[derive(Debug, SimpleObject)]
pub struct RoleMatrixRow {
    /// The role.
    role: Option<Link<RoleId>>,
    /// What it is granted, in the catalogue's order.
    permissions: Vec<Permission>,
    /// How many active members hold it in all workflows.
    holders: i32,
    /// How many more hold it in some workflows only.
    limited_holders: i32,
}

impl From<access::MatrixRow> for RoleMatrixRow {
    fn from(row: access::MatrixRow) -> Self {
        Self {
            role: Some(Link(row.role)),
            permissions: row.permissions.into_iter().map(Into::into).collect(),
            holders: int(row.holders),
            limited_holders: int(row.limited_holders),
        }
    }
}
