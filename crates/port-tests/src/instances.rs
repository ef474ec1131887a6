//! Steps of several instances: rows, inboxes and what operators do, on every store.

use nexusflow_application::PageRequest;
use nexusflow_application::request::{Completion, InboxFilter, RequestStep, StepInstance};
use nexusflow_domain::ids::RequestId;
use nexusflow_domain::request::RequestStepStatus;
use nexusflow_domain::workflow::WorkflowDocument;
use serde_json::{Value, json};

use crate::StorePorts;
use crate::bench::Bench;
use crate::documents::task;

/// start → ask → after → end: the task `ask` once for each item of the variable `people`.
fn asking(multi: Value) -> anyhow::Result<WorkflowDocument> {
    let mut fields = json!({ "multi": { "over": "people" }, "input": { "whom": "item", "title": "subject" } });
    if let (Some(fields), Value::Object(multi)) = (fields["multi"].as_object_mut(), multi) {
        fields.extend(multi);
    }
    Ok(serde_json::from_value(json!({
        "steps": [
            { "key": "start", "name": "Start", "kind": "START" },
            task("ask", "clerk", &fields),
            task("after", "clerk", &json!({})),
            { "key": "end", "name": "End", "kind": "END" },
        ],
        "transitions": [{ "from": "start", "to": "ask" }, { "from": "ask", "to": "after" }, { "from": "after", "to": "end" }],
    }))?)
}

/// A document with every form of work that is not a person's.
pub fn all_work(called: &str) -> anyhow::Result<WorkflowDocument> {
    let step = |key: &str, kind: &str, more: Value| {
        let mut step = json!({ "key": key, "name": key, "kind": kind });
        if let (Some(step), Value::Object(more)) = (step.as_object_mut(), more) {
            step.extend(more);
        }
        step
    };
    let keys = ["start", "bill", "judge", "check", "each", "paid", "hook", "due", "end"];
    let edges: Vec<Value> = keys.windows(2).map(|pair| json!({ "from": pair[0], "to": pair[1] })).collect();
    let message = json!({ "name": "payment", "key": "order.id", "kept": false });
    Ok(serde_json::from_value(json!({
        "steps": [
            step("start", "START", json!({})),
            step("bill", "SERVICE", json!({
                "service": { "jobType": "invoice", "retry": { "attempts": 5, "delay": "PT1M", "backoff": "FIXED" } },
                "input": { "sum": "order.total * 1.2" }, "output": { "invoice": "result.number" },
            })),
            step("judge", "AGENT", json!({ "agent": {
                "instructions": "Judge the order.", "resultSchema": { "type": "object", "required": ["score"] },
            } })),
            step("check", "CALL", json!({ "call": { "workflow": called, "version": { "PINNED": 1 }, "detached": true } })),
            step("each", "SERVICE", json!({
                "service": { "jobType": "pack" },
                "multi": { "over": "order.lines", "mode": "SEQUENTIAL", "complete": { "when": "ended > 1" },
                    "remaining": "KEEP", "mayGrow": true, "collect": "packed" },
            })),
            step("paid", "WAIT", json!({ "wait": { "message": message } })),
            step("hook", "WAIT", json!({ "wait": { "webhook": {} } })),
            step("due", "WAIT", json!({ "wait": { "timer": { "until": "timestamp(order.due) - duration('1h')" } } })),
            step("end", "END", json!({})),
        ],
        "transitions": edges,
    }))?)
}

async fn asked(bench: &Bench, request: RequestId) -> anyhow::Result<(RequestStep, Vec<RequestStep>)> {
    let rows = bench.steps(request).await?.into_iter().filter(|row| row.step.as_str() == "ask");
    let (mut instances, mut hosts): (Vec<_>, Vec<_>) = rows.partition(|row| row.instance.is_some());
    instances.sort_by_key(|row| row.instance.as_ref().map(|instance| instance.index));
    let host = hosts.pop().ok_or_else(|| anyhow::anyhow!("no row of the step itself"))?;
    assert!(hosts.is_empty(), "one row of the step itself");
    Ok((host, instances))
}

pub async fn every_form_of_work_is_stored_as_it_was_published(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let clerk = bench.acme.role("clerk").await?;
    bench.acme.user("ann", &[clerk]).await?;
    bench.acme.publish("Called", asking(json!({}))?).await?;
    let document = all_work("Called")?;
    let workflow = bench.acme.publish("all work", document.clone()).await?;
    let version = bench.storage.workflows.versions_of(&bench.scope(), &[workflow], 1).await?.pop();
    assert_eq!(version.map(|version| version.document), Some(document));
    bench.check_intact().await
}

pub async fn each_instance_has_a_row_and_is_worked_by_itself(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let clerk = bench.acme.role("clerk").await?;
    let (ann, ben) = (bench.acme.user("ann", &[clerk]).await?, bench.acme.user("ben", &[clerk]).await?);
    let workflow = bench.acme.publish("ask", asking(json!({ "collect": "answers" }))?).await?;
    let variables = serde_json::from_value(json!({ "people": ["x", { "y": 1 }], "subject": "s" }))?;
    let request = bench.acme.start(&bench.acme.admin, workflow, variables).await?;
    let (host, instances) = asked(&bench, request).await?;
    assert_eq!((host.status, host.is_human, &host.input), (RequestStepStatus::Active, false, &None));
    let second = StepInstance { of: host.id, index: 1, item: json!({ "y": 1 }) };
    assert_eq!(instances[1].instance, Some(second));
    let given = instances[1].input.clone().map(Value::Object);
    assert_eq!(given, Some(json!({ "whom": { "y": 1 }, "title": "s" })));
    let requests = &bench.application.requests;
    requests.claim(&ann, request, instances[0].id, None).await?;
    let inbox = bench.application.request_reads.inbox(&ben, &InboxFilter::default(), &PageRequest::first(10)).await?;
    let seen: Vec<_> = inbox.edges.iter().map(|edge| edge.node.step.id).collect();
    assert_eq!(seen, [instances[1].id], "the step itself is nobody's, the first instance is taken");
    for (who, row) in [(&ben, &instances[1]), (&ann, &instances[0])] {
        let variables = serde_json::from_value(json!({ "said": row.id.to_string() }))?;
        let completion = Completion { outcome: "COMPLETED".parse()?, comment: None, variables, on_behalf_of: None };
        requests.complete(who, request, row.id, completion, None).await?;
    }
    let (host, done) = asked(&bench, request).await?;
    assert!(done.iter().chain([&host]).all(|row| row.status == RequestStepStatus::Completed));
    assert_eq!(done[0].completed_by, Some(ann.principal.user));
    let answers = bench.load(request).await?.state.variables["answers"].clone();
    assert_eq!(answers[1]["result"]["said"], json!(instances[1].id.to_string()));
    bench.acme.complete(&ann, request, "after", "COMPLETED").await?;
    bench.check_fold(request).await?;
    bench.check_intact().await
}

pub async fn instances_are_added_and_closed_by_operators_only(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let clerk = bench.acme.role("clerk").await?;
    let ann = bench.acme.user("ann", &[clerk]).await?;
    let workflow = bench.acme.publish("ask", asking(json!({ "mayGrow": true }))?).await?;
    let variables = serde_json::from_value(json!({ "people": ["x"], "subject": "s" }))?;
    let request = bench.acme.start(&bench.acme.admin, workflow, variables).await?;
    let (host, _) = asked(&bench, request).await?;
    let requests = &bench.application.requests;
    assert!(requests.add_instance(&ann, request, host.id, json!("z")).await.is_err(), "a candidate adds none");
    assert!(requests.close_instances(&ann, request, host.id, "x".to_owned()).await.is_err(), "nor closes them");
    let admin = &bench.acme.admin;
    requests.add_instance(admin, request, host.id, json!("z")).await?;
    let (_, instances) = asked(&bench, request).await?;
    assert_eq!(instances[1].instance.as_ref().map(|instance| instance.item.clone()), Some(json!("z")));
    let foreign = bench.foreign().await?;
    assert!(requests.add_instance(&foreign.admin, request, host.id, json!("z")).await.is_err());
    requests.close_instances(admin, request, host.id, "enough".to_owned()).await?;
    let (host, instances) = asked(&bench, request).await?;
    assert!(instances.iter().all(|row| row.status == RequestStepStatus::Cancelled));
    assert_eq!(host.status, RequestStepStatus::Completed);
    bench.check_fold(request).await?;
    bench.check_intact().await
}
