use nexusflow_domain::Timestamp;
use nexusflow_domain::access::BuiltInRole;
use nexusflow_domain::identity::{Email, OrganizationSettings, Slug, SubscriptionStatus};
use nexusflow_domain::ids::{OrganizationId, UserId};
use nexusflow_domain::insight::Origin;
use serde_json::json;

use crate::access::{Role, RoleMapping};
use crate::administration::{AdministrationCommit, Change, Registrar};
use crate::identity::members::{NAME_LENGTH, check_member};
use crate::identity::{IdentityService, NewOrganization, OPERATORS_PLAN, Organization};
use crate::input::InputCheck;
use crate::{Error, Result};

impl IdentityService {
    /// Creates a tenant with the built-in roles and its first administrator, who becomes its owner. For NexusFlow itself
    /// (set-up, demo, replay), hence without a permit.
    pub async fn create_organization(&self, new: NewOrganization) -> Result<(Organization, UserId)> {
        let (slug, email) = checked(&new)?;
        let organization = new_organization(&self.registrar, new.name.trim(), slug, OPERATORS_PLAN);
        let admin = self.new_user(&new.admin, email);
        let password_hash = Some(self.passwords.hash(new.admin.password).await?);
        let mut changes = vec![
            Change::CreateOrganization(organization.clone()),
            Change::CreateUser { user: admin.clone(), password_hash },
        ];
        changes.extend(founding(&self.registrar, &organization, admin.id));
        let after = json!({ "name": organization.name, "slug": organization.slug.as_str(), "admin": admin.id });
        let entry = self.registrar.entry_of(None, &Origin::default(), "ORGANIZATION_CREATED", None);
        let entry = entry.changing(None, Some(after));
        self.registrar.commit(AdministrationCommit::of_system(organization.id, changes, vec![entry])).await?;
        self.authorizer.changed(organization.id).await;
        Ok((organization, admin.id))
    }
}

/// A tenant as it begins.
pub(super) fn new_organization(registrar: &Registrar, name: &str, slug: Slug, plan: &str) -> Organization {
    let now = registrar.now();
    Organization {
        id: registrar.next_id(),
        name: name.to_owned(),
        slug,
        settings: OrganizationSettings::default(),
        plan: plan.to_owned(),
        subscription_status: SubscriptionStatus::Active,
        trial_ends_at: None,
        version: 1,
        created_at: now,
        updated_at: now,
    }
}

/// The founder's membership, the built-in roles, and those of them that the founder holds.
pub(super) fn founding(registrar: &Registrar, organization: &Organization, founder: UserId) -> Vec<Change> {
    let at = organization.created_at;
    let mut changes = vec![Change::AddMember { user: founder, at }];
    for built_in in BuiltInRole::ALL {
        let role = built_in_role(registrar, organization.id, built_in, at);
        let id = role.id;
        changes.push(Change::CreateRole(role));
        let grants = built_in.permissions().into_iter();
        changes.extend(grants.map(|permission| Change::GrantPermission { role: id, permission, at }));
        if matches!(built_in, BuiltInRole::Owner | BuiltInRole::User) {
            let mapping = RoleMapping::everywhere(founder, id);
            changes.push(Change::GrantRole { mapping, by: None, at });
        }
    }
    changes
}

fn built_in_role(registrar: &Registrar, organization: OrganizationId, built_in: BuiltInRole, now: Timestamp) -> Role {
    Role {
        id: registrar.next_id(),
        organization,
        name: built_in.name().to_owned(),
        description: built_in.description().to_owned(),
        built_in: true,
        created_at: now,
        updated_at: now,
    }
}

/// The slug and the administrator's address of a good input.
fn checked(new: &NewOrganization) -> Result<(Slug, Email), Error> {
    let mut check = InputCheck::default();
    let slug = check.parsed("slug", new.slug.parse());
    let mut check = check.length("name", &new.name, &NAME_LENGTH);
    let email = check.parsed("admin.email", new.admin.email.parse());
    check_member(check, &new.admin, "admin.").values(slug.zip(email))
}
