//! Calls: requests that requests start, wait for and end with.

use nexusflow_application::access::RequestScope;
use nexusflow_application::request::{JobKind, Request, RequestFilter, RequestOrder, RequestOrderField};
use nexusflow_application::workflow::WorkflowChange;
use nexusflow_application::{Page, PageRequest};
use nexusflow_domain::JsonMap;
use nexusflow_domain::ids::{RequestId, WorkflowId};
use nexusflow_domain::request::{DeadlineClock, RequestStatus, RequestStepStatus};
use nexusflow_domain::workflow::{MAX_CALL_DEPTH, WorkflowDocument};
use serde_json::{Value, json};

use crate::StorePorts;
use crate::bench::Bench;
use crate::documents::{sequence, task, with};

/// A CALL step of a workflow, with further fields of the step.
pub fn call(key: &str, workflow: &str, more: &Value) -> Value {
    with(json!({ "key": key, "name": key.to_uppercase(), "kind": "CALL", "call": { "workflow": workflow } }), more)
}

/// `start` → `c`, which calls, with further fields → `end`; what `c` throws leads to a task of its name.
pub fn catching(workflow: &str, more: &Value, codes: &[&str]) -> anyhow::Result<WorkflowDocument> {
    let mut document = serde_json::to_value(sequence(&[call("c", workflow, more)])?)?;
    let mut add = |field: &str, item: Value| document[field].as_array_mut().map(|items| items.push(item));
    for code in codes {
        let (boundary, next) = (format!("on-{}", code.to_lowercase()), code.to_lowercase());
        let on = json!({ "attachedTo": "c", "on": { "error": { "code": code } } });
        add("steps", json!({ "key": boundary, "name": code, "kind": "BOUNDARY", "boundary": on }));
        add("steps", task(&next, "User", &json!({})));
        add("transitions", json!({ "from": boundary, "to": next }));
        add("transitions", json!({ "from": next, "to": "end" }));
    }
    Ok(serde_json::from_value(document)?)
}

fn variables(of: &Value) -> JsonMap {
    of.as_object().cloned().unwrap_or_default()
}

impl Bench {
    /// Looks after calls until nothing is to be done about any.
    pub async fn settle_calls(&self) -> anyhow::Result<()> {
        while self.application.calls.carry_out(3).await? > 0 {}
        assert_eq!(self.storage.jobs.next_due(JobKind::Call).await?, None);
        Ok(())
    }

    /// The requests that a request has called, the first one first.
    pub async fn children(&self, parent: RequestId) -> anyhow::Result<Vec<Request>> {
        let scope = RequestScope::system(self.acme.organization.id);
        let filter = RequestFilter { parent: Some(parent), ..RequestFilter::default() };
        let order = RequestOrder { field: RequestOrderField::CreatedAt, descending: false };
        let page: Page<Request> =
            self.storage.request_reader.list_requests(&scope, &filter, order, &PageRequest::first(100)).await?;
        assert_eq!(self.storage.request_reader.count_requests(&scope, &filter, 1_000).await?, page.edges.len() as u64);
        Ok(page.into_nodes())
    }

    pub async fn only_child(&self, parent: RequestId) -> anyhow::Result<RequestId> {
        let children = self.children(parent).await?;
        assert_eq!(children.len(), 1, "{children:#?}");
        Ok(children[0].id)
    }

    async fn status(&self, request: RequestId) -> anyhow::Result<RequestStatus> {
        self.check_fold(request).await?;
        Ok(self.load(request).await?.state.status())
    }

    /// The open steps' keys.
    async fn open(&self, request: RequestId) -> anyhow::Result<Vec<String>> {
        Ok(self.load(request).await?.state.open.values().map(|open| open.step.to_string()).collect())
    }

    /// A workflow of a task for anybody, `work`.
    async fn work(&self, name: &str) -> anyhow::Result<WorkflowId> {
        Ok(self.acme.publish(name, sequence(&[task("work", "User", &json!({}))])?).await?)
    }
}

pub async fn give_the_input_and_bring_the_output_back(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let child_workflow = bench.work("Check").await?;
    let mapped = json!({ "input": { "sum": "amount * 2" }, "output": { "checked": "result.sum + 1" } });
    let workflow = bench.acme.publish("Order", sequence(&[call("c", "Check", &mapped)])?).await?;
    let ann = bench.acme.user("ann", &[]).await?;
    let parent = bench.acme.start(&ann, workflow, variables(&json!({ "amount": 20, "pin": "x" }))).await?;
    bench.settle_calls().await?;
    let children = bench.children(parent).await?;
    let [child] = &children[..] else { panic!("{children:#?}") };
    assert_eq!((child.title.as_str(), child.workflow, child.requester), ("Check", child_workflow, ann.principal.user));
    assert_eq!(child.variables, variables(&json!({ "sum": 40 })));
    let step = bench.steps(parent).await?.into_iter().find(|step| step.step.as_str() == "c").expect("the step");
    assert_eq!((step.called, step.status), (Some(child.id), RequestStepStatus::Active));
    assert_eq!(child.parent.map(|of| (of.request, of.step)), Some((parent, step.id)));
    assert_eq!(bench.load(child.id).await?.state.parent.map(|of| of.depth), Some(1));
    bench.acme.complete(&ann, child.id, "work", "COMPLETED").await?;
    bench.settle_calls().await?;
    assert_eq!(bench.status(parent).await?, RequestStatus::Completed);
    let known = bench.load(parent).await?.state.variables;
    assert_eq!(known, variables(&json!({ "amount": 20, "pin": "x", "checked": 41 })));
    bench.check_intact().await
}

pub async fn throw_what_the_called_request_failed_with(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let mut poor = serde_json::to_value(sequence(&[task("work", "User", &json!({}))])?)?;
    poor["steps"][2] = json!({ "key": "end", "name": "Poor", "kind": "END", "end": "ERROR", "errorCode": "POOR" });
    bench.acme.publish("Check", serde_json::from_value(poor)?).await?;
    let codes = ["POOR", "CALL_CANCELLED"];
    let workflow = bench.acme.publish("Order", catching("Check", &json!({}), &codes)?).await?;
    let admin = &bench.acme.admin;
    for (ends, next) in [(true, "poor"), (false, "call_cancelled")] {
        let parent = bench.start(admin, workflow).await?;
        bench.settle_calls().await?;
        let child = bench.only_child(parent).await?;
        if ends {
            bench.acme.complete(admin, child, "work", "COMPLETED").await?;
        } else {
            bench.application.requests.cancel(admin, child, None).await?;
        }
        bench.settle_calls().await?;
        assert_eq!(bench.open(parent).await?, [next]);
        bench.check_fold(parent).await?;
    }
    bench.check_intact().await
}

pub async fn end_with_their_caller_unless_detached(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    bench.work("Check").await?;
    let (admin, requests) = (&bench.acme.admin, &bench.application.requests);
    let waiting = bench.acme.publish("Waiting", sequence(&[call("c", "Check", &json!({}))])?).await?;
    let detached = json!({ "call": { "workflow": "Check", "detached": true } });
    let steps = [call("c", "Check", &detached), task("after", "User", &json!({}))];
    let detached = bench.acme.publish("Detached", sequence(&steps)?).await?;
    for (workflow, open, expected) in
        [(waiting, "c", RequestStatus::Cancelled), (detached, "after", RequestStatus::InProgress)]
    {
        let parent = bench.start(admin, workflow).await?;
        bench.settle_calls().await?;
        assert_eq!(bench.open(parent).await?, [open]);
        requests.cancel(admin, parent, None).await?;
        bench.settle_calls().await?;
        let child = bench.only_child(parent).await?;
        assert_eq!(bench.status(child).await?, expected);
    }
    // One that was not started yet is not started any more.
    let parent = bench.start(admin, waiting).await?;
    requests.cancel(admin, parent, None).await?;
    bench.settle_calls().await?;
    assert!(bench.children(parent).await?.is_empty());
    bench.check_intact().await
}

pub async fn of_what_cannot_be_started_are_errors(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let (admin, workflows) = (&bench.acme.admin, &bench.application.workflows);
    let [deleted, paused] = [bench.work("Deleted").await?, bench.work("Paused").await?];
    bench.work("One version").await?;
    let mut strict = serde_json::to_value(sequence(&[])?)?;
    strict["inputSchema"] = json!({ "type": "object", "required": ["sum"] });
    bench.acme.publish("Strict", serde_json::from_value(strict)?).await?;
    let pinned = json!({ "call": { "workflow": "One version", "version": { "PINNED": 2 } } });
    let mut callers = Vec::new();
    for (called, more) in
        [("Deleted", json!({})), ("Paused", json!({})), ("Strict", json!({})), ("One version", pinned)]
    {
        let document = catching(called, &more, &["CALL_REFUSED"])?;
        callers.push(bench.acme.publish(&format!("Calls {called}"), document).await?);
    }
    workflows.delete(admin, deleted).await?;
    workflows.pause(admin, paused).await?;
    for caller in callers {
        let parent = bench.start(admin, caller).await?;
        bench.settle_calls().await?;
        assert_eq!(bench.open(parent).await?, ["call_refused"]);
        assert!(bench.children(parent).await?.is_empty());
    }
    bench.check_intact().await
}

pub async fn nest_down_to_the_limit(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let workflow = bench.acme.publish("Deep", catching("Deep", &json!({}), &["CALL_REFUSED"])?).await?;
    let mut request = bench.start(&bench.acme.admin, workflow).await?;
    let first = request;
    bench.settle_calls().await?;
    for _ in 0..MAX_CALL_DEPTH {
        assert_eq!(bench.open(request).await?, ["c"]);
        request = bench.only_child(request).await?;
    }
    assert_eq!(bench.open(request).await?, ["call_refused"], "the deepest one catches the error");
    bench.acme.complete(&bench.acme.admin, request, "call_refused", "COMPLETED").await?;
    bench.settle_calls().await?;
    assert_eq!(bench.status(first).await?, RequestStatus::Completed, "and all of them end");
    bench.check_intact().await
}

pub async fn rest_while_their_caller_is_suspended(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    bench.work("Check").await?;
    let workflow = bench.acme.publish("Order", sequence(&[call("c", "Check", &json!({}))])?).await?;
    let (admin, requests) = (&bench.acme.admin, &bench.application.requests);
    let parent = bench.start(admin, workflow).await?;
    requests.suspend(admin, parent, None, DeadlineClock::Stopped).await?;
    bench.settle_calls().await?;
    assert!(bench.children(parent).await?.is_empty(), "started by a suspended caller");
    requests.resume(admin, parent).await?;
    bench.settle_calls().await?;
    let child = bench.only_child(parent).await?;
    requests.suspend(admin, parent, None, DeadlineClock::Stopped).await?;
    bench.acme.complete(admin, child, "work", "COMPLETED").await?;
    bench.settle_calls().await?;
    assert_eq!(bench.open(parent).await?, ["c"]);
    requests.resume(admin, parent).await?;
    bench.settle_calls().await?;
    assert_eq!(bench.status(parent).await?, RequestStatus::Completed);
    bench.check_intact().await
}

pub async fn made_anew_by_a_retry_start_another_request(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    bench.work("Check").await?;
    let workflow = bench.acme.publish("Order", sequence(&[call("c", "Check", &json!({}))])?).await?;
    let (admin, requests) = (&bench.acme.admin, &bench.application.requests);
    let parent = bench.start(admin, workflow).await?;
    bench.settle_calls().await?;
    let first = bench.only_child(parent).await?;
    requests.cancel(admin, first, None).await?;
    bench.settle_calls().await?;
    let step = bench.steps(parent).await?.into_iter().find(|step| step.step.as_str() == "c").expect("the step");
    assert_eq!((step.status, step.called), (RequestStepStatus::Failed, Some(first)));
    requests.retry_step(admin, parent, step.id).await?;
    bench.settle_calls().await?;
    let children: Vec<RequestId> = bench.children(parent).await?.into_iter().map(|child| child.id).collect();
    let [_, second] = children[..] else { panic!("{children:?}") };
    assert_eq!(bench.steps(parent).await?.iter().find_map(|step| step.called), Some(second));
    bench.acme.complete(admin, second, "work", "COMPLETED").await?;
    bench.settle_calls().await?;
    assert_eq!(bench.status(parent).await?, RequestStatus::Completed);
    bench.check_intact().await
}

pub async fn run_on_the_latest_version_or_a_pinned_one(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let (admin, workflows) = (&bench.acme.admin, &bench.application.workflows);
    let checked = bench.work("Check").await?;
    let first = bench.active_version(checked).await?;
    let document = Some(sequence(&[task("other", "User", &json!({}))])?);
    workflows.edit(admin, checked, WorkflowChange { document, ..WorkflowChange::default() }).await?;
    assert_eq!(storage.workflows.published_version(&bench.scope(), checked, 2).await?, None, "a draft");
    let second = workflows.publish(admin, checked, None, true, None).await?;
    for (version, expected) in
        [(json!("LATEST"), second), (json!({ "PINNED": 1 }), first), (json!({ "PINNED": 2 }), second)]
    {
        let more = json!({ "call": { "workflow": "Check", "version": version } });
        let workflow = bench.acme.publish(&format!("Order {version}"), sequence(&[call("c", "Check", &more)])?).await?;
        let parent = bench.start(admin, workflow).await?;
        bench.settle_calls().await?;
        let child = bench.only_child(parent).await?;
        assert_eq!(bench.load(child).await?.state.workflow_version, expected, "{version}");
    }
    let foreign = crate::bench::scope_of(&bench.foreign().await?);
    assert_eq!(storage.workflows.published_version(&foreign, checked, 1).await?, None);
    bench.check_intact().await
}
