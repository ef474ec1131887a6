use async_graphql::{Context, InputObject, SimpleObject};
use nexusflow_application::identity::{OrganizationChange, Restoration, SettingsChange};
use nexusflow_domain::identity::Features;

use super::organization::Language;
use crate::context::{application, origin, require_call};
use crate::error::{Answer, DomainError};
use crate::identity::Organization;
use crate::platform::replay;
use crate::scalar::DateTime;

/// An organization to be made.
#[derive(Debug, Clone, InputObject)]
pub struct CreateOrganizationInput {
    /// For people; 1 to 200 characters.
    name: String,
    /// Unique: 2 to 63 lower-case letters, digits and inner hyphens.
    slug: String,
    /// The same key and input give the first result again; another input with it is refused.
    idempotency_key: Option<String>,
}

/// What `createOrganization` did.
#[derive(Debug, SimpleObject)]
pub struct CreateOrganizationPayload {
    /// The new organization; sign in to it with its slug.
    pub organization: Option<Organization>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl CreateOrganizationInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<Organization> {
        let call = require_call(ctx)?;
        let replay = replay(&self, self.idempotency_key.as_deref());
        Ok(application(ctx)?.organizations.create(call, &self.name, &self.slug, replay).await?.into())
    }
}

/// New values of the organization; what is left out stays.
#[derive(Debug, Clone, InputObject)]
pub struct UpdateOrganizationInput {
    /// For people; 1 to 200 characters.
    name: Option<String>,
    /// Unique: 2 to 63 lower-case letters, digits and inner hyphens. The one before is free then.
    slug: Option<String>,
    /// What it sets about itself.
    settings: Option<OrganizationSettingsInput>,
    /// Refused when the organization has another version.
    expected_version: Option<i32>,
}

/// New settings; what is left out stays.
#[derive(Debug, Clone, InputObject)]
pub struct OrganizationSettingsInput {
    /// A name of the IANA time zone database, such as `Europe/Amsterdam`.
    time_zone: Option<String>,
    /// In which language mails are written.
    language: Option<Language>,
    /// What is switched on.
    features: Option<OrganizationFeaturesInput>,
    /// How mails and the console look; the one before as a whole is replaced.
    branding: Option<OrganizationBrandingInput>,
}

/// What is switched on.
#[derive(Debug, Clone, InputObject)]
pub struct OrganizationFeaturesInput {
    /// Steps that ask AI providers.
    ai_enabled: bool,
    /// Programs with keys of their own.
    api_access: bool,
}

/// How an organization is to look.
#[derive(Debug, Clone, InputObject)]
pub struct OrganizationBrandingInput {
    /// Where its logo is: an address that begins with `https://`.
    logo_url: Option<String>,
    /// Its colour, as `#rrggbb`.
    primary_color: Option<String>,
}

/// What `updateOrganization` did.
#[derive(Debug, SimpleObject)]
pub struct UpdateOrganizationPayload {
    /// The organization as it is now.
    pub organization: Option<Organization>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl UpdateOrganizationInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<Organization> {
        let change = OrganizationChange {
            name: self.name,
            slug: self.slug,
            settings: self.settings.map(OrganizationSettingsInput::read).unwrap_or_default(),
            expected_version: self.expected_version.map(version),
        };
        Ok(application(ctx)?.organizations.update(require_call(ctx)?, change).await?.into())
    }
}

impl OrganizationSettingsInput {
    fn read(self) -> SettingsChange {
        let features = |given: OrganizationFeaturesInput| {
            let OrganizationFeaturesInput { ai_enabled, api_access } = given;
            Features { ai_enabled, api_access }
        };
        SettingsChange {
            time_zone: self.time_zone,
            language: self.language.map(Into::into),
            features: self.features.map(features),
            branding: self.branding.map(|branding| (branding.logo_url, branding.primary_color)),
        }
    }
}

/// A plan to be chosen.
#[derive(Debug, Clone, InputObject)]
pub struct SetPlanInput {
    /// The plan's code.
    plan: String,
    /// The plan is tried until then; at most 366 days.
    trial_ends_at: Option<DateTime>,
    /// Refused when the organization has another version.
    expected_version: Option<i32>,
}

/// What `setPlan` did.
#[derive(Debug, SimpleObject)]
pub struct SetPlanPayload {
    /// The organization as it is now.
    pub organization: Option<Organization>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl SetPlanInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<Organization> {
        let (trial, expected) = (self.trial_ends_at.map(|at| at.0), self.expected_version.map(version));
        Ok(application(ctx)?.organizations.set_plan(require_call(ctx)?, &self.plan, trial, expected).await?.into())
    }
}

/// The organization to be deleted.
#[derive(Debug, Clone, InputObject)]
pub struct DeleteOrganizationInput {
    /// Its name, letter by letter, so that nobody deletes one by mistake.
    name: String,
}

/// What `deleteOrganization` did.
#[derive(Debug, SimpleObject)]
pub struct DeleteOrganizationPayload {
    /// Until when it can be restored.
    pub restorable_until: Option<DateTime>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl DeleteOrganizationInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<DateTime> {
        Ok(application(ctx)?.organizations.delete(require_call(ctx)?, &self.name).await?.into())
    }
}

/// A deleted organization, and who wants it back.
#[derive(Clone, InputObject)]
pub struct RestoreOrganizationInput {
    /// The organization's slug.
    slug: String,
    /// The login name of somebody who could delete it.
    email: String,
    /// The password.
    password: String,
}

/// What `restoreOrganization` did.
#[derive(Debug, SimpleObject)]
pub struct RestoreOrganizationPayload {
    /// The organization; sign in to it as before.
    pub organization: Option<Organization>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl RestoreOrganizationInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<Organization> {
        let restoration = Restoration { slug: self.slug, email: self.email, password: self.password };
        Ok(application(ctx)?.organizations.restore(restoration, &origin(ctx)).await?.into())
    }
}

/// A version that there cannot be is another one.
fn version(given: i32) -> u64 {
    given.try_into().unwrap_or(0)
}
