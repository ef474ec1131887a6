//! Where the key of access tokens comes from: the settings, else a file beside the `SQLite` database.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use anyhow::{Context, bail};

use crate::platform;
use crate::settings::{DatabaseUrl, Settings};

/// The key. Several servers on one `PostgreSQL` must share it, hence it must be set there.
pub fn token_key(settings: &Settings) -> anyhow::Result<Vec<u8>> {
    if let Some(secret) = &settings.auth.token_secret {
        return Ok(secret.reveal().as_bytes().to_vec());
    }
    if !settings.database.url.is_sqlite() {
        bail!(
            "auth.token_secret is not set; on PostgreSQL set NEXUSFLOW_AUTH__TOKEN_SECRET to the same text \
             of at least 32 random bytes for every server (for example from `openssl rand -hex 32`)"
        );
    }
    let Some(path) = key_file(&settings.database.url) else {
        let mut key = vec![0; platform::MIN_SECRET_BYTES];
        getrandom::fill(&mut key).context("no randomness from the operating system")?;
        return Ok(key);
    };
    platform::read_or_create(&path).with_context(|| format!("cannot use the token key file {}", path.display()))
}

/// `nexusflow.db` → `nexusflow.token-key`; none for a database in memory.
fn key_file(url: &DatabaseUrl) -> Option<PathBuf> {
    let path = url.reveal().strip_prefix("sqlite:")?;
    let path = path.strip_prefix("//").unwrap_or(path);
    let (path, parameters) = path.split_once('?').unwrap_or((path, ""));
    if path == ":memory:" || path.is_empty() || parameters.split('&').any(|p| p == "mode=memory") {
        return None;
    }
    Some(PathBuf::from(OsString::from_vec(percent_decoded(path))).with_extension("token-key"))
}

/// RFC 3986 §2.1, as the database's driver reads the path.
fn percent_decoded(text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    while let [first, rest @ ..] = bytes {
        let escaped = (*first == b'%').then(|| hex::decode(rest.get(..2)?).ok()?.pop()).flatten();
        decoded.push(escaped.unwrap_or(*first));
        bytes = if escaped.is_some() { &rest[2..] } else { rest };
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_file_stands_beside_the_database() {
        for (url, path) in [
            ("sqlite://nexusflow.db?mode=rwc", Some("nexusflow.token-key")),
            ("sqlite:///data/flow.db", Some("/data/flow.token-key")),
            ("sqlite:data/a%20b.db", Some("data/a b.token-key")),
            ("sqlite:///50%.db", Some("/50%.token-key")),
            ("sqlite::memory:", None),
            ("sqlite://x?mode=memory&cache=shared", None),
        ] {
            assert_eq!(key_file(&DatabaseUrl::new(url)), path.map(PathBuf::from), "{url}");
        }
    }

    #[test]
    fn postgresql_needs_a_key_that_all_servers_share() {
        let mut settings = Settings::default();
        settings.database.url = DatabaseUrl::new("postgres://ada:hidden@db/flow");
        let error = token_key(&settings).unwrap_err().to_string();
        assert!(error.contains("NEXUSFLOW_AUTH__TOKEN_SECRET") && !error.contains("hidden"), "{error}");
    }
}
