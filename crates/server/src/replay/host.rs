//! The server that a replay talks to: the real one, in this process, on the log's time.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use nexusflow_application::Application;
use nexusflow_domain::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::compose::{Parts, Services, compose};
use crate::http::{Server, listen};
use crate::platform::VirtualClock;
use crate::replay::team::random_text;
use crate::replay::timers::advance;
use crate::settings::{DatabaseUrl, Secret, Settings};

/// A running server with a clock to turn.
pub(super) struct Host {
    services: Services,
    clock: Arc<VirtualClock>,
    server: Server,
    /// Removed when the host goes.
    _folder: Option<Folder>,
}

impl Host {
    /// Serves on a free loopback port; on a throw-away SQLite database when none is given.
    pub async fn start(database_url: Option<&str>, now: Timestamp) -> Result<Self> {
        let (url, folder) = if let Some(url) = database_url {
            (url.to_owned(), None)
        } else {
            let folder = Folder::create()?;
            (folder.database_url()?, Some(folder))
        };
        let mut settings = Settings::default();
        settings.database.url = DatabaseUrl::new(url);
        settings.auth.token_secret = Some(Secret::new(random_text(32)?));
        settings.http.address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let clock = Arc::new(VirtualClock::new(now));
        let listener = listen(settings.http.address).await?;
        let services = compose(&settings, Parts::on_clock(clock.clone())).await?;
        let server = Server::start(listener, &services, &settings.http, CancellationToken::new())?;
        Ok(Self { services, clock, server, _folder: folder })
    }

    /// The API's address.
    pub fn url(&self) -> String {
        format!("http://{}/graphql", self.server.address())
    }

    /// The use cases, for what the API does not have.
    pub fn application(&self) -> &Application {
        &self.services.application
    }

    /// Moves the clock on to an instant; timers due by then fire at their own time.
    pub async fn advance_to(&self, at: Timestamp) -> Result<usize> {
        advance(&self.services.application, &self.clock, at).await
    }

    /// Lets running calls finish and closes the database.
    pub async fn stop(self) {
        self.server.stop().await;
        self.services.close().await;
    }
}

/// A folder that is removed with everything in it.
struct Folder(PathBuf);

impl Folder {
    fn create() -> Result<Self> {
        let path = std::env::temp_dir().join(format!("nexusflow-replay-{}", random_text(8)?));
        std::fs::create_dir(&path).with_context(|| format!("cannot create the folder {}", path.display()))?;
        Ok(Self(path))
    }

    fn database_url(&self) -> Result<String> {
        sqlite_url(&self.0.join("replay.db"))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is left to whoever cleans up temporary folders.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The URL of a SQLite file that is created when it is missing (RFC 3986 §2.1 for what is special).
pub(crate) fn sqlite_url(path: &Path) -> Result<String> {
    let Some(path) = path.to_str() else { bail!("the path {} is not valid UTF-8", path.display()) };
    let escaped = path.replace('%', "%25").replace('?', "%3F").replace('#', "%23");
    Ok(format!("sqlite://{escaped}?mode=rwc"))
}
