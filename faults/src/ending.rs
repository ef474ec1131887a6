use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::actors::Stage;
use crate::evidence::FaultKind;
use crate::server::Server;

/// How long it may take until everything has come to its end.
const PATIENCE: Duration = Duration::from_mins(4);
/// How far clocks are put on at first, and then each time: beyond every lease and every pause.
const FIRST: i64 = 600_000;
const NEXT: i64 = 120_000;

/// How long what is due is given each time.
const PAUSE: Duration = Duration::from_secs(2);

const LIVE: &str = "{ requests(first: 100, filter: { statuses: [PENDING, IN_PROGRESS, SUSPENDED] }) {
  nodes { id status openSteps { status step { key } } } } }";
const FAILED: &str = "{ failedSteps(first: 100) { nodes { id } } }";
const RETRY: &str = "mutation($input: RetryStepsInput!) { retrySteps(input: $input) { errors { code } } }";

/// Lets time pass, and retries what failed, until no request is live or patience is over. Those that are live
/// then.
pub async fn await_the_end(stage: &Stage, servers: &[Server]) -> anyhow::Result<Vec<Value>> {
    let (begin, admin) = (Instant::now(), &stage.office.admin);
    let mut offset = FIRST;
    loop {
        let since = Instant::now();
        for server in servers {
            server.set_clock(offset)?;
        }
        stage.evidence.fault(FaultKind::Advance, since);
        offset += NEXT;
        tokio::time::sleep(PAUSE).await;
        let failed = admin.read("failedSteps", FAILED, Value::Null).await;
        let failed: Vec<Value> = nodes(failed).iter().map(|step| step["id"].clone()).collect();
        if !failed.is_empty() {
            let input = json!({ "stepIds": failed });
            admin.call("retrySteps", RETRY, json!({ "input": input })).await;
        }
        let Some(live) = admin.read("requests", LIVE, Value::Null).await else { continue };
        let live = nodes(Some(live));
        if live.is_empty() || begin.elapsed() > PATIENCE {
            return Ok(live);
        }
    }
}

fn nodes(connection: Option<Value>) -> Vec<Value> {
    connection.and_then(|found| found["nodes"].as_array().cloned()).unwrap_or_default()
}
