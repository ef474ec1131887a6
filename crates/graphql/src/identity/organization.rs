use async_graphql::{ComplexObject, Context, Enum, ID, Result, SimpleObject};
use nexusflow_application::identity;
use nexusflow_domain::identity as domain;

use super::plan::Plan;
use crate::context::application;
use crate::error::failure;
use crate::scalar::{DateTime, int};

/// A tenant: everything else belongs to one.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Organization {
    #[graphql(skip)]
    plan_code: String,
    /// The organization.
    pub(crate) id: ID,
    /// For people.
    name: String,
    /// Unique, for addresses and signing in.
    slug: String,
    /// What it has set about itself.
    settings: OrganizationSettings,
    /// How it stands with its plan.
    subscription_status: SubscriptionStatus,
    /// Until when it tries the plan, if it does.
    trial_ends_at: Option<DateTime>,
    /// Counts up with each change; see `expectedVersion` of mutations.
    version: i32,
    /// When it was made.
    created_at: DateTime,
    /// When it was last changed.
    updated_at: DateTime,
}

#[ComplexObject]
impl Organization {
    /// What it may have.
    async fn plan(&self, ctx: &Context<'_>) -> Result<Option<Plan>> {
        let plans = application(ctx)?.organizations.plans().await.map_err(failure)?;
        Ok(plans.into_iter().find(|plan| plan.code == self.plan_code).map(Into::into))
    }
}

/// What an organization has set about itself.
#[derive(Debug, Clone, SimpleObject)]
pub struct OrganizationSettings {
    /// In which times are shown: a name of the IANA time zone database.
    time_zone: String,
    /// In which language mails are written.
    language: Language,
    /// What is switched on.
    features: OrganizationFeatures,
    /// How mails and the console look.
    branding: OrganizationBranding,
}

/// What an organization has switched on.
#[derive(Debug, Clone, SimpleObject)]
pub struct OrganizationFeatures {
    /// Steps that ask AI providers.
    ai_enabled: bool,
    /// Programs with keys of their own.
    api_access: bool,
}

/// How an organization looks.
#[derive(Debug, Clone, SimpleObject)]
pub struct OrganizationBranding {
    /// Where its logo is.
    logo_url: Option<String>,
    /// Its colour, as `#rrggbb`.
    primary_color: Option<String>,
}

/// In which language NexusFlow writes to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::Language")]
pub enum Language {
    /// English.
    En,
    /// German.
    De,
}

/// How an organization stands with its plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::SubscriptionStatus")]
pub enum SubscriptionStatus {
    /// It tries the plan for a while.
    Trialing,
    /// All is well.
    Active,
    /// A payment is late.
    PastDue,
    /// It was ended.
    Cancelled,
}

impl From<identity::Organization> for Organization {
    fn from(organization: identity::Organization) -> Self {
        Self {
            plan_code: organization.plan,
            id: organization.id.to_string().into(),
            name: organization.name,
            slug: organization.slug.as_str().to_owned(),
            settings: organization.settings.into(),
            subscription_status: organization.subscription_status.into(),
            trial_ends_at: organization.trial_ends_at.map(Into::into),
            version: int(organization.version),
            created_at: organization.created_at.into(),
            updated_at: organization.updated_at.into(),
        }
    }
}

impl From<domain::OrganizationSettings> for OrganizationSettings {
    fn from(settings: domain::OrganizationSettings) -> Self {
        let domain::Features { ai_enabled, api_access } = settings.features;
        let domain::Branding { logo_url, primary_color } = settings.branding;
        Self {
            time_zone: settings.time_zone.to_string(),
            language: settings.language.into(),
            features: OrganizationFeatures { ai_enabled, api_access },
            branding: OrganizationBranding {
                logo_url: logo_url.map(Into::into),
                primary_color: primary_color.map(Into::into),
            },
        }
    }
}
