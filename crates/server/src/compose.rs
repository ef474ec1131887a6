//! The composition root: ports are filled with adapters here and nowhere else. Demo, replay and
//! tests use it with a clock of their own.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use chrono::TimeDelta;
use nexusflow_application::identity::{OrganizationCreation, SessionLimits};
use nexusflow_application::platform::{Clock, HttpCaller, Mailer, PasswordHasher};

use nexusflow_application::{Application, Ports};
use nexusflow_authorization::{CasbinPolicy, PolicySettings};
use nexusflow_connectors::{HttpClient, HttpLimits, HttpPolicy, NoMail, SmtpMailer, SystemResolver};
use nexusflow_persistence::Store;

use crate::database;
use crate::platform::{
    Argon2Passwords, Ed25519Tokens, HmacLinks, HmacWebhooks, MIN_SECRET_BYTES, SystemClock, UuidV7Generator,
};
use crate::settings::{AuthSettings, ConnectorSettings, HttpConnectorSettings, Settings};
use crate::token_key::token_key;

/// What a process may choose besides its settings.
#[derive(Clone)]
pub struct Parts {
    /// The time that use cases run on. Access tokens always run on real time.
    pub clock: Arc<dyn Clock>,
    /// How passwords are hashed.
    pub passwords: Arc<dyn PasswordHasher>,
    /// Who sends mails, if not what is configured.
    pub mailer: Option<Arc<dyn Mailer>>,
}

impl Default for Parts {
    /// Real time, Argon2id.
    fn default() -> Self {
        Self { clock: Arc::new(SystemClock), passwords: Arc::new(Argon2Passwords::default()), mailer: None }
    }
}

impl Parts {
    /// Another clock than the real one.
    pub fn on_clock(clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..Self::default() }
    }
}

/// Everything that runs on one database.
#[derive(Clone)]
pub struct Services {
    /// The use cases.
    pub application: Arc<Application>,
    /// The storage beneath.
    pub store: Store,
    /// Whose public keys are served.
    pub tokens: Arc<Ed25519Tokens>,
}

/// Opens and migrates the database and puts the use cases together.
pub async fn compose(settings: &Settings, parts: Parts) -> anyhow::Result<Services> {
    database::check_url(&settings.database.url)?;
    // A missing key is found before the database is touched; the file is made after it was opened.
    if !settings.database.url.is_sqlite() || settings.auth.token_secret.is_some() {
        tokens(settings, &token_key(settings)?)?;
    }
    let store = Store::new(database::open(&settings.database).await?);
    let adapter = Arc::new(store.clone());
    let key = token_key(settings)?;
    let tokens = Arc::new(tokens(settings, &key)?);
    let (http, mailer) = connectors(&settings.connectors)?;
    let is_open = settings.auth.organization_creation;
    let organization_creation = if is_open { OrganizationCreation::SignedIn } else { OrganizationCreation::Operator };
    let filled = Ports {
        ids: Arc::new(UuidV7Generator::new(parts.clock.clone())),
        policy: Arc::new(CasbinPolicy::with_settings(adapter.clone(), parts.clock.clone(), policy(&settings.auth))),
        clock: parts.clock,
        passwords: parts.passwords,
        tokens: tokens.clone(),
        administration: adapter.clone(),
        identity: adapter.clone(),
        sessions: adapter.clone(),
        session_limits: session_limits(&settings.auth)?,
        organizations: adapter.clone(),
        verifications: adapter.clone(),
        access: adapter.clone(),
        delegations: adapter.clone(),
        workflows: adapter.clone(),
        requests: adapter.clone(),
        request_reader: adapter.clone(),
        steps: adapter.clone(),
        notifications: adapter.clone(),
        audit: adapter.clone(),
        jobs: adapter.clone(),
        job_pauses: adapter.clone(),
        messages: adapter.clone(),
        message_reader: adapter.clone(),
        webhooks: Arc::new(HmacWebhooks::new(&key, settings.http.public_url.as_deref()).context("auth.token_secret")?),
        http,
        mailer: parts.mailer.unwrap_or(mailer),
        mails: adapter.clone(),
        links: Arc::new(HmacLinks::new(&key, &public_url(settings)).context("auth.token_secret")?),
        maintenance: adapter,
        organization_creation,
    };
    Ok(Services { application: Arc::new(Application::new(&filled)), store, tokens })
}

impl Services {
    /// Closes every connection; running calls should have ended.
    pub async fn close(self) {
        if let Err(error) = self.store.database().clone().close().await {
            tracing::warn!(error = &error as &dyn std::error::Error, "the database did not close cleanly");
        }
    }
}

fn connectors(settings: &ConnectorSettings) -> anyhow::Result<(Arc<dyn HttpCaller>, Arc<dyn Mailer>)> {
    let HttpConnectorSettings { allow, only, ports, max_response } = settings.http.clone();
    let limits = HttpLimits { body: usize::try_from(max_response)? };
    let client = HttpClient::new(HttpPolicy { allow, only, ports }, limits, Arc::new(SystemResolver))?;
    let mailer: Arc<dyn Mailer> = match (&settings.smtp.url, &settings.smtp.from) {
        (Some(url), Some(from)) => Arc::new(SmtpMailer::new(url.reveal(), from)?),
        (None, None) => Arc::new(NoMail),
        (Some(_), None) | (None, Some(_)) => anyhow::bail!("connectors.smtp: set `url` and `from`, or neither"),
    };
    Ok((Arc::new(client), mailer))
}

fn tokens(settings: &Settings, key: &[u8]) -> anyhow::Result<Ed25519Tokens> {
    let AuthSettings { previous_token_secret: previous, token_lifetime, .. } = &settings.auth;
    let previous = previous.as_ref().map(|secret| secret.reveal().as_bytes());
    let of_key = match previous {
        Some(previous) if previous.len() < MIN_SECRET_BYTES => "auth.previous_token_secret",
        _ => "auth.token_secret",
    };
    Ed25519Tokens::new(key, previous, *token_lifetime, Arc::new(SystemClock)).context(of_key)
}

/// Revoked sessions are known for longer than their tokens are accepted, whatever the servers' clocks say.
fn policy(settings: &AuthSettings) -> PolicySettings {
    const MARGIN: Duration = Duration::from_mins(5);
    PolicySettings { revoked_sessions: settings.token_lifetime + MARGIN, ..PolicySettings::default() }
}

fn session_limits(settings: &AuthSettings) -> anyhow::Result<SessionLimits> {
    let lifetime = TimeDelta::from_std(settings.session_lifetime).context("auth.session_lifetime")?;
    let idle = TimeDelta::from_std(settings.session_idle).context("auth.session_idle")?;
    Ok(SessionLimits { lifetime, idle })
}

/// Where people reach the server, as far as it knows.
fn public_url(settings: &Settings) -> String {
    settings.http.public_url.clone().unwrap_or_else(|| format!("http://{}", settings.http.address))
}
