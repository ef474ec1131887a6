use nexusflow_domain::access::Permission;
use nexusflow_domain::ids::RoleId;
use serde_json::json;

use crate::access::mappings::TO_MANAGE_ROLES;
use crate::access::service::built_in;
use crate::access::{AccessService, Need, Permit, Role, actions};
use crate::administration::{AdministrationCommit, Change};
use crate::idempotency::Replay;
use crate::input::{InputCheck, Length};
use crate::{Call, Result};

const NAME_LENGTH: Length = 1..=100;
const DESCRIPTION_LENGTH: Length = 0..=1_000;

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

impl AccessService {
    /// Creates a role. Nobody grants a permission that he does not hold.
    #[tracing::instrument(skip_all)]
    pub async fn create_role(&self, call: &Call, new: NewRole, replay: Option<Replay>) -> Result<RoleId> {
        let permit = self.authorizer.require::<actions::ManageRole>(call).await?;
        if let Some(id) = self.registrar.replayed(call, "createRole", replay.as_ref()).await? {
            return Ok(RoleId::from_uuid(id));
        }
        check_texts(&new.name, &new.description)?;
        let now = self.registrar.now();
        let role = Role {
            id: self.registrar.next_id(),
            organization: call.principal.organization,
            name: new.name.trim().to_owned(),
            description: new.description,
            built_in: false,
            created_at: now,
            updated_at: now,
        };
        let id = role.id;
        let after = json!({ "name": role.name, "description": role.description, "permissions": new.permissions });
        let entry = self.entry(call, "ROLE_CREATED", id).changing(None, Some(after));
        let mut changes = vec![Change::CreateRole(role)];
        let grants = new.permissions.iter();
        let held = new.permissions.iter().map(|&permission| Need::Permission(permission, None));
        let needs: Vec<Need> = held.chain([TO_MANAGE_ROLES]).collect();
        changes.extend(grants.map(|&permission| Change::GrantPermission { role: id, permission, at: now }));
        let idempotency = self.registrar.idempotency(call, "createRole", replay, id.uuid());
        let commit = AdministrationCommit::of_roles(&permit, changes, vec![entry]).with_idempotency(idempotency);
        self.commit(call, &needs, id, commit).await?;
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
            updated_at: self.registrar.now(),
            ..role.clone()
        };
        check_texts(&new.name, &new.description)?;
        let texts = |role: &Role| json!({ "name": role.name, "description": role.description });
        let entry = self.entry(call, "ROLE_UPDATED", id).changing(Some(texts(&role)), Some(texts(&new)));
        let commit = AdministrationCommit::of_roles(&permit, vec![Change::UpdateRole(new)], vec![entry]);
        self.commit(call, &[TO_MANAGE_ROLES], id, commit).await
    }

    /// Removes a role, and takes it from whoever holds it: the caller must hold whatever it is granted. A built-in
    /// one, and one that a workflow names, stays.
    #[tracing::instrument(skip_all)]
    pub async fn delete_role(&self, call: &Call, id: RoleId) -> Result<()> {
        let permit = self.authorizer.require::<actions::ManageRole>(call).await?;
        let role = self.changeable(&permit, id).await?;
        let before = json!({ "name": role.name, "description": role.description });
        let entry = self.entry(call, "ROLE_DELETED", id).changing(Some(before), None);
        let commit = AdministrationCommit::of_roles(&permit, vec![Change::DeleteRole(id)], vec![entry]);
        self.commit(call, &[TO_MANAGE_ROLES, Need::Role(id, None)], id, commit).await
    }

    async fn changeable(&self, permit: &Permit<actions::ManageRole>, id: RoleId) -> Result<Role> {
        let role = self.find_role(&permit.scope(), id).await?;
        if role.built_in { Err(built_in(&role)) } else { Ok(role) }
    }
}

fn check_texts(name: &str, description: &str) -> Result<()> {
    let check = InputCheck::default();
    check.name_and_description((name, &NAME_LENGTH), (description, &DESCRIPTION_LENGTH)).finish()
}
