use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::{Context, Result};
use nexusflow_application::Application;
use nexusflow_server::compose::{Parts, Services, compose};
use nexusflow_server::http::{Server, listen};
use nexusflow_server::settings::{DatabaseUrl, Secret, Settings};
use sea_orm::{ConnectionTrait, DatabaseConnection};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// A fresh database with the real server on it.
pub struct Target {
    pub name: &'static str,
    pub application: Arc<Application>,
    /// The API.
    pub url: String,
    /// Straight to the database, as its owner.
    pub connection: DatabaseConnection,
    services: Services,
    server: Server,
    /// Kept as long as the database lives in it.
    _folder: Option<TempDir>,
}

impl Target {
    /// In a temporary folder.
    pub async fn sqlite() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("benchmark.db");
        let url = format!("sqlite://{}?mode=rwc", path.display());
        let target = Self::start("SQLite", &url, Some(folder)).await?;
        // The driver's transactions are as durable as ours.
        target.connection.execute_unprepared("PRAGMA synchronous = FULL").await?;
        Ok(target)
    }

    /// A database of its own on a server, dropped at the next run.
    pub async fn postgres(server: &str) -> Result<Self> {
        let (base, _) = server.rsplit_once('/').context("expected postgres://…/database")?;
        let owner = migration::connect(server).await?;
        owner.execute_unprepared("DROP DATABASE IF EXISTS nexusflow_benchmark").await?;
        owner.execute_unprepared("CREATE DATABASE nexusflow_benchmark").await?;
        owner.close().await?;
        Self::start("PostgreSQL", &format!("{base}/nexusflow_benchmark"), None).await
    }

    async fn start(name: &'static str, url: &str, folder: Option<TempDir>) -> Result<Self> {
        let mut settings = Settings::default();
        settings.database.url = DatabaseUrl::new(url.to_owned());
        settings.auth.token_secret = Some(Secret::new("a benchmark's key of more than 32 bytes".to_owned()));
        settings.http.address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listener = listen(settings.http.address).await?;
        let services = compose(&settings, Parts::default()).await?;
        let server = Server::start(listener, &services, &settings.http, CancellationToken::new())?;
        Ok(Self {
            name,
            application: services.application.clone(),
            url: format!("http://{}/graphql", server.address()),
            connection: migration::connect(url).await?,
            services,
            server,
            _folder: folder,
        })
    }

    /// Ends the server and closes the database.
    pub async fn stop(self) -> Result<()> {
        self.server.stop().await;
        self.services.close().await;
        Ok(self.connection.close().await?)
    }
}
