use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use chrono::TimeDelta;
use nexusflow_application::access::Scope;
use nexusflow_application::identity::IdentityReader;
use nexusflow_application::insight::{AuditFilter, AuditReader};
use nexusflow_application::platform::Clock;
use nexusflow_application::request::RequestFilter;
use nexusflow_application::{Application, PageRequest};
use nexusflow_domain::Timestamp;
use nexusflow_domain::identity::Email;
use nexusflow_domain::ids::OrganizationId;
use nexusflow_persistence::Store;

use crate::compose::{Parts, compose};
use crate::demo::cast::{ADMIN, SLUG};
use crate::demo::folk::{Folk, sign_in};
use crate::demo::play::Play;
use crate::demo::{DemoArgs, Summary, serve, setup};
use crate::http::listen;
use crate::output;
use crate::platform::{SystemClock, VirtualClock};
use crate::replay::{progress, sqlite_url};
use crate::settings::{DatabaseUrl, Settings};

/// How much of the past is played.
const PERIOD: TimeDelta = TimeDelta::weeks(8);
/// Makes the play the same every time, as far as it does not depend on the present time.
const SEED: u64 = 20_261_120;

/// Sets up, plays, prints the summary, and serves unless it is to end.
pub async fn run(args: DemoArgs) -> Result<()> {
    let settings = settings(&args)?;
    // Taken first, so that a port in use shows at once.
    let listener = if args.exit { None } else { Some(listen(args.address).await?) };
    let summary = prepare(&args).await?;
    output::line(summary.to_string())?;
    if !summary.audit_verified {
        bail!("the audit log of {} is not intact; see nexusflow audit verify", args.database.display());
    }
    match listener {
        Some(listener) => serve::serve(listener, &settings).await,
        None => Ok(()),
    }
}

/// Sets up and plays what is missing; says what there is.
pub async fn prepare(args: &DemoArgs) -> Result<Summary> {
    let now = SystemClock.now();
    let clock = Arc::new(VirtualClock::new(now - PERIOD));
    let services = compose(&settings(args)?, Parts::on_clock(clock.clone())).await?;
    let summary = summarised(&services.application, &services.store, &clock, now, args).await;
    services.close().await;
    summary
}

async fn summarised(
    application: &Application,
    store: &Store,
    clock: &VirtualClock,
    now: Timestamp,
    args: &DemoArgs,
) -> Result<Summary> {
    if let Some(organization) = organization(store).await? {
        // The past is not changed: time goes on where it stood.
        clock.advance_to(last_record(store, organization).await?.unwrap_or(now));
    } else {
        setup::found(application).await?;
    }
    let admin = sign_in(application, &ADMIN).await?;
    let existing = application.request_reads.count(&admin, &RequestFilter::default()).await?;
    let missing = args.requests.saturating_sub(u32::try_from(existing)?);
    if missing > 0 {
        play(application, &admin, clock, now, (existing, missing)).await?;
    }
    Ok(Summary { played: missing, ..Summary::of(application, &admin).await? })
}

async fn play(
    application: &Application,
    admin: &nexusflow_application::Call,
    clock: &VirtualClock,
    now: Timestamp,
    (existing, missing): (u64, u32),
) -> Result<()> {
    setup::staff(application, admin).await?;
    let workflow = setup::workflow(application, admin).await?;
    let folk = Folk::sign_in(application).await?;
    let bar = progress(usize::try_from(missing)?, "requests")?;
    let mut play = Play::new(application, clock, &folk, workflow, SEED + existing);
    let begin = clock.now();
    play.run((begin, now.max(begin)), existing + 1, missing, &bar).await?;
    bar.finish_and_clear();
    Ok(())
}

/// The demo's organization, if it was set up before.
async fn organization(store: &Store) -> Result<Option<OrganizationId>> {
    let email: Email = ADMIN.email.parse()?;
    let Some(record) = store.sign_in_record(&email).await? else { return Ok(None) };
    let found = record.organizations.iter().find(|organization| organization.slug.as_str() == SLUG);
    let organization = found.context("the database belongs to something else; choose another with --database")?;
    Ok(Some(organization.id))
}

/// When something was last put on record.
async fn last_record(store: &Store, organization: OrganizationId) -> Result<Option<Timestamp>> {
    let scope = Scope::system(organization);
    let page = AuditReader::records(store, &scope, &AuditFilter::default(), &PageRequest::first(1)).await?;
    Ok(page.into_nodes().first().map(|record| record.at))
}

fn settings(args: &DemoArgs) -> Result<Settings> {
    let mut settings = Settings::default();
    settings.database.url = DatabaseUrl::new(sqlite_url(&absolute(&args.database)?)?);
    settings.http.address = args.address;
    settings.http.development = true;
    Ok(settings)
}

/// An absolute path survives the URL whatever it begins with.
fn absolute(path: &Path) -> Result<std::path::PathBuf> {
    std::path::absolute(path).with_context(|| format!("cannot use the path {}", path.display()))
}
