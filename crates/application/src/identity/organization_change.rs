use nexusflow_domain::identity::{Branding, Features, Language, OrganizationSettings};

use crate::input::InputCheck;

/// New values of an organization; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrganizationChange {
    /// For people; 1 to 200 characters.
    pub name: Option<String>,
    /// For addresses.
    pub slug: Option<String>,
    /// What it sets about itself.
    pub settings: SettingsChange,
    /// The version that the change starts from.
    pub expected_version: Option<u64>,
}

/// New settings; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SettingsChange {
    /// A name of the IANA database.
    pub time_zone: Option<String>,
    /// Of mails.
    pub language: Option<Language>,
    /// All of them.
    pub features: Option<Features>,
    /// The new one as a whole: address of the logo, and colour as `#rrggbb`.
    pub branding: Option<(Option<String>, Option<String>)>,
}

impl SettingsChange {
    /// The settings after the change, and what is wrong with it.
    pub(super) fn on(self, before: &OrganizationSettings, check: &mut InputCheck) -> Option<OrganizationSettings> {
        let time_zone = self.time_zone.map(|zone| check.parsed("settings.timeZone", zone.parse()));
        let branding = self.branding.map(|(logo_url, primary_color)| {
            let logo_url = logo_url.map(|url| check.parsed("settings.branding.logoUrl", url.parse()));
            let color = primary_color.map(|color| check.parsed("settings.branding.primaryColor", color.parse()));
            Branding { logo_url: logo_url.flatten(), primary_color: color.flatten() }
        });
        Some(OrganizationSettings {
            time_zone: time_zone.unwrap_or(Some(before.time_zone))?,
            language: self.language.unwrap_or(before.language),
            features: self.features.unwrap_or(before.features),
            branding: branding.unwrap_or_else(|| before.branding.clone()),
        })
    }
}
