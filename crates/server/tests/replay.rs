//! Real event logs through the real API: what comes out was computed independently, by an exact
//! prefix search over the graphs. The logs and their authors: `NOTICE.md` beside the data.

mod database_support;
mod replay_support;

use database_support::{PostgresDatabase, SqliteDatabase, say};
use nexusflow_server::replay::{Report, replay};
use replay_support::{Log, compare_export, full};

/// cases, completed, open, deviating, accepted events, all events
type Expected = [usize; 6];

const RECEIPT: (&str, &str, Expected) = ("receipt", "graph_im00_top90", [1434, 1311, 21, 102, 7907, 8577]);
const DOMESTIC: (&str, &str, Expected) = ("bpi2020_domestic", "graph_im20_top95", [10357, 9078, 0, 1279, 47522, 55628]);
const HELPDESK: (&str, &str, Expected) = ("helpdesk", "graph_im20_top90", [4580, 3951, 11, 618, 19359, 21348]);

#[tokio::test(flavor = "multi_thread")]
async fn receipt_on_sqlite() -> anyhow::Result<()> {
    let Some(log) = Log::find(RECEIPT.0, RECEIPT.1) else { return Ok(()) };
    let database = SqliteDatabase::create()?;
    let report = replay(&log.args(&database.url, true)).await?;
    check_receipt(&report);
    assert_eq!((report.denials_probed, report.denials_refused), (7907, 7907));
    compare_export(&database.url, &log, &report).await
}

#[tokio::test(flavor = "multi_thread")]
async fn receipt_on_postgresql() -> anyhow::Result<()> {
    let Some(log) = Log::find(RECEIPT.0, RECEIPT.1) else { return Ok(()) };
    let Some(database) = PostgresDatabase::create("receipt").await? else { return Ok(()) };
    let report = replay(&log.args(&database.url, false)).await?;
    check_receipt(&report);
    compare_export(&database.url, &log, &report).await?;
    database.remove().await
}

#[tokio::test(flavor = "multi_thread")]
async fn domestic_declarations_on_sqlite() -> anyhow::Result<()> {
    whole_log_on_sqlite(DOMESTIC).await
}

#[tokio::test(flavor = "multi_thread")]
async fn domestic_declarations_on_postgresql() -> anyhow::Result<()> {
    whole_log_on_postgresql(DOMESTIC).await
}

#[tokio::test(flavor = "multi_thread")]
async fn helpdesk_on_sqlite() -> anyhow::Result<()> {
    whole_log_on_sqlite(HELPDESK).await
}

#[tokio::test(flavor = "multi_thread")]
async fn helpdesk_on_postgresql() -> anyhow::Result<()> {
    whole_log_on_postgresql(HELPDESK).await
}

/// A second replay on the same database has an organization of its own and the same outcome.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_with_contents_changes_nothing() -> anyhow::Result<()> {
    let Some(log) = Log::find(RECEIPT.0, RECEIPT.1) else { return Ok(()) };
    let database = SqliteDatabase::create()?;
    let mut args = log.args(&database.url, true);
    args.limit_cases = Some(60);
    let (first, second) = (replay(&args).await?, replay(&args).await?);
    assert_ne!(first.organization, second.organization);
    let same = |report: &Report| Report { organization: String::new(), seconds: 0.0, ..report.clone() };
    assert_eq!(same(&first), same(&second));
    assert_eq!(first.failures, Vec::<String>::new());
    Ok(())
}

async fn whole_log_on_sqlite((log, graph, expected): (&str, &str, Expected)) -> anyhow::Result<()> {
    let (true, Some(log)) = (full(), Log::find(log, graph)) else { return Ok(()) };
    let database = SqliteDatabase::create()?;
    let report = replay(&log.args(&database.url, false)).await?;
    check(&report, expected);
    compare_export(&database.url, &log, &report).await
}

async fn whole_log_on_postgresql((name, graph, expected): (&str, &str, Expected)) -> anyhow::Result<()> {
    let (true, Some(log)) = (full(), Log::find(name, graph)) else { return Ok(()) };
    let Some(database) = PostgresDatabase::create(name).await? else { return Ok(()) };
    let report = replay(&log.args(&database.url, false)).await?;
    check(&report, expected);
    compare_export(&database.url, &log, &report).await?;
    database.remove().await
}

fn check_receipt(report: &Report) {
    check(report, RECEIPT.2);
    assert_eq!((report.completed_after_due, report.completed_escalated), (76, 76));
}

fn check(report: &Report, [cases, completed, open, deviating, accepted, events]: Expected) {
    say(&format!("{} cases in {} s", report.cases, report.seconds));
    assert_eq!(report.failures, Vec::<String>::new());
    let cases_found = [report.cases, report.completed, report.open, report.deviating];
    assert_eq!(cases_found, [cases, completed, open, deviating]);
    assert_eq!([report.events_accepted, report.events_total], [accepted, events]);
    assert_eq!((report.deviations.len(), report.audit_verified), (deviating, true));
}
