use std::sync::Arc;

use super::{CommonArgs, ServeArgs};
use crate::compose::{Parts, compose};
use crate::http::{Server, listen};
use crate::platform::WrongClock;
use crate::settings::Settings;
use crate::worker::Workers;
use crate::{shutdown, telemetry};

/// Serves until told to stop: not ready any more, running calls and the batch at hand finish, the
/// database is closed.
pub(super) async fn serve(args: &ServeArgs) -> anyhow::Result<()> {
    let settings = args.settings()?;
    telemetry::start(&settings.log)?;
    let listener = listen(settings.http.address).await?;
    let services = compose(&settings, parts()).await?;
    note_mail(&settings);
    let stopping = shutdown::on_signal()?;
    let timers = settings.worker.enabled.then_some(&settings.worker);
    let workers = Workers::start(&services.application, timers, stopping.clone());
    let server = Server::start(listener, &services, &settings.http, stopping.clone())?;
    tracing::info!(address = %server.address(), database = %settings.database.url, "serving");
    stopping.cancelled().await;
    server.stop().await;
    workers.stop().await;
    services.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// Fires timers until told to stop.
pub(super) async fn worker(args: &CommonArgs) -> anyhow::Result<()> {
    let settings = args.settings()?;
    telemetry::start(&settings.log)?;
    let services = compose(&settings, parts()).await?;
    note_mail(&settings);
    let stopping = shutdown::on_signal()?;
    let workers = Workers::start(&services.application, Some(&settings.worker), stopping.clone());
    tracing::info!(database = %settings.database.url, "working");
    stopping.cancelled().await;
    workers.stop().await;
    services.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// Says at the start that nobody gets mail, before somebody waits for one.
fn note_mail(settings: &Settings) {
    if settings.connectors.smtp.url.is_none() {
        tracing::warn!(
            "mail is off: connectors.smtp.url is not set; invitations, verifications and new passwords wait for it"
        );
    }
}

fn parts() -> Parts {
    match WrongClock::of_environment() {
        None => Parts::default(),
        Some(clock) => {
            tracing::warn!("the clock is made wrong for a test");
            Parts::on_clock(Arc::new(clock))
        }
    }
}
