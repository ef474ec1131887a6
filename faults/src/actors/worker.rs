use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Stage;
use crate::api::{Answer, Api};
use crate::documents::JOBS;
use crate::evidence::Acknowledged;
use crate::random::Random;

const FETCH: &str = "mutation($input: FetchJobsInput!) { fetchJobs(input: $input) {
  jobs { id fence attempt idempotencyKey } errors { code } } }";
const COMPLETE: &str = "mutation($input: CompleteJobInput!) { completeJob(input: $input) { errors { code } } }";
const FAIL: &str = "mutation($input: FailJobInput!) { failJob(input: $input) { errors { code } } }";

/// How long a worker tries to tell what came of a job: longer than its lease.
const PERSISTENCE: Duration = Duration::from_secs(10);

/// Fetches jobs, carries them out at the sink, and tells what came of them.
pub async fn run(stage: Arc<Stage>, number: u64, mut random: Random) {
    let sink = reqwest::Client::new();
    let mut fetches = 0_u64;
    while !stage.is_over() {
        fetches += 1;
        let input = json!({ "types": JOBS, "max": 4, "lease": "PT3S", "wait": "PT1S" });
        let answer = stage.office.robot.read("fetchJobs", FETCH, json!({ "input": input })).await;
        let jobs = answer.and_then(|mut answer| answer["jobs"].as_array_mut().map(std::mem::take));
        let Some(jobs) = jobs else {
            tokio::time::sleep(random.millis(100, 400)).await;
            continue;
        };
        for job in &jobs {
            if random.chance(8) {
                let message = format!("worker {number} gave up at fetch {fetches}: {}", random.next());
                fail(&stage, job, message).await;
                continue;
            }
            tokio::time::sleep(random.millis(0, 60)).await;
            let key = job["idempotencyKey"].as_str().unwrap_or_default();
            match affect(&sink, &stage.sink.url, key).await {
                Ok(result) => complete(&stage, job, result).await,
                Err(error) => stage.evidence.unexpected(format!("the sink: {error:#}")),
            }
        }
    }
}

async fn affect(sink: &reqwest::Client, url: &str, key: &str) -> anyhow::Result<Value> {
    Ok(sink.post(url).header("Idempotency-Key", key).send().await?.error_for_status()?.json().await?)
}

async fn complete(stage: &Stage, job: &Value, result: Value) {
    let stamp = result["stamp"].as_str().unwrap_or_default().to_owned();
    let input = json!({ "jobId": job["id"], "fence": job["fence"], "result": result });
    if tell(&stage.office.robot, "completeJob", COMPLETE, input).await {
        stage.evidence.acknowledged(Acknowledged::Worked { step: id(job), stamp });
    }
}

async fn fail(stage: &Stage, job: &Value, message: String) {
    let input = json!({ "jobId": job["id"], "fence": job["fence"], "message": message, "retryAfter": "PT1S" });
    if tell(&stage.office.robot, "failJob", FAIL, input).await {
        stage.evidence.acknowledged(Acknowledged::Failed { step: id(job), message });
    }
}

/// Tells the same until it is answered, or nobody can listen any more; whether it was taken.
async fn tell(api: &Api, field: &str, query: &str, input: Value) -> bool {
    let begin = Instant::now();
    while begin.elapsed() < PERSISTENCE {
        match api.call(field, query, json!({ "input": input })).await {
            Answer::Done(_) => return true,
            Answer::Refused(_) => return false,
            Answer::Unknown => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
    false
}

fn id(job: &Value) -> String {
    job["id"].as_str().unwrap_or_default().to_owned()
}
