use nexusflow_domain::access::Permission;
use nexusflow_domain::ids::RoleId;

use crate::access::{AccessService, PolicySnapshot, actions};
use crate::{Call, Result};

/// A row of the matrix of roles and permissions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatrixRow {
    /// The role.
    pub role: RoleId,
    /// What it is granted, in the catalogue's order.
    pub permissions: Vec<Permission>,
    /// How many active members hold it everywhere.
    pub holders: usize,
    /// How many more hold it in some workflows only.
    pub limited_holders: usize,
}

impl AccessService {
    /// What every role of the organization is granted, and how many hold it; by name. Needs `VIEW_ROLE`.
    #[tracing::instrument(skip_all)]
    pub async fn role_matrix(&self, call: &Call) -> Result<Vec<MatrixRow>> {
        let permit = self.authorizer.require::<actions::ViewRole>(call).await?;
        Ok(matrix(&*self.authorizer.snapshot(permit.organization()).await?))
    }
}

fn matrix(snapshot: &PolicySnapshot) -> Vec<MatrixRow> {
    let mut roles: Vec<(&String, RoleId)> = snapshot.roles.iter().map(|(&role, name)| (name, role)).collect();
    roles.sort();
    let row = |(_, role): (&String, RoleId)| {
        let holders = snapshot.holders_of(role, None).len();
        let anywhere = snapshot.members.values().filter(|held| held.roles().contains(&role)).count();
        let permissions = snapshot.grants.get(&role).into_iter().flatten().copied().collect();
        MatrixRow { role, permissions, holders, limited_holders: anywhere - holders }
    };
    roles.into_iter().map(row).collect()
}
