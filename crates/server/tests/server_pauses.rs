//! Work that an operator pauses and resumes, and failed steps retried in bulk, as clients of a running server meet them.

mod live_support;

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use live_support::{ADMIN, Api, Office, PASSWORD, Running};
use serde_json::{Value, json};

const FETCH: &str = "mutation($input: FetchJobsInput!) { fetchJobs(input: $input) {
  jobs { id fence attempt } errors { code message } } }";
const FAIL: &str = "mutation($input: FailJobInput!) { failJob(input: $input) { errors { code message } } }";
const PAUSE: &str = "mutation($input: PauseJobsInput!) { pauseJobs(input: $input) {
  pause { id target stepKind reason workflow { id } createdBy { email } } errors { code message path } } }";
const RESUME: &str = "mutation($input: ResumeJobsInput!) { resumeJobs(input: $input) {
  resumedId errors { code message path } } }";
const PAUSES: &str = "{ jobPauses { nodes { id parkedJobs } } }";
const WHY: &str = "query($id: ID!) { whyWaiting(requestId: $id) { kind message pauses { id reason } } }";
const RETRY: &str = "mutation($input: RetryFailedStepsInput!) { retryFailedSteps(input: $input) {
  retried hasMore refused { stepId error { code } } errors { code message path } } }";
const FAILED: &str = "query($filter: FailedStepFilter) { failedSteps(filter: $filter) {
  nodes { id job { jobType target lastError } } } }";

/// Long enough for the slowest machine, far shorter than any wait of the test's.
const SECONDS: Duration = Duration::from_secs(15);

fn document() -> Value {
    json!({
        "steps": [
            { "key": "start", "name": "Start", "kind": "START" },
            { "key": "bill", "name": "Bill", "kind": "SERVICE", "service": { "jobType": "bill" } },
            { "key": "end", "name": "End", "kind": "END" },
        ],
        "transitions": [{ "from": "start", "to": "bill" }, { "from": "bill", "to": "end" }],
    })
}

async fn fetch(api: &Api, wait: &str) -> anyhow::Result<Vec<Value>> {
    let fetched = api.mutate("fetchJobs", FETCH, json!({ "types": ["bill"], "max": 10, "wait": wait })).await?;
    Ok(fetched["jobs"].as_array().context("jobs")?.clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn paused_work_waits_tells_why_and_goes_on_when_it_is_resumed() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let url = format!("sqlite://{}?mode=rwc", folder.path().join("pauses.db").display());
    let office = Office::found(folder.path(), &url)?;
    let server = Running::start(office.program(&url))?;
    let admin = Api::sign_in(&server.address, ADMIN, PASSWORD).await?;
    let workflow = Office::publish_document(&admin, "Billing", document()).await?;
    let input =
        json!({ "workflowId": workflow, "stepKind": "SERVICE", "target": "bill", "reason": "The bank is down" });
    let pause = admin.mutate("pauseJobs", PAUSE, input).await?["pause"].clone();
    assert_eq!(pause["workflow"]["id"], json!(workflow));
    assert_eq!((&pause["createdBy"]["email"], &pause["stepKind"]), (&json!(ADMIN), &json!("SERVICE")));
    let (request, _) = Office::start(&admin, &workflow).await?;
    assert!(fetch(&admin, "PT0S").await?.is_empty());
    let pauses = admin.call(PAUSES, Value::Null).await?.data("jobPauses")?;
    assert_eq!(pauses["nodes"], json!([{ "id": pause["id"], "parkedJobs": 1 }]));
    let why = admin.call(WHY, json!({ "id": request })).await?.data("whyWaiting")?;
    assert_eq!(why[0]["kind"], "PAUSE", "{why}");
    assert_eq!(why[0]["pauses"], json!([{ "id": pause["id"], "reason": "The bank is down" }]));

    let (begin, waiting) = (Instant::now(), admin.at(&server.address));
    let fetched = tokio::spawn(async move { fetch(&waiting, "PT25S").await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!fetched.is_finished(), "it is paused");
    let resumed = admin.mutate("resumeJobs", RESUME, json!({ "id": pause["id"], "reason": "It is back" })).await?;
    assert_eq!(resumed["resumedId"], pause["id"]);
    let jobs = fetched.await??;
    ensure!(begin.elapsed() < SECONDS, "it took {:?}", begin.elapsed());
    assert_eq!(jobs.iter().map(|job| job["attempt"].clone()).collect::<Vec<_>>(), [json!(1)], "no attempt is used up");
    let again = admin.call(RESUME, json!({ "input": { "id": pause["id"] } })).await?;
    assert_eq!(again.refusal("resumeJobs"), Some("NOT_FOUND"));

    let failure = json!({ "jobId": jobs[0]["id"], "fence": jobs[0]["fence"], "message": "No such account",
        "isFinal": true });
    admin.mutate("failJob", FAIL, failure).await?;
    let fits = json!({ "target": "bill", "errorContains": "ACCOUNT", "workflowId": workflow });
    let failed = admin.call(FAILED, json!({ "filter": fits })).await?.data("failedSteps")?;
    assert_eq!(
        failed["nodes"][0]["job"],
        json!({ "jobType": "bill", "target": "bill", "lastError": "No such account" })
    );
    let none = admin.mutate("retryFailedSteps", RETRY, json!({ "target": "smtp" })).await?;
    assert_eq!(none, json!({ "retried": 0, "hasMore": false, "refused": [], "errors": [] }));
    let done = admin.mutate("retryFailedSteps", RETRY, fits).await?;
    assert_eq!(done, json!({ "retried": 1, "hasMore": false, "refused": [], "errors": [] }));
    assert_eq!(fetch(&admin, "PT10S").await?.len(), 1);
    assert_eq!(server.terminate()?, Some(0));
    assert_eq!(office.verify()?.1, Some(0));
    Ok(())
}
