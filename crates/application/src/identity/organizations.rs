use nexusflow_domain::access::BuiltInRole;
use nexusflow_domain::identity::{Email, Slug};
use nexusflow_domain::ids::{OrganizationId, UserId};
use nexusflow_domain::insight::Origin;
use serde_json::json;

use crate::Result;
use crate::access::{Role, RoleMapping};
use crate::administration::{AdministrationCommit, Change};
use crate::identity::members::{NAME_LENGTH, check_member};
use crate::identity::{IdentityService, NewOrganization, Organization};
use crate::input::InputCheck;

impl IdentityService {
    /// Creates a tenant with the built-in roles and its first administrator, who becomes its owner. For NexusFlow itself
    /// (set-up, demo, replay), hence without a permit.
    pub async fn create_organization(&self, new: NewOrganization) -> Result<(Organization, UserId)> {
        let (slug, email) = checked(&new)?;
        let now = self.registrar.now();
        let organization = Organization { id: self.registrar.next_id(), name: new.name, slug, created_at: now };
        let admin = self.new_user(&new.admin, email);
        let password_hash = Some(self.passwords.hash(new.admin.password).await?);
        let mut changes = vec![
            Change::CreateOrganization(organization.clone()),
            Change::CreateUser { user: admin.clone(), password_hash },
            Change::AddMember { user: admin.id, at: now },
        ];
        for built_in in BuiltInRole::ALL {
            let role = self.built_in_role(organization.id, built_in);
            let id = role.id;
            changes.push(Change::CreateRole(role));
            let grants = built_in.permissions().into_iter();
            changes.extend(grants.map(|permission| Change::GrantPermission { role: id, permission, at: now }));
            if matches!(built_in, BuiltInRole::Owner | BuiltInRole::User) {
                let mapping = RoleMapping::everywhere(admin.id, id);
                changes.push(Change::GrantRole { mapping, by: None, at: now });
            }
        }
        let after = json!({ "name": organization.name, "slug": organization.slug.as_str(), "admin": admin.id });
        let entry = self.registrar.entry_of(None, &Origin::default(), "ORGANIZATION_CREATED", None);
        let entry = entry.changing(None, Some(after));
        self.registrar.commit(AdministrationCommit::of_system(organization.id, changes, vec![entry])).await?;
        self.authorizer.changed(organization.id).await;
        Ok((organization, admin.id))
    }

    fn built_in_role(&self, organization: OrganizationId, built_in: BuiltInRole) -> Role {
        let now = self.registrar.now();
        Role {
            id: self.registrar.next_id(),
            organization,
            name: built_in.name().to_owned(),
            description: built_in.description().to_owned(),
            built_in: true,
            created_at: now,
            updated_at: now,
        }
    }
}

/// The slug and the administrator's address of a good input.
fn checked(new: &NewOrganization) -> Result<(Slug, Email)> {
    let mut check = InputCheck::default();
    let slug = check.parsed("slug", new.slug.parse());
    let mut check = check.length("name", &new.name, &NAME_LENGTH);
    let email = check.parsed("admin.email", new.admin.email.parse());
    check_member(check, &new.admin, "admin.").values(slug.zip(email))
}
