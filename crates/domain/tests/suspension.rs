//! Requests that do not run: not yet started, suspended, ended.

pub mod support;

use nexusflow_domain::request::{
    Command, DeadlineClock, Lifecycle, Refusal, RequestEvent, RequestStatus, StartRequest,
};
use nexusflow_domain::workflow::Graph;
use serde_json::{Value, json};
use support::{
    CHIEF, CLERK, Desk, REQUESTER, at, edge, framed, graph, graph_of, map, plus_micros, start_request, suspend, task,
    with,
};

/// A task due after 1000 seconds in a request due after 2000.
fn timed() -> Graph {
    let rungs = json!([{ "action": { "raise": {} } }, { "after": "PT100S", "action": { "raise": {} } }]);
    let steps = [task("a", &json!({ "sla": { "dueIn": "PT1000S", "escalations": rungs } }))];
    graph(with(framed(&steps, &[edge("start", "a"), edge("a", "end")]), &json!({ "sla": { "dueIn": "PT2000S" } })))
}

fn names(events: &[RequestEvent]) -> Vec<&'static str> {
    events.iter().map(RequestEvent::name).collect()
}

fn start_at<'g>(graph: &'g Graph, second: i64, variables: &Value) -> (Desk<'g>, Result<Vec<RequestEvent>, Refusal>) {
    let mut desk = Desk::new(graph);
    let start = StartRequest { starts_at: Some(at(second)), variables: map(variables), ..start_request() };
    let answer = desk.act(REQUESTER, &Command::Start(start));
    (desk, answer)
}

#[test]
fn stopped_clocks_move_every_deadline_by_the_time_of_the_suspension() {
    let graph = timed();
    let mut desk = Desk::started(&graph, &json!({}));
    let id = desk.open("a");
    desk.now = at(400);
    desk.act(CHIEF, &suspend(DeadlineClock::Stopped)).unwrap();
    assert_eq!((desk.state.status(), desk.state.wakes_at()), (RequestStatus::Suspended, None));
    assert_eq!(desk.fire_at(9_000), []);
    desk.now = plus_micros(at(10_400), 7);
    assert_eq!(names(&desk.act(CHIEF, &Command::Resume).unwrap()), ["REQUEST_RESUMED"]);
    let moved = plus_micros(at(11_000), 7);
    assert_eq!(desk.state.open[&id].due_at, Some(moved));
    assert_eq!(desk.state.due_at, Some(plus_micros(at(12_000), 7)));
    assert_eq!(desk.state.wakes_at(), Some(plus_micros(moved, 1)));
    assert_eq!(desk.state.open[&id].started_at, at(0));
    assert_eq!(names(&desk.fire_at(11_001)), ["ESCALATED"]);
    assert_eq!(
        desk.state.wakes_at(),
        Some(plus_micros(moved, 100_000_001)),
        "later rungs count from the moved deadline"
    );
}

#[test]
fn a_deadline_missed_before_the_suspension_stays_missed() {
    let graph = timed();
    let mut desk = Desk::started(&graph, &json!({}));
    desk.now = at(1_050);
    assert_eq!(names(&desk.act(CHIEF, &suspend(DeadlineClock::Stopped)).unwrap()), ["ESCALATED", "REQUEST_SUSPENDED"]);
    desk.now = at(5_050);
    desk.act(CHIEF, &Command::Resume).unwrap();
    assert_eq!(desk.state.wakes_at(), Some(plus_micros(at(5_100), 1)));
}

#[test]
fn running_clocks_escalate_on_resumption() {
    let graph = timed();
    let mut desk = Desk::started(&graph, &json!({}));
    desk.now = at(400);
    desk.act(CHIEF, &suspend(DeadlineClock::Running)).unwrap();
    assert_eq!((desk.fire_at(1_500), desk.state.wakes_at()), (vec![], None));
    let events = desk.act(CHIEF, &Command::Resume).unwrap();
    assert_eq!(names(&events), ["REQUEST_RESUMED", "ESCALATED", "ESCALATED"]);
    assert_eq!(desk.state.due_at, Some(at(2_000)));
    desk.check_fold();
}

#[test]
fn a_clock_that_went_back_moves_no_deadline() {
    let graph = timed();
    let mut desk = Desk::started(&graph, &json!({}));
    desk.now = at(400);
    desk.act(CHIEF, &suspend(DeadlineClock::Stopped)).unwrap();
    desk.now = at(300);
    desk.act(CHIEF, &Command::Resume).unwrap();
    assert_eq!(desk.state.due_at, Some(at(2_000)));
}

#[test]
fn nobody_acts_on_a_suspended_request_but_to_resume_or_cancel_it() {
    let graph = timed();
    let mut desk = Desk::started(&graph, &json!({}));
    let step = desk.open("a");
    desk.act(CHIEF, &suspend(DeadlineClock::Stopped)).unwrap();
    let complete = desk.completion("a", "COMPLETED", &json!({}));
    let release = Command::Release { step, forced: true };
    for command in [Command::Claim { step }, release, complete, suspend(DeadlineClock::Running)] {
        let status = RequestStatus::Suspended;
        assert_eq!(desk.act(CLERK, &command), Err(Refusal::WrongStatus { status, expected: "IN_PROGRESS" }));
    }
    assert_eq!(
        names(&desk.act(CHIEF, &Command::Cancel { reason: None }).unwrap()),
        ["STEP_CANCELLED", "REQUEST_CANCELLED"]
    );
}

#[test]
fn a_request_waits_for_its_start() {
    let graph = timed();
    let (mut desk, answer) = start_at(&graph, 500, &json!({}));
    assert_eq!(names(&answer.unwrap()), ["REQUEST_CREATED"]);
    assert_eq!((desk.state.status(), desk.state.wakes_at()), (RequestStatus::Pending, Some(at(500))));
    assert!(desk.act(CHIEF, &suspend(DeadlineClock::Stopped)).is_err());
    assert!(desk.act(CHIEF, &Command::Resume).is_err());
    desk.now = plus_micros(at(500), -1);
    assert_eq!(desk.perform(None, &Command::FireTimers), Ok(vec![]));
    assert_eq!(names(&desk.fire_at(500)), ["REQUEST_STARTED", "STEP_ROUTED", "STEP_ACTIVATED"]);
    assert_eq!((desk.state.started_at, desk.state.due_at), (Some(at(500)), Some(at(2_500))));
    assert_eq!(desk.state.open[&desk.open("a")].due_at, Some(at(1_500)));
}

#[test]
fn a_start_that_is_past_is_now_and_a_pending_request_can_be_cancelled() {
    let graph = timed();
    let (desk, answer) = start_at(&graph, -50, &json!({}));
    let events = answer.unwrap();
    assert!(matches!(&events[0], RequestEvent::RequestCreated { starts_at, .. } if *starts_at == at(0)));
    assert_eq!((events.len(), desk.state.started_at), (4, Some(at(0))));
    let (mut desk, _) = start_at(&graph, 500, &json!({}));
    assert_eq!(names(&desk.act(CHIEF, &Command::Cancel { reason: None }).unwrap()), ["REQUEST_CANCELLED"]);
    assert_eq!(desk.fire_at(600), []);
}

#[test]
fn a_start_that_could_never_run_is_refused_at_once_not_when_it_is_due() {
    let condition = json!({ "field": "amount", "operator": "greater", "value": 1 });
    let steps = [json!({ "key": "d", "name": "D", "kind": "DECISION" }), task("a", &json!({}))];
    let ways = [
        with(edge("d", "a"), &json!({ "condition": condition })),
        with(edge("d", "end"), &json!({ "isDefault": true })),
    ];
    let graph = graph_of(&steps, &[&[edge("start", "d"), edge("a", "end")], &ways[..]].concat());
    for second in [0, 500] {
        let (desk, answer) = start_at(&graph, second, &json!({ "amount": "much" }));
        assert!(matches!(answer, Err(Refusal::VariableType { step, .. }) if step.as_str() == "d"), "{second}");
        assert_eq!(desk.state.lifecycle, Lifecycle::New);
    }
    let (mut desk, answer) = start_at(&graph, 500, &json!({ "amount": 2 }));
    assert_eq!(names(&answer.unwrap()), ["REQUEST_CREATED"]);
    desk.fire_at(500);
    assert_eq!(desk.open_keys(), ["a"]);
}

#[test]
fn after_the_end_everything_is_refused() {
    let graph = timed();
    let mut desk = Desk::started(&graph, &json!({}));
    let (step, complete) = (desk.open("a"), desk.completion("a", "COMPLETED", &json!({})));
    desk.act(CLERK, &complete).unwrap();
    let commands = [
        Command::Start(start_request()),
        Command::Claim { step },
        Command::Release { step, forced: true },
        complete,
        suspend(DeadlineClock::Stopped),
        Command::Resume,
        Command::Cancel { reason: None },
    ];
    for command in commands {
        let refusal = desk.act(CLERK, &command).expect_err("nothing happens any more");
        assert!(matches!(refusal, Refusal::WrongStatus { status: RequestStatus::Completed, .. }), "{command:?}");
    }
    assert_eq!(desk.fire_at(1_000_000), []);
}
