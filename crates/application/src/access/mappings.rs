use nexusflow_domain::access::{BuiltInRole, Permission};
use nexusflow_domain::ids::RoleId;
use serde_json::{Value, json};

use crate::access::service::built_in;
use crate::access::{AccessService, Need, Permit, RoleMapping, actions};
use crate::administration::{AdministrationCommit, Change};
use crate::{Call, Result};

/// Who holds which role, and what roles are granted. Nobody grants what he does not hold, or takes from somebody who
/// holds more than he does.
impl AccessService {
    /// Gives a member a role, for all workflows or for one. The caller must hold there whatever the role is granted.
    #[tracing::instrument(skip_all)]
    pub async fn grant_role(&self, call: &Call, mapping: RoleMapping) -> Result<()> {
        let permit = self.require_mapping(call, mapping).await?;
        if let Some(workflow) = mapping.workflow {
            self.require_workflow(call, workflow).await?;
        }
        let (by, at) = (Some(call.principal.user), self.registrar.now());
        let entry = self.entry(call, "ROLE_GRANTED", mapping.role).changing(None, Some(detail(mapping)));
        let commit = AdministrationCommit::of_roles(&permit, vec![Change::GrantRole { mapping, by, at }], vec![entry]);
        self.commit(call, &needs(mapping, Need::Role(mapping.role, mapping.workflow)), mapping.role, commit).await
    }

    /// Takes a role from a member. The caller must hold there whatever the member does.
    #[tracing::instrument(skip_all)]
    pub async fn revoke_role(&self, call: &Call, mapping: RoleMapping) -> Result<()> {
        let permit = self.require_mapping(call, mapping).await?;
        let entry = self.entry(call, "ROLE_REVOKED", mapping.role).changing(Some(detail(mapping)), None);
        let change = Change::RevokeRole { mapping, at: self.registrar.now() };
        let commit = AdministrationCommit::of_roles(&permit, vec![change], vec![entry]);
        self.commit(call, &needs(mapping, Need::Member(mapping.user, mapping.workflow)), mapping.role, commit).await
    }

    /// Grants a role a permission that the caller holds.
    #[tracing::instrument(skip_all)]
    pub async fn grant_permission(&self, call: &Call, role: RoleId, permission: Permission) -> Result<()> {
        let permit = self.authorizer.require::<actions::ManageRole>(call).await?;
        self.find_role(&permit.scope(), role).await?;
        let entry =
            self.entry(call, "PERMISSION_GRANTED", role).changing(None, Some(json!({ "permission": permission })));
        let changes = vec![Change::GrantPermission { role, permission, at: self.registrar.now() }];
        let commit = AdministrationCommit::of_roles(&permit, changes, vec![entry]);
        self.commit(call, &[TO_MANAGE_ROLES, Need::Permission(permission, None)], role, commit).await
    }

    /// Takes a permission that the caller holds from a role; the built-in Owner keeps all of them.
    #[tracing::instrument(skip_all)]
    pub async fn revoke_permission(&self, call: &Call, role: RoleId, permission: Permission) -> Result<()> {
        let permit = self.authorizer.require::<actions::ManageRole>(call).await?;
        let found = self.find_role(&permit.scope(), role).await?;
        if found.built_in && found.name == BuiltInRole::Owner.name() {
            return Err(built_in(&found));
        }
        let entry =
            self.entry(call, "PERMISSION_REVOKED", role).changing(Some(json!({ "permission": permission })), None);
        let changes = vec![Change::RevokePermission { role, permission }];
        let commit = AdministrationCommit::of_roles(&permit, changes, vec![entry]);
        self.commit(call, &[TO_MANAGE_ROLES, Need::Permission(permission, None)], role, commit).await
    }

    async fn require_mapping(&self, call: &Call, mapping: RoleMapping) -> Result<Permit<actions::ManageRole>> {
        let subject = Some(("role", mapping.role.uuid()));
        let permit = self.authorizer.require_for::<actions::ManageRole>(call, mapping.workflow, subject).await?;
        self.find_role(&permit.scope(), mapping.role).await?;
        self.find_user(&permit.scope(), mapping.user).await?;
        Ok(permit)
    }
}

/// What every change of roles and mappings needs.
pub(super) const TO_MANAGE_ROLES: Need = Need::Permission(Permission::ManageRole, None);

fn needs(mapping: RoleMapping, also: Need) -> [Need; 2] {
    [Need::Permission(Permission::ManageRole, mapping.workflow), also]
}

fn detail(mapping: RoleMapping) -> Value {
    json!({ "user": mapping.user, "workflow": mapping.workflow })
}
