use serde::{Deserialize, Serialize};

use crate::identity::{Branding, TimeZone};
use crate::text_enum::text_enum;

text_enum! {
    /// In which language NexusFlow writes to people.
    Language {
        /// English.
        En = "en",
        /// German.
        De = "de",
    }
}

/// What an organization may set about itself (seed 002).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OrganizationSettings {
    /// In which times are shown.
    pub time_zone: TimeZone,
    /// Of mails.
    pub language: Language,
    /// What is switched on.
    pub features: Features,
    /// How mails and the console look.
    pub branding: Branding,
}

impl Default for OrganizationSettings {
    /// UTC, English, everything on, no branding.
    fn default() -> Self {
        Self {
            time_zone: TimeZone::default(),
            language: Language::En,
            features: Features::default(),
            branding: Branding::default(),
        }
    }
}

/// What an organization has switched on. A choice of its own, never a matter of its plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Features {
    /// Steps that ask AI providers.
    pub ai_enabled: bool,
    /// Programs with keys of their own.
    pub api_access: bool,
}

impl Default for Features {
    fn default() -> Self {
        Self { ai_enabled: true, api_access: true }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_stored_is_as_it_was_from_the_start() {
        let settings: OrganizationSettings = serde_json::from_str(r#"{"language":"de","features":{}}"#).unwrap();
        assert_eq!(settings, OrganizationSettings { language: Language::De, ..OrganizationSettings::default() });
        let text = serde_json::to_string(&settings).unwrap();
        assert_eq!(serde_json::from_str::<OrganizationSettings>(&text).unwrap(), settings);
    }
}
