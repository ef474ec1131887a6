use nexusflow_domain::access::{BuiltInRole, Permission};
use nexusflow_domain::ids::{RoleId, UserId};
use serde_json::json;

use crate::access::service::built_in;
use crate::access::{AccessService, actions};
use crate::administration::{AdministrationCommit, Change};
use crate::{Call, Result};

impl AccessService {
    /// Gives a member a role. The caller must hold whatever the role is granted.
    #[tracing::instrument(skip_all)]
    pub async fn grant_role(&self, call: &Call, user: UserId, role: RoleId) -> Result<()> {
        let permit = self.authorizer.require::<actions::ManageRole>(call).await?;
        let scope = permit.scope();
        self.find_role(&scope, role).await?;
        self.find_user(&scope, user).await?;
        for (_, permission) in self.reader.permissions_of_roles(&scope, &[role]).await? {
            self.authorizer.require_permission(call, permission, None).await?;
        }
        let (by, at) = (Some(call.principal.user), self.registrar.now());
        let entry = self.entry(call, "ROLE_GRANTED", role).changing(None, Some(json!({ "user": user })));
        let changes = vec![Change::GrantRole { user, role, by, at }];
        self.commit(call, AdministrationCommit::of_roles(&permit, changes, vec![entry])).await
    }

    /// Takes a role from a member.
    #[tracing::instrument(skip_all)]
    pub async fn revoke_role(&self, call: &Call, user: UserId, role: RoleId) -> Result<()> {
        let permit = self.authorizer.require::<actions::ManageRole>(call).await?;
        self.find_role(&permit.scope(), role).await?;
        self.find_user(&permit.scope(), user).await?;
        let entry = self.entry(call, "ROLE_REVOKED", role).changing(Some(json!({ "user": user })), None);
        let changes = vec![Change::RevokeRole { user, role, at: self.registrar.now() }];
        self.commit(call, AdministrationCommit::of_roles(&permit, changes, vec![entry])).await
    }

    /// Grants a role a permission that the caller holds.
    #[tracing::instrument(skip_all)]
    pub async fn grant_permission(&self, call: &Call, role: RoleId, permission: Permission) -> Result<()> {
        let permit = self.authorizer.require::<actions::ManageRole>(call).await?;
        self.find_role(&permit.scope(), role).await?;
        self.authorizer.require_permission(call, permission, None).await?;
        let entry =
            self.entry(call, "PERMISSION_GRANTED", role).changing(None, Some(json!({ "permission": permission })));
        let changes = vec![Change::GrantPermission { role, permission, at: self.registrar.now() }];
        self.commit(call, AdministrationCommit::of_roles(&permit, changes, vec![entry])).await
    }

    /// Takes a permission from a role; the built-in Admin keeps all of them.
    #[tracing::instrument(skip_all)]
    pub async fn revoke_permission(&self, call: &Call, role: RoleId, permission: Permission) -> Result<()> {
        let permit = self.authorizer.require::<actions::ManageRole>(call).await?;
        let found = self.find_role(&permit.scope(), role).await?;
        if found.built_in && found.name == BuiltInRole::Admin.name() {
            return Err(built_in(&found));
        }
        let entry =
            self.entry(call, "PERMISSION_REVOKED", role).changing(Some(json!({ "permission": permission })), None);
        let changes = vec![Change::RevokePermission { role, permission }];
        self.commit(call, AdministrationCommit::of_roles(&permit, changes, vec![entry])).await
    }
}
