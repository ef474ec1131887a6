use std::collections::BTreeSet;
use std::sync::Arc;

use nexusflow_domain::access::Permission;
use nexusflow_domain::ids::{RoleId, UserId};
use nexusflow_domain::problem::Problem;
use serde_json::{Value, json};

use crate::access::{AccessExplanation, AccessReader, Authorizer, Permit, Role, Scope, actions};
use crate::administration::{AdministrationCommit, AdministrationStore, Change, NewAuditEntry};
use crate::application::Ports;
use crate::idempotency::Replay;
use crate::identity::{IdentityReader, check_length};
use crate::platform::{Clock, IdGenerator};
use crate::{Call, Page, PageRequest, Refused, Result};

const NAME_LENGTH: std::ops::RangeInclusive<usize> = 1..=100;
const DESCRIPTION_LENGTH: std::ops::RangeInclusive<usize> = 0..=1_000;

/// A role to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRole {
    /// Unique within the organization; 1 to 100 characters.
    pub name: String,
    /// At most 1,000 characters.
    pub description: String,
    /// What it is granted from the start.
    pub permissions: Vec<Permission>,
}

/// New texts of a role; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoleChange {
    /// The new name.
    pub name: Option<String>,
    /// The new description.
    pub description: Option<String>,
}

/// Roles, their mappings, and explanations.
pub struct AccessService {
    authorizer: Authorizer,
    reader: Arc<dyn AccessReader>,
    identity: Arc<dyn IdentityReader>,
    store: Arc<dyn AdministrationStore>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
}

impl AccessService {
    pub(crate) fn new(ports: &Ports, authorizer: Authorizer) -> Self {
        Self {
            authorizer,
            reader: ports.access.clone(),
            identity: ports.identity.clone(),
            store: ports.administration.clone(),
            clock: ports.clock.clone(),
            ids: ports.ids.clone(),
        }
    }

    /// Creates a role. Nobody grants a permission that he does not hold.
    #[tracing::instrument(skip_all)]
    pub async fn create_role(&self, call: &Call, new: NewRole, replay: Option<Replay>) -> Result<RoleId> {
        let permit = self.authorizer.require::<actions::ManageRole>(call).await?;
        let stored = crate::idempotency::replayed(&*self.store, call, "createRole", replay.as_ref()).await?;
        if let Some(result) = stored {
            return Ok(RoleId::from_uuid(crate::idempotency::stored_id(&result)?));
        }
        check_texts(&new.name, &new.description)?;
        for &permission in &new.permissions {
            self.require_held(call, permission).await?;
        }
        let now = self.clock.now();
        let role = Role {
            id: self.ids.next(),
            organization: call.principal.organization,
            name: new.name.trim().to_owned(),
            description: new.description,
            built_in: false,
            created_at: now,
            updated_at: now,
        };
        let id = role.id;
        let after = json!({ "name": role.name, "description": role.description, "permissions": new.permissions });
        let entry = self.entry(call, "ROLE_CREATED", id, None, Some(after));
        let mut changes = vec![Change::CreateRole(role)];
        let grants = new.permissions.iter();
        changes.extend(grants.map(|&permission| Change::GrantPermission { role: id, permission, at: now }));
        let idempotency = replay.map(|replay| replay.entry(call, "createRole", json!({ "id": id }), now));
        let commit = AdministrationCommit::of_roles(&permit, changes, vec![entry]).with_idempotency(idempotency);
        self.commit(call, commit).await?;
        Ok(id)
    }

    /// Renames or describes a role; a built-in one stays as it is.
    #[tracing::instrument(skip_all)]
    pub async fn update_role(&self, call: &Call, id: RoleId, change: RoleChange) -> Result<()> {
        let permit = self.authorizer.require::<actions::ManageRole>(call).await?;
        let role = self.changeable(&permit, id).await?;
        let new = Role {
            name: change.name.unwrap_or_else(|| role.name.clone()).trim().to_owned(),
            description: change.description.unwrap_or_else(|| role.description.clone()),
            updated_at: self.clock.now(),
            ..role.clone()
        };
        check_texts(&new.name, &new.description)?;
        let texts = |role: &Role| json!({ "name": role.name, "description": role.description });
        let entry = self.entry(call, "ROLE_UPDATED", id, Some(texts(&role)), Some(texts(&new)));
        self.commit(call, AdministrationCommit::of_roles(&permit, vec![Change::UpdateRole(new)], vec![entry])).await
    }

    /// Removes a role; a built-in one, and one that a workflow names, stays.
    #[tracing::instrument(skip_all)]
    pub async fn delete_role(&self, call: &Call, id: RoleId) -> Result<()> {
        let permit = self.authorizer.require::<actions::ManageRole>(call).await?;
        let role = self.changeable(&permit, id).await?;
        let before = json!({ "name": role.name, "description": role.description });
        let entry = self.entry(call, "ROLE_DELETED", id, Some(before), None);
        self.commit(call, AdministrationCommit::of_roles(&permit, vec![Change::DeleteRole(id)], vec![entry])).await
    }

    /// Gives a member a role. The caller must hold whatever the role is granted.
    #[tracing::instrument(skip_all)]
    pub async fn grant_role(&self, call: &Call, user: UserId, role: RoleId) -> Result<()> {
        let permit = self.authorizer.require::<actions::ManageRole>(call).await?;
        let scope = permit.scope();
        self.find_role(&scope, role).await?;
        self.find_user(&scope, user).await?;
        for (_, permission) in self.reader.permissions_of_roles(&scope, &[role]).await? {
            self.require_held(call, permission).await?;
        }
        let (by, at) = (Some(call.principal.user), self.clock.now());
        let entry = self.entry(call, "ROLE_GRANTED", role, None, Some(json!({ "user": user })));
        let changes = vec![Change::GrantRole { user, role, by, at }];
        self.commit(call, AdministrationCommit::of_roles(&permit, changes, vec![entry])).await
    }

    /// Takes a role from a member.
    #[tracing::instrument(skip_all)]
    pub async fn revoke_role(&self, call: &Call, user: UserId, role: RoleId) -> Result<()> {
        let permit = self.authorizer.require::<actions::ManageRole>(call).await?;
        self.find_role(&permit.scope(), role).await?;
        self.find_user(&permit.scope(), user).await?;
        let entry = self.entry(call, "ROLE_REVOKED", role, Some(json!({ "user": user })), None);
        let changes = vec![Change::RevokeRole { user, role }];
        self.commit(call, AdministrationCommit::of_roles(&permit, changes, vec![entry])).await
    }

    /// Grants a role a permission that the caller holds.
    #[tracing::instrument(skip_all)]
    pub async fn grant_permission(&self, call: &Call, role: RoleId, permission: Permission) -> Result<()> {
        let permit = self.authorizer.require::<actions::ManageRole>(call).await?;
        self.find_role(&permit.scope(), role).await?;
        self.require_held(call, permission).await?;
        let entry = self.entry(call, "PERMISSION_GRANTED", role, None, Some(json!({ "permission": permission })));
        let changes = vec![Change::GrantPermission { role, permission, at: self.clock.now() }];
        self.commit(call, AdministrationCommit::of_roles(&permit, changes, vec![entry])).await
    }

    /// Takes a permission from a role; the built-in Admin keeps all of them.
    #[tracing::instrument(skip_all)]
    pub async fn revoke_permission(&self, call: &Call, role: RoleId, permission: Permission) -> Result<()> {
        let permit = self.authorizer.require::<actions::ManageRole>(call).await?;
        let found = self.find_role(&permit.scope(), role).await?;
        if found.built_in && found.name == nexusflow_domain::access::BuiltInRole::Admin.name() {
            return Err(built_in(&found));
        }
        let entry = self.entry(call, "PERMISSION_REVOKED", role, Some(json!({ "permission": permission })), None);
        let changes = vec![Change::RevokePermission { role, permission }];
        self.commit(call, AdministrationCommit::of_roles(&permit, changes, vec![entry])).await
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
        let held = snapshot.members.get(&call.principal.user);
        let granted = held.into_iter().flatten().filter_map(|role| snapshot.grants.get(role)).flatten();
        let granted: BTreeSet<Permission> = granted.copied().collect();
        Ok(granted.into_iter().collect())
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

    async fn commit(&self, call: &Call, commit: AdministrationCommit) -> Result<()> {
        self.store.commit(commit).await?;
        self.authorizer.changed(call.principal.organization).await;
        Ok(())
    }

    async fn require_held(&self, call: &Call, permission: Permission) -> Result<()> {
        if self.authorizer.allows(&call.principal, permission).await? {
            return Ok(());
        }
        let denied = nexusflow_domain::access::Denied {
            permission,
            roles_that_grant: self.authorizer.roles_that_grant(call.principal.organization, permission).await?,
            reason: nexusflow_domain::access::DenialReason::MissingPermission(permission),
        };
        Err(self.authorizer.denied(call, denied, None).await?)
    }

    async fn changeable(&self, permit: &Permit<actions::ManageRole>, id: RoleId) -> Result<Role> {
        let role = self.find_role(&permit.scope(), id).await?;
        if role.built_in { Err(built_in(&role)) } else { Ok(role) }
    }

    async fn find_role(&self, scope: &Scope, id: RoleId) -> Result<Role> {
        let found = self.reader.roles(scope, &[id]).await?.pop();
        found.ok_or_else(|| Refused::NotFound { kind: "role", id: id.to_string() }.into())
    }

    async fn find_user(&self, scope: &Scope, id: UserId) -> Result<()> {
        if self.identity.users(scope, &[id]).await?.is_empty() {
            return Err(Refused::NotFound { kind: "user", id: id.to_string() }.into());
        }
        Ok(())
    }

    fn entry(
        &self,
        call: &Call,
        event: &'static str,
        role: RoleId,
        before: Option<Value>,
        after: Option<Value>,
    ) -> NewAuditEntry {
        NewAuditEntry {
            id: self.ids.next(),
            at: self.clock.now(),
            actor: Some(call.principal.user),
            event,
            subject: Some(("role".to_owned(), role.uuid())),
            payload: json!({}),
            before,
            after,
            origin: call.origin.clone(),
        }
    }
}

fn built_in(role: &Role) -> crate::Error {
    let message = format!("the role {:?} is built in and stays as it is", role.name);
    Refused::WrongState { message, state: "BUILT_IN".to_owned() }.into()
}

fn check_texts(name: &str, description: &str) -> Result<()> {
    let mut problems: Vec<Problem> = Vec::new();
    check_length(name.trim(), &NAME_LENGTH, "name", &mut problems);
    check_length(description, &DESCRIPTION_LENGTH, "description", &mut problems);
    if problems.is_empty() { Ok(()) } else { Err(Refused::InvalidInput(problems).into()) }
}
