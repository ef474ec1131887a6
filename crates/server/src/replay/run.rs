use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, anyhow, bail};
use indicatif::{ProgressBar, ProgressStyle};
use nexusflow_application::Error;
use nexusflow_application::identity::{NewMember, NewOrganization};
use nexusflow_domain::problem::Problem;
use nexusflow_domain::workflow::MinedGraph;
use tokio_util::sync::CancellationToken;

use crate::replay::check::check;
use crate::replay::client::{Client, Endpoint};
use crate::replay::drive::{CaseState, Drive};
use crate::replay::host::Host;
use crate::replay::log::EventLog;
use crate::replay::plan::Plan;
use crate::replay::staff::Staff;
use crate::replay::team::{Team, random_text};
use crate::replay::{ReplayArgs, Report, setup};
use crate::{output, shutdown};

/// Replays and reports; an error when something is not as it must be, and when it is interrupted.
pub async fn run(args: ReplayArgs) -> Result<()> {
    let file = args.report.as_deref().map(create).transpose()?;
    let report = replay_until(&args, &shutdown::on_signal()?).await?;
    let text = serde_json::to_string_pretty(&report)?;
    if let Some(mut file) = file {
        writeln!(file, "{text}").context("the report could not be written")?;
        for note in &report.notes {
            output::line(note)?;
        }
        output::line(summary(&report))?;
    } else {
        output::line(text)?;
    }
    match report.failures.first() {
        Some(first) => bail!("the replay failed in {} places; the first: {first}", report.failures.len()),
        None => Ok(()),
    }
}

/// Replays a log and says what came of it. Failures of the server under replay are in the report; an
/// error is what kept the replay from going on: unreadable input, no database.
pub async fn replay(args: &ReplayArgs) -> Result<Report> {
    replay_until(args, &CancellationToken::new()).await
}

/// The same, until `stopping` is cancelled; then what was begun is finished, and a throw-away database
/// removed.
async fn replay_until(args: &ReplayArgs, stopping: &CancellationToken) -> Result<Report> {
    let begin = Instant::now();
    let mined = read_graph(&args.workflow)?;
    let mut log = EventLog::load(&args.log, args.cases.as_deref())?;
    let staff = Staff::of(&log);
    log.cases.truncate(args.limit_cases.unwrap_or(usize::MAX));
    let plan = Plan::make(&mined, &staff, &log)?;
    let Some(&(case, event)) = log.timeline().first() else { bail!("there is no case to replay") };
    let host = Host::start(args.database_url.as_deref(), log.cases[case].events[event].at).await?;
    let played = tokio::select! {
        played = play(&host, &log, &plan, &staff, args) => played,
        () = stopping.cancelled() => Err(anyhow!("the replay was interrupted")),
    };
    host.stop().await;
    let mut report = played?;
    report.notes = notes(&plan.notes, log.skipped);
    report.seconds = (begin.elapsed().as_secs_f64() * 10.0).round() / 10.0;
    Ok(report)
}

async fn play(host: &Host, log: &EventLog, plan: &Plan, staff: &Staff, args: &ReplayArgs) -> Result<Report> {
    let slug = format!("replay-{}", random_text(6)?);
    let domain = format!("{slug}.example");
    let endpoint = Endpoint::new(host.url(), slug.clone())?;
    let admin = found(host, &endpoint, &slug, &domain).await?;
    let asked = plan.roles();
    let team = Team::of(&endpoint, admin, staff, &asked, &domain)?;
    setup::hire(&team, &asked).await.context("setting the organization up")?;
    let name = args.workflow.file_stem().map_or_else(|| "Replay".into(), |stem| stem.to_string_lossy());
    let workflow = setup::publish(&team.admin, &name, &plan.document).await.context("publishing the workflow")?;

    let mut drive = Drive {
        host,
        team: &team,
        log,
        plan,
        workflow: &workflow,
        probe_denials: args.probe_denials,
        cases: vec![CaseState::default(); log.cases.len()],
        report: Report { organization: slug, ..Report::default() },
    };
    let events: usize = log.cases.iter().map(|case| case.events.len()).sum();
    let bar = progress(events, "events")?;
    drive.run(&bar).await?;
    bar.finish_and_clear();
    let bar = progress(log.cases.len(), "requests read back")?;
    let report = check(drive, &bar).await?;
    bar.finish_and_clear();
    Ok(report)
}

/// Creates the organization, for which there is no API, and its administrator.
async fn found(host: &Host, endpoint: &Endpoint, slug: &str, domain: &str) -> Result<Client> {
    let (email, password) = (format!("admin@{domain}"), random_text(24)?);
    let admin = NewMember {
        email: email.clone(),
        name: "Administrator".to_owned(),
        password: password.clone(),
        roles: Vec::new(),
    };
    let new = NewOrganization { name: "Replay".to_owned(), slug: slug.to_owned(), admin };
    let created: Result<_, Error> = host.application().identity.create_organization(new).await;
    created.context("the organization was not created")?;
    Ok(Client::new(endpoint, email, password))
}

/// The report's file, made before the work begins.
fn create(path: &Path) -> Result<File> {
    File::create(path).with_context(|| format!("cannot write {}", path.display()))
}

fn read_graph(path: &Path) -> Result<MinedGraph> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_str(&text).map_err(|error| anyhow!("{} is not a mined graph: {error}", path.display()))
}

fn notes(problems: &[Problem], skipped: usize) -> Vec<String> {
    let skipped = (skipped > 0).then(|| format!("log: {skipped} rows whose lifecycle is not \"complete\" left out"));
    problems.iter().map(|problem| format!("import: {}: {}", problem.path, problem.message)).chain(skipped).collect()
}

/// A bar on a terminal; nothing elsewhere.
pub(crate) fn progress(length: usize, what: &'static str) -> Result<ProgressBar> {
    let bar = ProgressBar::new(u64::try_from(length)?);
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {msg}, {elapsed}, {eta} left")?;
    bar.set_style(style);
    bar.set_message(what);
    Ok(bar)
}

fn summary(report: &Report) -> String {
    format!(
        "{} cases: {} completed, {} open, {} deviating; {} of {} events accepted; {} completed after the due date, \
         {} escalated; {} of {} probes refused; audit {}; {} s",
        report.cases,
        report.completed,
        report.open,
        report.deviating,
        report.events_accepted,
        report.events_total,
        report.completed_after_due,
        report.completed_escalated,
        report.denials_refused,
        report.denials_probed,
        if report.audit_verified { "verified" } else { "NOT intact" },
        report.seconds,
    )
}
