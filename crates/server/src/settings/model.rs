use std::net::SocketAddr;
use std::time::Duration;

use serde::Deserialize;
use serde::de::{Deserializer, Error};

use super::duration;
use super::{ConnectorSettings, DatabaseUrl, Secret};

/// Everything that can be set. Unknown keys are refused.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "each part is what its type documents")]
pub struct Settings {
    pub database: DatabaseSettings,
    pub http: HttpSettings,
    pub auth: AuthSettings,
    pub log: LogSettings,
    pub worker: WorkerSettings,
    pub connectors: ConnectorSettings,
}

/// Where everything is kept.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseSettings {
    /// `sqlite://path?mode=rwc` or `postgres://user:password@host/database`.
    pub url: DatabaseUrl,
    /// The most connections, 1 to 1,000.
    #[serde(deserialize_with = "connections")]
    pub max_connections: u32,
    /// How long a call waits for a connection before the database counts as not available.
    #[serde(deserialize_with = "duration::deserialize")]
    pub acquire_timeout: Duration,
    /// How long a statement may take before the database counts as not available.
    #[serde(deserialize_with = "duration::deserialize")]
    pub statement_timeout: Duration,
}

/// The API's door.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpSettings {
    /// Where to listen; port 0 takes a free one.
    #[serde(deserialize_with = "address")]
    pub address: SocketAddr,
    /// Where clients outside reach the server, such as `https://flow.example`; addresses that are given
    /// to them begin with it, and are paths without it.
    #[serde(deserialize_with = "web_address")]
    pub public_url: Option<String>,
    /// Whether the client's address is the last of `X-Forwarded-For`, which a proxy in front sets.
    #[serde(deserialize_with = "yes_or_no")]
    pub trust_proxy: bool,
    /// Lets everybody read the schema, signed in or not.
    #[serde(deserialize_with = "yes_or_no")]
    pub development: bool,
    /// Shows `GraphiQL` at `/`.
    #[serde(deserialize_with = "yes_or_no")]
    pub graphiql: bool,
    /// How long running calls may take to finish after the server was told to stop.
    #[serde(deserialize_with = "duration::deserialize")]
    pub shutdown_timeout: Duration,
}

/// Signing in.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuthSettings {
    /// What the keys of access tokens are derived from, at least 32 bytes. Without it `SQLite` keeps one in a
    /// file of its own.
    pub token_secret: Option<Secret>,
    /// The secret before, while it is being changed: what was signed with it is still accepted.
    pub previous_token_secret: Option<Secret>,
    /// Whether people may make organizations of their own; else only the command line does.
    #[serde(deserialize_with = "yes_or_no")]
    pub organization_creation: bool,
    /// How long an access token is accepted.
    #[serde(deserialize_with = "duration::deserialize")]
    pub token_lifetime: Duration,
    /// How long somebody stays signed in at most.
    #[serde(deserialize_with = "duration::deserialize_long")]
    pub session_lifetime: Duration,
    /// How long somebody stays signed in who does nothing.
    #[serde(deserialize_with = "duration::deserialize_long")]
    pub session_idle: Duration,
}

/// What is logged, and how.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogSettings {
    /// For people or for programs.
    #[serde(deserialize_with = "log_format")]
    pub format: LogFormat,
    /// Levels per target, such as `info,nexusflow_server=debug`.
    pub filter: String,
}

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object per line.
    Json,
}

/// The timer worker within `serve`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WorkerSettings {
    /// Whether `serve` runs it too; another process may do it instead.
    #[serde(deserialize_with = "yes_or_no")]
    pub enabled: bool,
    /// The most timers claimed at once, 1 to 10,000.
    #[serde(deserialize_with = "batch")]
    pub batch: u32,
    /// The most actions (HTTP requests, mails) under way at once, 1 to 1,000.
    #[serde(deserialize_with = "actions")]
    pub actions: u32,
    /// How long it rests at most before it looks for due timers.
    #[serde(deserialize_with = "duration::deserialize")]
    pub poll_interval: Duration,
}

impl Default for DatabaseSettings {
    fn default() -> Self {
        Self {
            url: DatabaseUrl::default(),
            max_connections: 16,
            acquire_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(20),
        }
    }
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            address: SocketAddr::from(([127, 0, 0, 1], 8080)),
            public_url: None,
            trust_proxy: false,
            development: false,
            graphiql: true,
            shutdown_timeout: Duration::from_secs(30),
        }
    }
}

impl Default for AuthSettings {
    fn default() -> Self {
        Self {
            token_secret: None,
            previous_token_secret: None,
            organization_creation: true,
            token_lifetime: Duration::from_mins(15),
            session_lifetime: Duration::from_hours(30 * 24),
            session_idle: Duration::from_hours(7 * 24),
        }
    }
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { format: LogFormat::Pretty, filter: "info".to_owned() }
    }
}

impl Default for WorkerSettings {
    fn default() -> Self {
        Self { enabled: true, batch: 100, actions: 32, poll_interval: Duration::from_secs(1) }
    }
}

fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    let text = String::deserialize(deserializer)?;
    let message = || format!("expected an address and a port such as 127.0.0.1:8080, found {text:?}");
    text.parse().map_err(|_| D::Error::custom(message()))
}

fn web_address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let is_url = ["http://", "https://"].iter().any(|scheme| text.len() > scheme.len() && text.starts_with(scheme));
    if is_url && !text.contains(['?', '#', ' ']) {
        return Ok(Some(text));
    }
    Err(D::Error::custom(format!("expected a URL such as https://flow.example, found {text:?}")))
}

fn log_format<'de, D: Deserializer<'de>>(deserializer: D) -> Result<LogFormat, D::Error> {
    let text = String::deserialize(deserializer)?;
    match text.as_str() {
        "pretty" => Ok(LogFormat::Pretty),
        "json" => Ok(LogFormat::Json),
        _ => Err(D::Error::custom(format!("expected pretty or json, found {text:?}"))),
    }
}

fn yes_or_no<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let text = String::deserialize(deserializer)?;
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Ok(true),
        "false" | "no" | "off" | "0" => Ok(false),
        _ => Err(D::Error::custom(format!("expected true or false, found {text:?}"))),
    }
}

fn connections<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    number(deserializer, 1..=1_000)
}

fn batch<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    number(deserializer, 1..=10_000)
}

fn actions<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    number(deserializer, 1..=1_000)
}

pub(super) fn number<'de, D: Deserializer<'de>>(
    deserializer: D,
    allowed: std::ops::RangeInclusive<u32>,
) -> Result<u32, D::Error> {
    let text = String::deserialize(deserializer)?;
    let message = || format!("expected a whole number from {} to {}, found {text:?}", allowed.start(), allowed.end());
    text.parse().ok().filter(|number| allowed.contains(number)).ok_or_else(|| D::Error::custom(message()))
}
