//! The database goes away and comes back under a running server: while it is away, everything has a
//! typed answer within bounds; when it is back, everything works again, and nothing that was
//! acknowledged is lost.

mod database_support;
mod live_support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use database_support::{PostgresDatabase, execute};
use live_support::{ADMIN, Answer, Api, Network, Office, PASSWORD, Proxy, Running, refusal};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

/// The longest that any answer may take: two calls of the database in a row that nobody answers.
const BOUND: Duration = Duration::from_secs(15);
const READ: &str = "{ workflows(first: 1) { nodes { id } } }";
const START: &str = "mutation($input: StartRequestInput!) {
  startRequest(input: $input) { request { id } errors { code message } } }";

fn serve(office: &Office<'_>, url: &str) -> anyhow::Result<Running> {
    let mut command = office.program(url);
    command.env("NEXUSFLOW_DATABASE__ACQUIRE_TIMEOUT", "1s").env("NEXUSFLOW_DATABASE__STATEMENT_TIMEOUT", "2s");
    // So few that a connection which is never given back is missed.
    command.env("NEXUSFLOW_DATABASE__MAX_CONNECTIONS", "4");
    Running::start(command)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_refuses_and_comes_back() -> anyhow::Result<()> {
    outage(Network::Refuses, "refused").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_does_not_answer_any_more_and_comes_back() -> anyhow::Result<()> {
    outage(Network::Swallows, "swallowed").await
}

async fn outage(network: Network, name: &str) -> anyhow::Result<()> {
    let Some(database) = PostgresDatabase::create(name).await? else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    let office = Office::found(folder.path(), &database.url)?;
    let proxy = Proxy::before(&database.url).await?;
    let mut running = serve(&office, &proxy.url(&database.url)?)?;
    let api = Api::sign_in(&running.address, ADMIN, PASSWORD).await?;
    let ladder = json!([{ "action": { "notify": { "candidates": {} } } }]);
    let workflow = Office::publish(&api, "PT3S", ladder).await?;
    let (late, step) = Office::start(&api, &workflow).await?;
    let writer = Writer::start(&api, &workflow);
    tokio::time::sleep(Duration::from_millis(500)).await;

    proxy.set(network);
    let away = Instant::now();
    tokio::time::sleep(Duration::from_millis(100)).await;
    while away.elapsed() < Duration::from_secs(12) {
        check_away(&running, &api, &workflow, &step).await?;
    }
    check_log(&running, away.elapsed())?;

    proxy.set(Network::Works);
    within(BOUND, async || Ok(running.get("/readyz").await?.0 == StatusCode::OK)).await.context("ready again")?;
    within(BOUND, async || Ok(api.call(READ, Value::Null).await?.data("workflows").is_ok())).await.context("reads")?;
    Office::start(&api, &workflow).await.context("writes again")?;
    Api::sign_in(&running.address, ADMIN, PASSWORD).await.context("signs in again")?;
    let fired =
        async || Ok(Office::request(&api, &late).await?["escalations"].as_array().is_some_and(|e| e.len() == 1));
    within(Duration::from_secs(40), fired).await.context("what fell due meanwhile is escalated")?;

    let acknowledged = writer.stop().await?;
    ensure!(acknowledged.len() > 1);
    for id in acknowledged {
        Office::request(&api, &id).await.with_context(|| format!("{id} was acknowledged"))?;
    }
    ensure!(running.is_alive()?);

    proxy.set(network);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(running.terminate()?, Some(0), "it stops, with or without a database");
    let (lines, code) = office.verify()?;
    assert_eq!(code, Some(0), "{lines:?}");
    database.remove().await
}

/// Probes, reads, writes and signing in, each within bounds and typed.
async fn check_away(running: &Running, api: &Api, workflow: &str, step: &str) -> anyhow::Result<()> {
    let begin = Instant::now();
    assert_eq!(running.get("/readyz").await?.0, StatusCode::SERVICE_UNAVAILABLE);
    ensure!(begin.elapsed() < Duration::from_secs(5), "a probe took {:?}", begin.elapsed());
    let begin = Instant::now();
    assert_eq!(running.get("/healthz").await?.0, StatusCode::OK);
    ensure!(begin.elapsed() < Duration::from_secs(1), "a probe of life took {:?}", begin.elapsed());
    let complete = "mutation($input: CompleteStepInput!) { completeStep(input: $input) { errors { code } } }";
    unavailable(api.call(READ, Value::Null)).await.context("a query")?;
    unavailable(api.call(START, json!({ "input": { "workflowId": workflow } }))).await.context("a start")?;
    let input = json!({ "input": { "stepId": step, "outcome": "COMPLETED" } });
    unavailable(api.call(complete, input)).await.context("a completion")?;
    unavailable(Api::anonymous(&running.address).try_sign_in(ADMIN, PASSWORD)).await.context("signing in")
}

async fn unavailable(call: impl Future<Output = anyhow::Result<Answer>>) -> anyhow::Result<()> {
    let begin = Instant::now();
    let answer = call.await?;
    ensure!(answer.code() == Some("UNAVAILABLE"), "{}", answer.0);
    ensure!(begin.elapsed() < BOUND, "it took {:?}", begin.elapsed());
    Ok(())
}

/// The workers say that they wait, and do so longer and longer.
fn check_log(running: &Running, away: Duration) -> anyhow::Result<()> {
    let errors = running.logged("ERROR");
    ensure!(!errors.is_empty(), "an outage is worth a line");
    ensure!(errors.len() as u64 <= away.as_secs(), "a line a second at most: {errors:#?}");
    let panicked = |line: &Value| line.to_string().contains("panic");
    ensure!(!errors.iter().any(panicked), "{errors:#?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_the_database_ends_are_replaced() -> anyhow::Result<()> {
    let Some(database) = PostgresDatabase::create("terminated").await? else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    let office = Office::found(folder.path(), &database.url)?;
    let running = serve(&office, &database.url)?;
    let api = Api::sign_in(&running.address, ADMIN, PASSWORD).await?;
    let workflow = Office::publish(&api, "P1D", json!([])).await?;
    let writer = Writer::start(&api, &workflow);
    for _ in 0..5 {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
            WHERE datname = current_database() AND pid <> pg_backend_pid()";
        execute(&database.url, sql).await?;
    }
    for id in writer.stop().await? {
        Office::request(&api, &id).await.with_context(|| format!("{id} was acknowledged"))?;
    }
    drop(running);
    assert_eq!(office.verify()?.1, Some(0));
    database.remove().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_down_at_start_is_waited_for_some_seconds() -> anyhow::Result<()> {
    let Some(database) = PostgresDatabase::create("late").await? else { return Ok(()) };
    let folder = tempfile::tempdir()?;
    let office = Office::found(folder.path(), &database.url)?;
    let proxy = Arc::new(Proxy::before(&database.url).await?);
    let url = proxy.url(&database.url)?;
    for network in [Network::Refuses, Network::Swallows] {
        proxy.set(network);
        let begin = Instant::now();
        let error = refusal(office.program(&url).args(["serve", "--address", "127.0.0.1:0"]))?;
        ensure!(error.contains("cannot open the database") && error.contains("is it running"), "{error}");
        ensure!(begin.elapsed() < Duration::from_secs(40), "{:?}", begin.elapsed());
    }
    proxy.set(Network::Refuses);
    let later = proxy.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(3)).await;
        later.set(Network::Works);
    });
    let command = office.program(&url);
    let running = tokio::task::spawn_blocking(|| Running::start(command)).await??;
    assert_eq!(running.get("/readyz").await?.0, StatusCode::OK);
    database.remove().await
}

/// A client that starts requests all the time, and remembers those that were acknowledged.
struct Writer {
    stopping: Arc<AtomicBool>,
    task: JoinHandle<anyhow::Result<Vec<String>>>,
}

impl Writer {
    fn start(api: &Api, workflow: &str) -> Self {
        let stopping = Arc::new(AtomicBool::new(false));
        let (told, api, workflow) = (stopping.clone(), api.clone(), workflow.to_owned());
        let task = tokio::spawn(async move {
            let mut acknowledged = Vec::new();
            for n in 0.. {
                if told.load(Ordering::Relaxed) {
                    break;
                }
                let input = json!({ "workflowId": workflow, "idempotencyKey": n.to_string() });
                // The same again until it is answered: the first try may have got through.
                while !told.load(Ordering::Relaxed) {
                    let answer = api.call(START, json!({ "input": input })).await?;
                    if let Some(code) = answer.code() {
                        ensure!(code == "UNAVAILABLE", "{}", answer.0);
                    } else {
                        let id = answer.data("startRequest")?["request"]["id"].as_str().map(str::to_owned);
                        acknowledged.push(id.context("an id")?);
                        break;
                    }
                }
            }
            Ok(acknowledged)
        });
        Self { stopping, task }
    }

    async fn stop(self) -> anyhow::Result<Vec<String>> {
        self.stopping.store(true, Ordering::Relaxed);
        self.task.await?
    }
}

/// Asks again and again until it is so.
async fn within(bound: Duration, so: impl AsyncFn() -> anyhow::Result<bool>) -> anyhow::Result<()> {
    let begin = Instant::now();
    while !so().await.unwrap_or(false) {
        ensure!(begin.elapsed() < bound, "not within {bound:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}
