//! Settings of what automatic steps call.

use std::fmt::Display;
use std::str::FromStr;

use nexusflow_connectors::Rule;
use serde::Deserialize;
use serde::de::{Deserializer, Error};

use super::Secret;

/// What automatic steps call, and what they may not.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "each part is what its type documents")]
pub struct ConnectorSettings {
    pub http: HttpConnectorSettings,
    pub smtp: SmtpSettings,
}

/// Where HTTP steps may go.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpConnectorSettings {
    /// Hosts (`erp.corp`, `*.svc.corp`) and addresses (`10.1.0.0/16`) that may be reached though they are not public.
    #[serde(deserialize_with = "list")]
    pub allow: Vec<Rule>,
    /// The hosts and addresses that alone may be reached; everything public when empty.
    #[serde(deserialize_with = "list")]
    pub only: Vec<Rule>,
    /// The ports of public hosts that may be reached; 80, 443, 8080 and 8443 when empty.
    #[serde(deserialize_with = "list")]
    pub ports: Vec<u16>,
    /// The most bytes of an answer that are read, 1 KiB to 16 MiB.
    #[serde(deserialize_with = "response_size")]
    pub max_response: u32,
}

/// The mail server of e-mail steps. Without it they fail with the error `MAIL_OFF`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SmtpSettings {
    /// `smtps://user:password@host`, `smtp://user:password@host?tls=required` or `smtp://host`.
    pub url: Option<Secret>,
    /// The sender of every mail, such as `NexusFlow <flow@example.org>`.
    pub from: Option<String>,
}

impl Default for HttpConnectorSettings {
    fn default() -> Self {
        Self { allow: Vec::new(), only: Vec::new(), ports: Vec::new(), max_response: 1024 * 1024 }
    }
}

/// A list, or a text with commas between its items.
fn list<'de, D: Deserializer<'de>, T: FromStr<Err: Display>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Form {
        Text(String),
        Items(Vec<String>),
    }
    let items = match Form::deserialize(deserializer)? {
        Form::Text(text) => text.split(',').map(str::to_owned).collect(),
        Form::Items(items) => items,
    };
    let items = items.iter().map(|item| item.trim()).filter(|item| !item.is_empty());
    items.map(|item| item.parse().map_err(|error| D::Error::custom(format!("{item:?}: {error}")))).collect()
}

fn response_size<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    super::model::number(deserializer, 1024..=16 * 1024 * 1024)
}
