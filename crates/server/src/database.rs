//! Opening the database at start: its schema is brought up to date, or the way to do it is said.

use anyhow::{Context, bail};
use nexusflow_persistence::{Database, DatabaseOptions};

use crate::settings::{DatabaseSettings, DatabaseUrl};

/// Migrates where that is ours to do, and connects. A `PostgreSQL` that cannot be reached is tried
/// again for some seconds, because it may be starting too.
pub async fn open(settings: &DatabaseSettings) -> anyhow::Result<Database> {
    migrate(&settings.url).await?;
    let options = DatabaseOptions {
        max_connections: settings.max_connections,
        acquire_timeout: settings.acquire_timeout,
        statement_timeout: settings.statement_timeout,
        ..DatabaseOptions::new(settings.url.reveal())
    };
    Database::connect(&options).await.with_context(|| cannot_open(&settings.url))
}

/// Applies pending migrations; returns their names.
///
/// `SQLite`: always. `PostgreSQL`: when some are pending, which needs the login that owns the tables.
pub async fn migrate(url: &DatabaseUrl) -> anyhow::Result<Vec<String>> {
    if url.is_sqlite() {
        return migration::connect_and_up(url.reveal()).await.map_err(described).with_context(|| cannot_open(url));
    }
    let states = migration::status(url.reveal()).await.map_err(described).with_context(|| cannot_open(url))?;
    let pending = states.iter().filter(|state| !state.applied).count();
    if pending == 0 {
        return Ok(Vec::new());
    }
    let applied = migration::connect_and_up(url.reveal()).await.map_err(described);
    applied.with_context(|| {
        format!(
            "the schema of {url} lacks {pending} migrations, which this login could not apply; \
             run `migration --database-url … up` with the login that owns the tables"
        )
    })
}

/// Refuses what is neither of the two databases, before anything else is tried.
pub fn check_url(url: &DatabaseUrl) -> anyhow::Result<()> {
    let known = ["sqlite:", "postgres://", "postgresql://"];
    if !known.iter().any(|scheme| url.reveal().starts_with(scheme)) {
        bail!("database.url: expected sqlite://path?mode=rwc or postgres://user:password@host/database");
    }
    Ok(())
}

/// The library's errors repeat their source in their text.
#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn described(error: migration::DbErr) -> anyhow::Error {
    anyhow::Error::msg(error.to_string())
}

fn cannot_open(url: &DatabaseUrl) -> String {
    if url.is_sqlite() {
        format!("cannot open the database {url} (does its folder exist, and may this user write to it?)")
    } else {
        format!("cannot open the database {url} (is it running, and may this login use it?)")
    }
}
