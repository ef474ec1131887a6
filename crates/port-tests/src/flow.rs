//! Every form of step, from the document to the rows and the journal.

use std::sync::Arc;

use chrono::TimeDelta;
use nexusflow_application::Call;
use nexusflow_application::request::{InboxFilter, Moment};
use nexusflow_application::{Page, PageRequest};
use nexusflow_domain::JsonMap;
use nexusflow_domain::ids::{RequestId, WorkflowId};
use nexusflow_domain::request::{RequestStatus, RequestStepStatus, WaitReason};
use nexusflow_domain::workflow::WorkflowDocument;
use serde_json::{Value, json};

use crate::StorePorts;
use crate::bench::Bench;

fn read(json: Value) -> anyhow::Result<WorkflowDocument> {
    Ok(serde_json::from_value(json)?)
}

fn step(key: &str, kind: &str, more: &Value) -> Value {
    let mut step = json!({ "key": key, "name": key.to_uppercase(), "kind": kind });
    if let (Some(step), Some(more)) = (step.as_object_mut(), more.as_object()) {
        step.extend(more.clone());
    }
    step
}

/// A document with every form of join, split and step.
fn all_forms() -> anyhow::Result<WorkflowDocument> {
    let user = json!({ "candidate": { "role": "User" } });
    let with = |more: Value| {
        let mut step = user.clone();
        if let (Some(step), Some(more)) = (step.as_object_mut(), more.as_object()) {
            step.extend(more.clone());
        }
        step
    };
    read(json!({
        "inputSchema": { "type": "object", "properties": { "amount": { "type": "number" } } },
        "steps": [
            step("start", "START", &json!({})),
            step("choose", "DECISION", &json!({ "split": "SOME" })),
            step("a", "TASK", &with(json!({ "mutex": "desk", "maxVisits": 3 }))),
            step("b", "TASK", &with(json!({ "mutex": "desk", "enabledWhile": { "after": "a" } }))),
            step("gather", "DECISION", &json!({ "join": { "SOME": { "split": "choose" } } })),
            step("race", "RACE", &json!({})),
            step("answer", "TASK", &user),
            step("patience", "WAIT", &json!({ "wait": { "timer": { "after": "P2D" } } })),
            step("fork", "DECISION", &json!({ "split": "ALL" })),
            step("c", "TASK", &user),
            step("d", "TASK", &user),
            step("first", "DECISION", &json!({ "join": { "AT_LEAST": { "count": 1, "split": "fork", "late": "CANCEL" } } })),
            step("board", "APPROVAL", &with(json!({
                "outcomes": ["APPROVED", "REJECTED"], "approval": { "quorum": { "atLeast": { "count": 2 } } },
            }))),
            step("late", "BOUNDARY", &json!({ "boundary": { "attachedTo": "checks", "on": { "timer": { "after": "P9D" } } } })),
            step("end", "END", &json!({})),
            step("bad", "END", &json!({ "end": "ERROR", "errorCode": "REFUSED" })),
        ],
        "transitions": [
            { "from": "start", "to": "choose" },
            { "from": "choose", "to": "a", "condition": "amount > 10.0" },
            { "from": "choose", "to": "b", "isDefault": true },
            { "from": "a", "to": "gather" }, { "from": "b", "to": "gather" }, { "from": "gather", "to": "race" },
            { "from": "race", "to": "answer" }, { "from": "race", "to": "patience" },
            { "from": "answer", "to": "fork" }, { "from": "patience", "to": "fork" },
            { "from": "fork", "to": "c" }, { "from": "fork", "to": "d" },
            { "from": "c", "to": "first" }, { "from": "d", "to": "first" }, { "from": "first", "to": "board" },
            { "from": "board", "outcome": "APPROVED", "to": "end" },
            { "from": "board", "outcome": "REJECTED", "to": "bad" },
            { "from": "late", "to": "end" },
        ],
        "scopes": [{ "key": "checks", "name": "Checks", "steps": ["fork", "c", "d", "first"] }],
    }))
}

async fn started(bench: &Bench, workflow: WorkflowId, variables: Value) -> anyhow::Result<RequestId> {
    let variables: JsonMap = serde_json::from_value(variables)?;
    Ok(bench.acme.start(&bench.acme.admin, workflow, variables).await?)
}

async fn statuses(bench: &Bench, request: RequestId) -> anyhow::Result<Vec<(String, RequestStepStatus)>> {
    let steps = bench.storage.steps.steps_of(&bench.scope(), &[request]).await?;
    let mut found: Vec<_> = steps.into_iter().map(|step| (step.step.to_string(), step.status)).collect();
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(found)
}

pub async fn every_form_of_step_is_stored_as_it_was_published(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let document = all_forms()?;
    let workflow = bench.acme.publish("all forms", document.clone()).await?;
    let version = bench.storage.workflows.versions_of(&bench.scope(), &[workflow], 1).await?.pop();
    assert_eq!(version.map(|version| version.document), Some(document));
    bench.check_intact().await
}

pub async fn a_request_runs_through_every_form_of_step(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let workflow = bench.acme.publish("all forms", all_forms()?).await?;
    let (ann, ben) = (bench.acme.user("ann", &[]).await?, bench.acme.user("ben", &[]).await?);
    let request = started(&bench, workflow, json!({ "amount": 12.5 })).await?;
    bench.acme.complete(&ann, request, "a", "COMPLETED").await?;
    bench.clock.advance(TimeDelta::days(2));
    assert_eq!(bench.application.timers.fire_due(10).await?, 1, "the wait of the race ends");
    bench.acme.complete(&ann, request, "c", "COMPLETED").await?;
    bench.acme.complete(&ann, request, "board", "APPROVED").await?;
    let again = bench.acme.complete(&ann, request, "board", "APPROVED").await;
    assert!(again.is_err(), "one vote a person");
    assert!(inbox(&bench, &ann).await?.is_empty(), "who has voted is not asked any more");
    assert_eq!(inbox(&bench, &ben).await?, ["board"]);
    bench.acme.complete(&ben, request, "board", "APPROVED").await?;
    let stored = bench.application.request_reads.requests(&bench.acme.admin, &[request]).await?;
    assert_eq!(stored.into_iter().map(|request| request.status).collect::<Vec<_>>(), [RequestStatus::Completed]);
    let (done, gone) = (RequestStepStatus::Completed, RequestStepStatus::Cancelled);
    let expected = [
        ("a", done),
        ("answer", gone),
        ("board", done),
        ("c", done),
        ("choose", done),
        ("d", gone),
        ("end", done),
        ("first", done),
        ("fork", done),
        ("gather", done),
        ("patience", done),
        ("race", done),
        ("start", done),
    ];
    let found = statuses(&bench, request).await?;
    let found: Vec<_> = found.iter().map(|(key, status)| (key.as_str(), *status)).collect();
    assert_eq!(found, expected);
    bench.check_fold(request).await?;
    bench.check_intact().await
}

async fn inbox(bench: &Bench, call: &Call) -> anyhow::Result<Vec<String>> {
    let filter = InboxFilter::default();
    let Page { edges, .. } = bench.application.request_reads.inbox(call, &filter, &PageRequest::first(10)).await?;
    Ok(edges.into_iter().map(|edge| edge.node.step.step.to_string()).collect())
}

pub async fn a_boundary_timer_of_a_scope_fires_once_with_two_servers(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let workflow = bench.acme.publish("all forms", all_forms()?).await?;
    let ann = bench.acme.user("ann", &[]).await?;
    let request = started(&bench, workflow, json!({ "amount": 12.5 })).await?;
    bench.acme.complete(&ann, request, "a", "COMPLETED").await?;
    bench.acme.complete(&ann, request, "answer", "COMPLETED").await?;
    bench.clock.advance(TimeDelta::days(9));
    let servers = [bench.application.clone(), Arc::new(bench.second_application())];
    let rounds = servers.map(|server| tokio::spawn(async move { server.timers.fire_due(10).await }));
    let mut fired = 0;
    for round in rounds {
        fired += round.await??;
    }
    assert_eq!(fired, 1);
    let found = statuses(&bench, request).await?;
    let open: Vec<_> = found.iter().filter(|(_, status)| *status == RequestStepStatus::Active).collect();
    assert!(open.is_empty(), "everything in the scope is cancelled: {open:?}");
    assert!(found.contains(&("late".to_owned(), RequestStepStatus::Completed)));
    bench.check_fold(request).await?;
    bench.check_intact().await
}

pub async fn what_a_request_waits_for_and_was_is_told_from_state_and_journal(
    storage: &StorePorts,
) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let workflow = bench.acme.publish("all forms", all_forms()?).await?;
    let ann = bench.acme.user("ann", &[]).await?;
    let request = started(&bench, workflow, json!({ "amount": 12.5 })).await?;
    let admin = &bench.acme.admin;
    let explanations = &bench.application.explanations;
    let before = explanations.why_waiting(admin, request).await?.map(|why| why.waits).unwrap_or_default();
    assert!(matches!(before[..], [ref wait] if matches!(wait.reason, WaitReason::Person { .. })), "{before:?}");
    let at = bench.ports.clock.now();
    bench.clock.advance(TimeDelta::hours(1));
    bench.acme.complete(&ann, request, "a", "COMPLETED").await?;
    let now = explanations.why_waiting(admin, request).await?.map(|why| why.waits).unwrap_or_default();
    assert_eq!(now.len(), 2, "the rivals of the race: {now:?}");
    let then = explanations.at(admin, request, Moment::At(at)).await?.map(|snapshot| snapshot.state);
    let open = then.map(|state| state.open.into_values().map(|open| open.step.to_string()).collect::<Vec<_>>());
    assert_eq!(open, Some(vec!["a".to_owned()]));
    let first = explanations.at(admin, request, Moment::Version(1)).await?.map(|snapshot| snapshot.state.version);
    assert_eq!(first, Some(1));
    let nothing = explanations.at(admin, request, Moment::Version(0)).await?;
    assert!(nothing.is_none(), "it did not exist yet");
    assert!(explanations.stuck(admin, 10, None).await?.edges.is_empty());
    let foreign = bench.foreign().await?;
    assert!(explanations.why_waiting(&foreign.admin, request).await?.is_none(), "another tenant's");
    assert!(explanations.at(&foreign.admin, request, Moment::Version(9)).await?.is_none());
    bench.check_intact().await
}
