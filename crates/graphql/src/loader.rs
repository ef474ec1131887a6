//! Links between objects, fetched in batches as the caller. One batch per kind and turn, however
//! long the list that the links are in.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use async_graphql::dataloader::Loader;
use nexusflow_application::access::Role;
use nexusflow_application::identity::User;
use nexusflow_application::request::{Escalation, Request, RequestStep};
use nexusflow_application::workflow::{Workflow, WorkflowVersion};
use nexusflow_application::{Application, Call, Error};
use nexusflow_domain::access::Permission;
use nexusflow_domain::ids::{RequestId, RoleId, UserId, WorkflowId, WorkflowVersionId};

/// Loads links as one caller.
pub(crate) struct Links {
    application: Arc<Application>,
    call: Call,
}

impl Links {
    pub fn new(application: Arc<Application>, call: Call) -> Self {
        Self { application, call }
    }
}

/// The executions of a request's steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct StepsOf(pub RequestId);

/// The missed deadlines of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct EscalationsOf(pub RequestId);

/// The roles that somebody holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct RolesOf(pub UserId);

/// What a role is granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct PermissionsOf(pub RoleId);

impl Loader<UserId> for Links {
    type Value = User;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[UserId]) -> Result<HashMap<UserId, User>, Arc<Error>> {
        let users = self.application.identity.users(&self.call, keys).await?;
        Ok(users.into_iter().map(|user| (user.id, user)).collect())
    }
}

impl Loader<RoleId> for Links {
    type Value = Role;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[RoleId]) -> Result<HashMap<RoleId, Role>, Arc<Error>> {
        let roles = self.application.access.roles(&self.call, keys).await?;
        Ok(roles.into_iter().map(|role| (role.id, role)).collect())
    }
}

impl Loader<WorkflowId> for Links {
    type Value = Workflow;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[WorkflowId]) -> Result<HashMap<WorkflowId, Workflow>, Arc<Error>> {
        let workflows = self.application.workflows.workflows(&self.call, keys).await?;
        Ok(workflows.into_iter().map(|workflow| (workflow.id, workflow)).collect())
    }
}

impl Loader<WorkflowVersionId> for Links {
    type Value = Arc<WorkflowVersion>;
    type Error = Arc<Error>;

    async fn load(
        &self,
        keys: &[WorkflowVersionId],
    ) -> Result<HashMap<WorkflowVersionId, Arc<WorkflowVersion>>, Arc<Error>> {
        let versions = self.application.workflows.versions(&self.call, keys).await?;
        Ok(versions.into_iter().map(|version| (version.id, Arc::new(version))).collect())
    }
}

impl Loader<RequestId> for Links {
    type Value = Request;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[RequestId]) -> Result<HashMap<RequestId, Request>, Arc<Error>> {
        let requests = self.application.request_reads.requests(&self.call, keys).await?;
        Ok(requests.into_iter().map(|request| (request.id, request)).collect())
    }
}

impl Loader<StepsOf> for Links {
    type Value = Vec<RequestStep>;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[StepsOf]) -> Result<HashMap<StepsOf, Vec<RequestStep>>, Arc<Error>> {
        let requests: Vec<RequestId> = keys.iter().map(|key| key.0).collect();
        let steps = self.application.request_reads.steps_of(&self.call, &requests).await?;
        Ok(grouped(steps, |step| StepsOf(step.request)))
    }
}

impl Loader<EscalationsOf> for Links {
    type Value = Vec<Escalation>;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[EscalationsOf]) -> Result<HashMap<EscalationsOf, Vec<Escalation>>, Arc<Error>> {
        let requests: Vec<RequestId> = keys.iter().map(|key| key.0).collect();
        let escalations = self.application.request_reads.escalations_of(&self.call, &requests).await?;
        Ok(grouped(escalations, |escalation| EscalationsOf(escalation.request)))
    }
}

impl Loader<RolesOf> for Links {
    type Value = Vec<RoleId>;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[RolesOf]) -> Result<HashMap<RolesOf, Vec<RoleId>>, Arc<Error>> {
        let users: Vec<UserId> = keys.iter().map(|key| key.0).collect();
        let held = self.application.access.roles_of_users(&self.call, &users).await?;
        Ok(pairs(held.into_iter().map(|(user, role)| (RolesOf(user), role))))
    }
}

impl Loader<PermissionsOf> for Links {
    type Value = Vec<Permission>;
    type Error = Arc<Error>;

    async fn load(&self, keys: &[PermissionsOf]) -> Result<HashMap<PermissionsOf, Vec<Permission>>, Arc<Error>> {
        let roles: Vec<RoleId> = keys.iter().map(|key| key.0).collect();
        let granted = self.application.access.permissions_of_roles(&self.call, &roles).await?;
        Ok(pairs(granted.into_iter().map(|(role, permission)| (PermissionsOf(role), permission))))
    }
}

fn grouped<K: Eq + Hash, V>(values: Vec<V>, key: impl Fn(&V) -> K) -> HashMap<K, Vec<V>> {
    pairs(values.into_iter().map(|value| (key(&value), value)))
}

fn pairs<K: Eq + Hash, V>(pairs: impl Iterator<Item = (K, V)>) -> HashMap<K, Vec<V>> {
    let mut groups: HashMap<K, Vec<V>> = HashMap::new();
    for (key, value) in pairs {
        groups.entry(key).or_default().push(value);
    }
    groups
}
