use std::sync::Arc;

use nexusflow_domain::access::Permission;
use nexusflow_domain::ids::{RoleId, UserId};

use crate::access::{AccessExplanation, AccessReader, Authorizer, DelegationReader, Role, Scope, actions};
use crate::administration::{AdministrationCommit, NewAuditEntry, Registrar};
use crate::application::Ports;
use crate::identity::IdentityReader;
use crate::workflow::WorkflowReader;
use crate::{Call, Error, Page, PageRequest, Refused, Result};

/// Roles, their mappings, and explanations.
pub struct AccessService {
    pub(super) authorizer: Authorizer,
    pub(super) reader: Arc<dyn AccessReader>,
    pub(super) delegations: Arc<dyn DelegationReader>,
    pub(super) workflows: Arc<dyn WorkflowReader>,
    identity: Arc<dyn IdentityReader>,
    pub(super) registrar: Registrar,
}

impl AccessService {
    pub(crate) fn new(ports: &Ports, authorizer: Authorizer, registrar: Registrar) -> Self {
        Self {
            authorizer,
            reader: ports.access.clone(),
            delegations: ports.delegations.clone(),
            workflows: ports.workflows.clone(),
            identity: ports.identity.clone(),
            registrar,
        }
    }

    /// Roles by id. Their names are visible to every member: they appear on steps.
    pub async fn roles(&self, call: &Call, ids: &[RoleId]) -> Result<Vec<Role>> {
        Ok(self.reader.roles(&self.authorizer.member(call).scope(), ids).await?)
    }

    /// A page of the roles.
    pub async fn list_roles(&self, call: &Call, page: &PageRequest) -> Result<Page<Role>> {
        let permit = self.authorizer.require::<actions::ViewRole>(call).await?;
        Ok(self.reader.list_roles(&permit.scope(), page).await?)
    }

    /// Which of the given people hold which roles; of oneself, or of all with `VIEW_ROLE`.
    pub async fn roles_of_users(&self, call: &Call, users: &[UserId]) -> Result<Vec<(UserId, RoleId)>> {
        let scope = if users.iter().all(|&user| user == call.principal.user) {
            self.authorizer.member(call).scope()
        } else {
            self.authorizer.require::<actions::ViewRole>(call).await?.scope()
        };
        Ok(self.reader.roles_of_users(&scope, users).await?)
    }

    /// What the caller's own roles allow, in the catalogue's order.
    pub async fn own_permissions(&self, call: &Call) -> Result<Vec<Permission>> {
        let snapshot = self.authorizer.snapshot(call.principal.organization).await?;
        Ok(snapshot.permissions_of(call.principal.user).into_iter().collect())
    }

    /// What the given roles are granted.
    pub async fn permissions_of_roles(&self, call: &Call, roles: &[RoleId]) -> Result<Vec<(RoleId, Permission)>> {
        let permit = self.authorizer.require::<actions::ViewRole>(call).await?;
        Ok(self.reader.permissions_of_roles(&permit.scope(), roles).await?)
    }

    /// Who holds a role.
    pub async fn holders(&self, call: &Call, role: RoleId, page: &PageRequest) -> Result<Page<UserId>> {
        let permit = self.authorizer.require::<actions::ViewRole>(call).await?;
        Ok(self.reader.holders(&permit.scope(), role, page).await?)
    }

    /// Why somebody may or may not do something; about oneself, or about others with `VIEW_ROLE`.
    pub async fn explain_access(&self, call: &Call, user: UserId, permission: Permission) -> Result<AccessExplanation> {
        let scope = if user == call.principal.user {
            self.authorizer.member(call).scope()
        } else {
            self.authorizer.require::<actions::ViewRole>(call).await?.scope()
        };
        self.find_user(&scope, user).await?;
        Ok(self.authorizer.explain(scope.organization(), user, permission).await?)
    }

    pub(super) async fn commit(&self, call: &Call, commit: AdministrationCommit) -> Result<()> {
        self.registrar.commit(commit).await?;
        self.authorizer.changed(call.principal.organization).await;
        Ok(())
    }

    pub(super) async fn find_role(&self, scope: &Scope, id: RoleId) -> Result<Role> {
        let found = self.reader.roles(scope, &[id]).await?.pop();
        found.ok_or_else(|| Refused::NotFound { kind: "role", id: id.to_string() }.into())
    }

    pub(super) async fn find_user(&self, scope: &Scope, id: UserId) -> Result<()> {
        if self.identity.users(scope, &[id]).await?.is_empty() {
            return Err(Refused::NotFound { kind: "user", id: id.to_string() }.into());
        }
        Ok(())
    }

    pub(super) fn entry(&self, call: &Call, event: &'static str, role: RoleId) -> NewAuditEntry {
        self.registrar.entry(call, event, Some(("role", role.uuid())))
    }
}

pub(super) fn built_in(role: &Role) -> Error {
    let message = format!("the role {:?} is built in and stays as it is", role.name);
    Refused::WrongState { message, state: "BUILT_IN".to_owned() }.into()
}
