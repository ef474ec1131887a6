use std::sync::Arc;

use chrono::TimeDelta;
use nexusflow_domain::Timestamp;
use nexusflow_domain::identity::{Slug, SubscriptionStatus};
use nexusflow_domain::ids::OrganizationId;
use serde_json::json;

use crate::access::{AccessReader, Authorizer, Permit, Scope, actions};
use crate::administration::{AdministrationCommit, Change, NewAuditEntry, Registrar};
use crate::application::Ports;
use crate::idempotency::Replay;
use crate::identity::members::NAME_LENGTH;
use crate::identity::organizations::{founding, new_organization};
use crate::identity::{FIRST_PLAN, IdentityReader, Organization, OrganizationChange, OrganizationReader, Plan};
use crate::input::InputCheck;
use crate::platform::PasswordHasher;
use crate::{Call, Error, Refused, Result};

/// How long a deleted organization can be restored.
pub(super) const RECOVERY: TimeDelta = TimeDelta::days(90);
/// The longest trial.
const LONGEST_TRIAL: TimeDelta = TimeDelta::days(366);

/// Whether people may make organizations of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrganizationCreation {
    /// Everybody who is signed in.
    SignedIn,
    /// Nobody: it is the operator's business.
    Operator,
}

/// The life of organizations: their making by people, their settings and plan, their end and return.
pub struct OrganizationService {
    pub(super) authorizer: Authorizer,
    pub(super) reader: Arc<dyn IdentityReader>,
    pub(super) organizations: Arc<dyn OrganizationReader>,
    pub(super) access: Arc<dyn AccessReader>,
    pub(super) passwords: Arc<dyn PasswordHasher>,
    pub(super) registrar: Registrar,
    creation: OrganizationCreation,
}

impl OrganizationService {
    pub(crate) fn new(ports: &Ports, authorizer: Authorizer, registrar: Registrar) -> Self {
        Self {
            authorizer,
            reader: ports.identity.clone(),
            organizations: ports.organizations.clone(),
            access: ports.access.clone(),
            passwords: ports.passwords.clone(),
            registrar,
            creation: ports.organization_creation,
        }
    }

    /// Makes an organization of the caller's own, on the first plan. He signs in to it as to any other.
    #[tracing::instrument(skip_all)]
    pub async fn create(&self, call: &Call, name: &str, slug: &str, replay: Option<Replay>) -> Result<Organization> {
        const OPERATION: &str = "createOrganization";
        if self.creation == OrganizationCreation::Operator {
            let message = "on this installation, only its operator creates organizations".to_owned();
            return Err(Refused::WrongState { message, state: "OPERATOR_ONLY".to_owned() }.into());
        }
        if let Some(id) = self.registrar.replayed(call, OPERATION, replay.as_ref()).await? {
            return self.find(OrganizationId::from_uuid(id)).await;
        }
        let mut check = InputCheck::default().length("name", name.trim(), &NAME_LENGTH);
        let slug = check.parsed("slug", slug.parse());
        let slug = check.values(slug)?;
        let organization = new_organization(&self.registrar, name.trim(), slug, FIRST_PLAN);
        let founder = call.principal.user;
        let mut changes = vec![Change::CreateOrganization(organization.clone())];
        changes.extend(founding(&self.registrar, &organization, founder));
        let after = json!({ "name": organization.name, "slug": organization.slug.as_str(), "admin": founder });
        let entry = self.entry(call, "ORGANIZATION_CREATED", organization.id).changing(None, Some(after));
        self.registrar.commit(AdministrationCommit::of_system(organization.id, changes, vec![entry])).await?;
        // The key belongs to where the caller is signed in: so it is stored there, on record, once the other is made.
        let stored = self.registrar.idempotency(call, OPERATION, replay, organization.id.uuid());
        let entry = self.entry(call, "ORGANIZATION_FOUNDED_ELSEWHERE", organization.id);
        let note = AdministrationCommit::of_own_account(&self.authorizer.member(call), Vec::new(), vec![entry]);
        self.registrar.commit(note.with_idempotency(stored)).await?;
        Ok(organization)
    }

    /// Changes name, slug and settings.
    #[tracing::instrument(skip_all)]
    pub async fn update(&self, call: &Call, change: OrganizationChange) -> Result<Organization> {
        let permit = self.authorizer.require::<actions::ManageOrganization>(call).await?;
        let before = self.current(&permit, change.expected_version).await?;
        let name = change.name.unwrap_or_else(|| before.name.clone()).trim().to_owned();
        let mut check = InputCheck::default().length("name", &name, &NAME_LENGTH);
        let slug: Option<Slug> = match change.slug {
            Some(slug) => check.parsed("slug", slug.parse()),
            None => Some(before.slug.clone()),
        };
        let settings = change.settings.on(&before.settings, &mut check);
        let (slug, settings) = check.values(slug.zip(settings))?;
        let after = Organization { name, slug, settings, ..self.changed(&before) };
        let texts = |o: &Organization| json!({ "name": o.name, "slug": o.slug.as_str(), "settings": o.settings });
        let entry =
            self.entry(call, "ORGANIZATION_UPDATED", before.id).changing(Some(texts(&before)), Some(texts(&after)));
        let changes = vec![Change::UpdateOrganization(after.clone())];
        self.registrar.commit(AdministrationCommit::of_organization(&permit, changes, vec![entry])).await?;
        Ok(after)
    }

    /// Every plan, the smallest first.
    pub async fn plans(&self) -> Result<Vec<Plan>> {
        Ok(self.organizations.plans().await?)
    }

    /// Chooses a plan: at once, or tried until an instant. One that allows fewer members than there are is refused.
    #[tracing::instrument(skip_all)]
    pub async fn set_plan(
        &self,
        call: &Call,
        code: &str,
        trial_ends_at: Option<Timestamp>,
        expected_version: Option<u64>,
    ) -> Result<Organization> {
        let permit = self.authorizer.require::<actions::ManageBilling>(call).await?;
        let before = self.current(&permit, expected_version).await?;
        let plan = self.organizations.plans().await?.into_iter().find(|plan| plan.code == code);
        let plan = plan.ok_or_else(|| Refused::NotFound { kind: "plan", id: code.chars().take(64).collect() })?;
        let now = self.registrar.now();
        let in_time = trial_ends_at.is_none_or(|end| end > now && end - now <= LONGEST_TRIAL);
        InputCheck::default()
            .holds("trialEndsAt", in_time, "expected an instant in the future, within 366 days")
            .finish()?;
        let members = self.authorizer.snapshot(before.id).await?.members.len();
        if let Some(limit) = plan.members.filter(|&limit| members > limit as usize) {
            let message = format!("the plan {code} allows {limit} members, and there are {members}");
            return Err(Refused::InUse { message }.into());
        }
        let status = if trial_ends_at.is_some() { SubscriptionStatus::Trialing } else { SubscriptionStatus::Active };
        let after =
            Organization { plan: plan.code, subscription_status: status, trial_ends_at, ..self.changed(&before) };
        let facts = |o: &Organization| json!({ "plan": o.plan, "subscriptionStatus": o.subscription_status, "trialEndsAt": o.trial_ends_at });
        let entry = self.entry(call, "PLAN_SET", before.id).changing(Some(facts(&before)), Some(facts(&after)));
        let changes = vec![Change::UpdateOrganization(after.clone())];
        self.registrar.commit(AdministrationCommit::of_plan(&permit, changes, vec![entry])).await?;
        Ok(after)
    }

    /// Deletes the organization, whose name must be given again: at once nobody signs in to it or acts there, and its
    /// requests stand still. For 90 days it can be restored.
    #[tracing::instrument(skip_all)]
    pub async fn delete(&self, call: &Call, name: &str) -> Result<Timestamp> {
        let permit = self.authorizer.require::<actions::DeleteOrganization>(call).await?;
        let organization = self.current(&permit, None).await?;
        let message = "expected the organization's name, letter by letter";
        InputCheck::default().holds("name", name == organization.name, message).finish()?;
        let at = self.registrar.now();
        let before = json!({ "name": organization.name, "slug": organization.slug.as_str() });
        let after = json!({ "deletedAt": at });
        let entry = self.entry(call, "ORGANIZATION_DELETED", organization.id).changing(Some(before), Some(after));
        let changes = vec![Change::DeleteOrganization { at }];
        self.registrar.commit(AdministrationCommit::of_organization_deletion(&permit, changes, vec![entry])).await?;
        self.authorizer.changed(organization.id).await;
        Ok(at + RECOVERY)
    }

    /// The organization, at the version that the caller knows if he says one.
    async fn current<A>(&self, permit: &Permit<A>, expected: Option<u64>) -> Result<Organization> {
        let found = self.find(permit.organization()).await?;
        match expected {
            Some(expected) if expected != found.version => Err(Refused::StaleVersion { current: found.version }.into()),
            _ => Ok(found),
        }
    }

    async fn find(&self, id: OrganizationId) -> Result<Organization> {
        let found = self.reader.organization(&Scope::system(id)).await?;
        found.ok_or_else(|| Error::from(Refused::NotFound { kind: "organization", id: id.to_string() }))
    }

    fn changed(&self, before: &Organization) -> Organization {
        Organization { version: before.version + 1, updated_at: self.registrar.now(), ..before.clone() }
    }

    fn entry(&self, call: &Call, event: &'static str, id: OrganizationId) -> NewAuditEntry {
        self.registrar.entry(call, event, Some(("organization", id.uuid())))
    }
}
