//! Calls of other workflows: what opens, what comes back, how errors are caught, and what stale news
//! does not do (workflow control-flow pattern 22; BPM-06-22).

pub mod support;

use nexusflow_domain::ids::{RequestId, RequestStepId};
use nexusflow_domain::problem::ProblemCode;
use nexusflow_domain::request::{
    CALL_CANCELLED, CallEnd, Command, DeadlineClock, Parent, Refusal, RequestStatus, StartRequest, Work,
};
use nexusflow_domain::workflow::verification::{EndSemantics, Limits, Verdict, net_of_graph, verify};
use nexusflow_domain::workflow::{Graph, MAX_CALL_DEPTH, compile};
use serde_json::{Value, json};
use support::flow::{catcher, decision, drawn, fork, join, otherwise, paths, scope, scoped, step, story, tasks, when};
use support::{Desk, REQUESTER, directory, document, framed, map, person, start_request, suspend, with};
use uuid::Uuid;

const NOTHING: [&str; 0] = [];

fn call(key: &str, more: &Value) -> Value {
    with(step(key, "CALL", &json!({ "call": { "workflow": "Check credit" } })), more)
}

/// `start`, a call with further fields, a task behind it, `end`.
fn calling(more: &Value) -> Graph {
    drawn(&[vec![call("c", more)], tasks(&["after"])], &[paths(&["start c after end"])])
}

fn child_of(desk: &Desk<'_>, step: RequestStepId) -> RequestId {
    match desk.state.open[&step].work {
        Work::Call { child } => child,
        ref other => panic!("not a call: {other:?}"),
    }
}

fn completed(variables: &Value) -> CallEnd {
    CallEnd::Completed { variables: map(variables) }
}

fn failed(code: &str) -> CallEnd {
    CallEnd::Failed { code: code.to_owned(), message: format!("it ended with {code}") }
}

impl Desk<'_> {
    fn tell(&mut self, step: RequestStepId, child: RequestId, end: CallEnd) -> Result<Vec<String>, Refusal> {
        let events = self.perform(None, &Command::CallEnded { step, child, end })?;
        self.check_fold();
        Ok(story(&events))
    }

    /// The request that the step calls ends.
    fn called_ends(&mut self, step: &str, end: CallEnd) -> Vec<String> {
        let id = self.open(step);
        let child = child_of(self, id);
        self.tell(id, child, end).expect("the news is taken")
    }
}

#[test]
fn a_call_opens_with_the_id_of_the_request_to_be_and_its_input() {
    let graph = calling(&json!({ "input": { "amount": "price * 2" } }));
    let desk = Desk::started(&graph, &json!({ "price": 21, "secret": "x" }));
    let id = desk.open("c");
    let open = &desk.state.open[&id];
    assert_eq!(open.input, Some(map(&json!({ "amount": 42 }))));
    assert_eq!(desk.state.calls(), [(id, child_of(&desk, id))].into());
    assert_ne!(child_of(&desk, id), desk.state.id);
}

#[test]
fn without_an_output_mapping_nothing_comes_back() {
    let graph = calling(&json!({}));
    let mut desk = Desk::started(&graph, &json!({ "price": 21 }));
    assert_eq!(desk.called_ends("c", completed(&json!({ "price": 1, "score": 7 }))), ["over c", "open after"]);
    assert_eq!(desk.state.variables, map(&json!({ "price": 21 })));
}

#[test]
fn an_output_mapping_sets_what_it_names() {
    let graph = calling(&json!({ "output": { "credit": "result.score > 5 && price > 20", "price": "null" } }));
    let mut desk = Desk::started(&graph, &json!({ "price": 21 }));
    desk.called_ends("c", completed(&json!({ "score": 7 })));
    assert_eq!(desk.state.variables, map(&json!({ "credit": true })));
}

#[test]
fn what_cannot_be_mapped_fails_the_step_and_a_retry_calls_anew() {
    let graph = calling(&json!({ "output": { "credit": "result.score" } }));
    let mut desk = Desk::started(&graph, &json!({}));
    let (id, first) = (desk.open("c"), child_of(&desk, desk.open("c")));
    assert_eq!(desk.called_ends("c", completed(&json!({}))), ["fail c"]);
    assert!(desk.state.calls().is_empty(), "a failed step waits for nobody");
    assert_eq!(desk.operate(&Command::Retry { step: id }).unwrap(), ["retry c"]);
    let second = child_of(&desk, id);
    assert_ne!(second, first);
    assert_eq!(desk.tell(id, first, completed(&json!({ "score": 1 }))).unwrap(), NOTHING, "the first call's end");
    assert_eq!(desk.tell(id, second, completed(&json!({ "score": 2 }))).unwrap(), ["over c", "open after"]);
    assert_eq!(desk.state.variables, map(&json!({ "credit": 2 })));
}

#[test]
fn an_error_is_caught_by_its_code_at_the_step_itself() {
    let more = [catcher("poor", "c", Some("POOR")), catcher("any", "c", None)];
    let steps = [vec![call("c", &json!({}))], more.to_vec(), tasks(&["b", "d"])];
    let graph = drawn(&steps, &[paths(&["start c end", "poor b end", "any d end"])]);
    for (code, boundary, next) in [("POOR", "poor", "b"), (CALL_CANCELLED, "any", "d")] {
        let mut desk = Desk::started(&graph, &json!({}));
        let told = desk.called_ends("c", failed(code));
        assert_eq!(
            told,
            [format!("fire {boundary}"), "cancel c".into(), format!("pass {boundary}"), format!("open {next}")]
        );
    }
}

#[test]
fn an_error_that_the_step_does_not_catch_goes_to_the_scope_around_it() {
    let steps = [vec![fork("f"), call("c", &json!({})), catcher("own", "c", Some("OTHER"))], tasks(&["a", "b", "o"])];
    let steps = [steps.concat(), vec![catcher("out", "s", Some("POOR"))]];
    let ways = paths(&["start f c end", "f a end", "out b end", "own o end"]);
    let graph = scoped(&steps, &[ways], &[scope("s", &["f", "c", "a"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    let told = desk.called_ends("c", failed("POOR"));
    assert_eq!(told[..2], ["cancel c", "fire out"]);
    desk.expect_open(&["b"]);
}

#[test]
fn an_error_that_nothing_catches_fails_the_step_and_leaves_the_request() {
    let graph = calling(&json!({ "required": false }));
    let mut desk = Desk::started(&graph, &json!({}));
    assert_eq!(desk.called_ends("c", failed("POOR")), ["fail c"]);
    desk.expect_open(&["c"]);
    let skip = Command::Skip { step: desk.open("c"), outcome: None, reason: "known to be good".to_owned() };
    assert_eq!(desk.operate(&skip).unwrap(), ["skip c", "open after"]);
}

#[test]
fn a_detached_call_is_over_when_the_called_request_has_started() {
    for detached in [true, false] {
        let graph = calling(&json!({ "call": { "workflow": "Check credit", "detached": detached } }));
        let mut desk = Desk::started(&graph, &json!({}));
        let (step, child) = (desk.open("c"), child_of(&desk, desk.open("c")));
        let told = story(&desk.perform(None, &Command::CallStarted { step, child }).unwrap());
        assert_eq!(told == ["over c", "open after"], detached, "{told:?}");
        assert_eq!(told.is_empty(), !detached);
        assert!(desk.perform(None, &Command::CallStarted { step, child }).unwrap().is_empty(), "told twice");
    }
}

#[test]
fn an_end_told_twice_or_of_another_request_has_no_effect() {
    let graph = calling(&json!({}));
    let mut desk = Desk::started(&graph, &json!({}));
    let (id, child) = (desk.open("c"), child_of(&desk, desk.open("c")));
    let other = RequestId::from_uuid(Uuid::from_u128(7));
    assert_eq!(desk.tell(id, other, failed("POOR")).unwrap(), NOTHING);
    assert_eq!(desk.tell(id, child, completed(&json!({}))).unwrap(), ["over c", "open after"]);
    assert_eq!(desk.tell(id, child, completed(&json!({}))).unwrap(), NOTHING);
    assert_eq!(desk.tell(id, child, failed("POOR")).unwrap(), NOTHING);
    desk.done("after");
    assert_eq!(desk.tell(id, child, failed("POOR")).unwrap(), NOTHING, "after the end of the request");
    desk.expect_completed();
}

#[test]
fn a_suspended_request_is_told_after_it_was_resumed() {
    let graph = calling(&json!({}));
    let mut desk = Desk::started(&graph, &json!({}));
    let (id, child) = (desk.open("c"), child_of(&desk, desk.open("c")));
    desk.operate(&suspend(DeadlineClock::Stopped)).unwrap();
    assert!(matches!(desk.tell(id, child, completed(&json!({}))), Err(Refusal::WrongStatus { .. })));
    assert_eq!(desk.state.calls(), [(id, child)].into(), "it is still called");
    desk.operate(&Command::Resume).unwrap();
    assert_eq!(desk.tell(id, child, completed(&json!({}))).unwrap(), ["over c", "open after"]);
}

#[test]
fn each_instance_calls_a_request_of_its_own() {
    let multi = json!({ "multi": { "over": "people", "collect": "scores" }, "input": { "who": "item" } });
    let graph = calling(&multi);
    let mut desk = Desk::started(&graph, &json!({ "people": ["ann", "bob"] }));
    let calls: Vec<(RequestStepId, RequestId)> = desk.state.calls().into_iter().collect();
    let given: Vec<_> = calls.iter().map(|(id, _)| desk.state.open[id].input.clone().unwrap()["who"].clone()).collect();
    assert_eq!(given, ["ann", "bob"]);
    for (place, (step, child)) in calls.iter().enumerate() {
        desk.tell(*step, *child, completed(&json!({ "score": place }))).unwrap();
    }
    desk.expect_open(&["after"]);
    let scores: Vec<&Value> =
        desk.state.variables["scores"].as_array().unwrap().iter().map(|of| &of["result"]).collect();
    assert_eq!(scores, [&json!({ "score": 0 }), &json!({ "score": 1 })]);
}

fn called(depth: u32) -> StartRequest {
    let step = RequestStepId::from_uuid(Uuid::from_u128(8));
    let request = RequestId::from_uuid(Uuid::from_u128(9));
    StartRequest { parent: Some(Parent { request, step, depth, detached: false }), ..start_request() }
}

#[test]
fn wcp_22_recursion_a_workflow_calls_itself_down_to_the_limit() {
    let graph = calling(&json!({}));
    for depth in 1..=MAX_CALL_DEPTH {
        let mut desk = Desk::new(&graph);
        desk.perform(None, &Command::Start(called(depth))).unwrap();
        assert_eq!(desk.state.parent.map(|parent| parent.depth), Some(depth));
        desk.expect_open(&["c"]);
    }
    let too_deep = MAX_CALL_DEPTH + 1;
    let refused = Desk::new(&graph).decide(None, &Command::Start(called(too_deep)));
    assert_eq!(refused, Err(Refusal::CallTooDeep { depth: too_deep, limit: MAX_CALL_DEPTH }));
}

#[test]
fn nobody_decides_or_claims_a_call() {
    let graph = calling(&json!({}));
    let mut desk = Desk::started(&graph, &json!({}));
    let step = desk.open("c");
    for command in [Command::Claim { step }, desk.completion("c", "COMPLETED", &json!({}))] {
        let refused = desk.decide(Some(&person(REQUESTER)), &command);
        assert!(matches!(refused, Err(Refusal::NotAwaited { .. })), "{refused:?}");
    }
}

#[test]
fn a_cancelled_request_calls_nobody_any_more() {
    let graph = calling(&json!({}));
    let mut desk = Desk::started(&graph, &json!({}));
    desk.operate(&Command::Cancel { reason: None }).unwrap();
    assert!(desk.state.calls().is_empty());
    desk.expect_ended(RequestStatus::Cancelled);
}

fn is_sound(graph: &Graph) -> bool {
    matches!(verify(&net_of_graph(graph, EndSemantics::Bpmn), Limits::without_deadline()), Verdict::Sound)
}

#[test]
fn an_error_branch_that_a_join_waits_for_in_vain_is_found() {
    let steps = [vec![fork("f"), call("c", &json!({})), catcher("poor", "c", Some("POOR")), join("j")], tasks(&["a"])];
    let ways = paths(&["start f c j end", "f a j"]);
    assert!(!is_sound(&drawn(&steps, &[ways.clone(), paths(&["poor j"])])));
    assert!(!is_sound(&drawn(&steps, &[ways.clone(), paths(&["poor end"])])));
    let merged = [steps.concat(), vec![decision("m", &json!({}))]];
    assert!(is_sound(&drawn(&merged, &[paths(&["start f c m j end", "f a j", "poor m"])])));
}

#[test]
fn a_cycle_of_calls_alone_must_be_bounded() {
    let document_with = |more: &Value| {
        let steps = [call("c", more), decision("d", &json!({}))];
        document(framed(
            &steps,
            &[paths(&["start c d"]), vec![when("d", "c", "again"), otherwise("d", "end")]].concat(),
        ))
    };
    let problems = compile(&document_with(&json!({})), &directory()).unwrap_err();
    assert_eq!(problems.iter().map(|problem| problem.code).collect::<Vec<_>>(), [ProblemCode::UnboundedCycle]);
    compile(&document_with(&json!({ "maxVisits": 3 })), &directory()).unwrap();
}
