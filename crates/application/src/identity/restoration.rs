use nexusflow_domain::access::Permission;
use nexusflow_domain::identity::{Email, Slug};
use nexusflow_domain::ids::{OrganizationId, RoleId, UserId};
use nexusflow_domain::insight::Origin;

use crate::access::Scope;
use crate::administration::{AdministrationCommit, Change};
use crate::identity::tenancy::RECOVERY;
use crate::identity::{Organization, OrganizationService};
use crate::{Refused, Result};

/// Who wants a deleted organization back. There is no signing in to one that is deleted.
#[derive(Clone)]
pub struct Restoration {
    /// The organization's.
    pub slug: String,
    /// The login name.
    pub email: String,
    /// The password.
    pub password: String,
}

impl OrganizationService {
    /// Brings a deleted organization back, for somebody who could have deleted it. Unknown accounts, wrong passwords and
    /// organizations that he may not restore get the same answer.
    #[tracing::instrument(skip_all)]
    pub async fn restore(&self, restoration: Restoration, origin: &Origin) -> Result<Organization> {
        let record = match restoration.email.parse::<Email>() {
            Ok(email) => self.reader.sign_in_record(&email).await?,
            Err(_) => None,
        };
        let hash = record.as_ref().and_then(|record| record.password_hash.clone());
        let genuine = self.passwords.verify(restoration.password, hash).await?;
        let deleted_after = self.registrar.now() - RECOVERY;
        let found = match restoration.slug.parse::<Slug>() {
            Ok(slug) => self.organizations.deleted(&slug, deleted_after).await?,
            Err(_) => None,
        };
        let Some((user, organization)) = record.map(|record| record.user.id).zip(found) else {
            return Err(Refused::InvalidCredentials.into());
        };
        let subject = Some(("organization", organization.id.uuid()));
        if !genuine || !self.could_delete(organization.id, user).await? {
            let entry = self.registrar.entry_of(None, origin, "ORGANIZATION_RESTORATION_REFUSED", subject);
            self.registrar.commit(AdministrationCommit::of_entries(organization.id, vec![entry])).await?;
            return Err(Refused::InvalidCredentials.into());
        }
        let entry = self.registrar.entry_of(Some(user), origin, "ORGANIZATION_RESTORED", subject);
        let changes = vec![Change::RestoreOrganization { at: self.registrar.now(), deleted_after }];
        self.registrar.commit(AdministrationCommit::of_system(organization.id, changes, vec![entry])).await?;
        self.authorizer.changed(organization.id).await;
        Ok(organization)
    }

    /// Whether an active member's roles grant `DELETE_ORGANIZATION`, as they were when it was deleted: in a deleted
    /// organization nobody has a permission.
    async fn could_delete(&self, organization: OrganizationId, user: UserId) -> Result<bool> {
        let scope = Scope::system(organization);
        let member = self.reader.users(&scope, &[user]).await?.pop();
        if member.is_none_or(|member| member.deactivated_at.is_some()) {
            return Ok(false);
        }
        let held = self.access.grants_of_users(&scope, &[user]).await?;
        let everywhere = held.into_iter().filter(|grant| grant.mapping.workflow.is_none());
        let roles: Vec<RoleId> = everywhere.map(|grant| grant.mapping.role).collect();
        let granted = self.access.permissions_of_roles(&scope, &roles).await?;
        Ok(granted.iter().any(|(_, permission)| *permission == Permission::DeleteOrganization))
    }
}
