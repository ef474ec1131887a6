use std::sync::Arc;

use nexusflow_domain::access::Permission;
use nexusflow_domain::ids::{RoleId, UserId};

use crate::access::{AccessReader, Authorizer, DelegationReader, Need, Role, RoleGrant, Scope, actions};
use crate::administration::{AdministrationCommit, NewAuditEntry, Registrar};
use crate::application::Ports;
use crate::identity::IdentityReader;
use crate::request::{RequestReader, RequestStore, StepReader};
use crate::workflow::{Catalogue, WorkflowReader};
use crate::{Call, Error, Page, PageRequest, Refused, Result};

/// Roles, their mappings, and explanations.
pub struct AccessService {
    pub(super) authorizer: Authorizer,
    pub(super) reader: Arc<dyn AccessReader>,
    pub(super) delegations: Arc<dyn DelegationReader>,
    pub(super) workflows: Arc<dyn WorkflowReader>,
    pub(super) requests: Arc<dyn RequestStore>,
    pub(super) request_reader: Arc<dyn RequestReader>,
    pub(super) steps: Arc<dyn StepReader>,
    pub(super) catalogue: Catalogue,
    identity: Arc<dyn IdentityReader>,
    pub(super) registrar: Registrar,
}

impl AccessService {
    pub(crate) fn new(ports: &Ports, authorizer: Authorizer, registrar: Registrar, catalogue: Catalogue) -> Self {
        Self {
            authorizer,
            reader: ports.access.clone(),
            delegations: ports.delegations.clone(),
            workflows: ports.workflows.clone(),
            requests: ports.requests.clone(),
            request_reader: ports.request_reader.clone(),
            steps: ports.steps.clone(),
            catalogue,
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

    /// Which of the given people hold which roles where; of oneself, or of all with `VIEW_ROLE`.
    pub async fn grants_of_users(&self, call: &Call, users: &[UserId]) -> Result<Vec<RoleGrant>> {
        let scope = self.scope_about(call, users).await?;
        Ok(self.reader.grants_of_users(&scope, users).await?)
    }

    /// For what concerns the access of people: of oneself, or of all with `VIEW_ROLE`.
    pub(super) async fn scope_about(&self, call: &Call, users: &[UserId]) -> Result<Scope> {
        if users.iter().all(|&user| user == call.principal.user) {
            return Ok(self.authorizer.member(call).scope());
        }
        Ok(self.authorizer.require::<actions::ViewRole>(call).await?.scope())
    }

    /// What the roles that the caller holds everywhere allow, in the catalogue's order.
    pub async fn own_permissions(&self, call: &Call) -> Result<Vec<Permission>> {
        let snapshot = self.authorizer.snapshot(call.principal.organization).await?;
        Ok(snapshot.rights_of(call.principal.user).everywhere.permissions.into_iter().collect())
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

    /// Commits a change that is about a role, if the caller holds what it needs.
    pub(super) async fn commit(
        &self,
        call: &Call,
        needs: &[Need],
        role: RoleId,
        commit: AdministrationCommit,
    ) -> Result<()> {
        self.authorizer.commit_if_held(call, needs, Some(("role", role.uuid())), commit).await
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
