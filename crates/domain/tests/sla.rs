//! What deadlines mean: the last instant in time, the order of the ladder, catching up, late people.

pub mod support;

use nexusflow_domain::duration::LAST_INSTANT;
use nexusflow_domain::request::{
    Command, EscalationRecord, EscalationResult as R, Pursuit, Refusal, RequestEvent, RequestStatus, StartRequest,
};
use nexusflow_domain::workflow::{Candidate, Graph, Priority};
use serde_json::{Value, json};
use support::{
    CHIEF, CLERK, Desk, REQUESTER, approval, at, edge, framed, graph, graph_of, map, outcome, person, plus_micros,
    role, start_request, task, user, with,
};

fn rung(minutes: u32, action: &Value) -> Value {
    json!({ "after": format!("PT{minutes}M"), "action": action })
}

fn on(outcome: &str, from: &str, to: &str) -> Value {
    json!({ "from": from, "outcome": outcome, "to": to })
}

/// An approval due after an hour, with every action in its ladder; a refusal leads to a task.
fn laddered() -> Graph {
    let ladder = [
        rung(0, &json!({ "notify": { "candidates": {} } })),
        rung(10, &json!({ "raise": {} })),
        rung(20, &json!({ "reassign": { "role": "deputy" } })),
        rung(20, &json!({ "notify": { "role": "clerk" } })),
        rung(25, &json!({ "notify": { "requester": {} } })),
        rung(30, &json!({ "takeOutcome": { "outcome": "REJECTED" } })),
    ];
    let steps = [
        approval("a", &json!({ "sla": { "dueIn": "PT1H", "escalations": ladder } })),
        task("redo", &json!({ "sla": { "dueIn": "PT10M" } })),
    ];
    graph_of(
        &steps,
        &[edge("start", "a"), on("APPROVED", "a", "end"), on("REJECTED", "a", "redo"), edge("redo", "end")],
    )
}

/// The escalations among events, as subject, rung and result.
fn escalations(events: &[RequestEvent]) -> Vec<&EscalationRecord> {
    let mut found = Vec::new();
    for event in events {
        if let RequestEvent::Escalated(record) = event {
            found.push(record);
        }
    }
    found
}

fn results(events: &[RequestEvent]) -> Vec<R> {
    escalations(events).into_iter().map(|record| record.result.clone()).collect()
}

fn names(events: &[RequestEvent]) -> Vec<&'static str> {
    events.iter().map(RequestEvent::name).collect()
}

#[test]
fn the_deadline_itself_is_in_time() {
    let graph = laddered();
    let mut desk = Desk::started(&graph, &json!({}));
    assert_eq!(desk.state.wakes_at(), Some(plus_micros(at(3_600), 1)));
    assert_eq!(desk.fire_at(3_600), []);
    let mut late = Desk::started(&graph, &json!({}));
    assert_eq!(
        names(&desk.complete(CHIEF, "a", "APPROVED").unwrap()),
        ["STEP_COMPLETED", "STEP_ROUTED", "REQUEST_COMPLETED"]
    );
    late.now = plus_micros(at(3_600), 1);
    let events = late.complete(CHIEF, "a", "APPROVED").unwrap();
    assert_eq!(names(&events), ["ESCALATED", "STEP_COMPLETED", "STEP_ROUTED", "REQUEST_COMPLETED"]);
}

#[test]
fn rungs_fire_in_order_each_once() {
    let graph = laddered();
    let mut desk = Desk::started(&graph, &json!({}));
    let id = desk.open("a");
    let expected = [
        (3_601, vec![(0, R::NotifiedRole(role("chief")))]),
        (3_602, vec![]),
        (4_200, vec![]),
        (4_201, vec![(1, R::Raised(Priority::High))]),
        (4_801, vec![(2, R::Reassigned(role("deputy"))), (3, R::NotifiedRole(role("clerk")))]),
        (5_101, vec![(4, R::NotifiedUser(user(REQUESTER)))]),
    ];
    for (second, expected) in expected {
        let events = desk.fire_at(second);
        let found: Vec<_> = escalations(&events)
            .into_iter()
            .map(|record| {
                assert_eq!((record.request_step, record.missed), (Some(id), at(3_600)));
                (record.rung, record.result.clone())
            })
            .collect();
        assert_eq!((found.len(), found), (events.len(), expected), "{second}");
    }
    assert_eq!(desk.state.priority, Priority::High);
    assert_eq!(desk.state.open[&id].candidate(), Some(Candidate::Role(role("deputy"))));
    assert_eq!(desk.state.open[&id].pursuit, Some(Pursuit { rung: 5, at: at(5_400) }));
    let events = desk.fire_at(5_401);
    assert_eq!(names(&events), ["ESCALATED", "STEP_COMPLETED", "STEP_ACTIVATED"]);
    assert_eq!(results(&events), [R::TookOutcome(outcome("REJECTED"))]);
    assert!(
        matches!(&events[1], RequestEvent::StepCompleted { by: None, outcome, .. } if outcome.as_str() == "REJECTED")
    );
    assert_eq!((desk.open_keys(), desk.state.decided.len()), (vec!["redo"], 0));
    desk.check_fold();
}

#[test]
fn a_late_timer_catches_up_in_order_of_time() {
    let ladder = [0, 1, 3].map(|minutes| rung(minutes, &json!({ "raise": {} })));
    let steps = [
        task("a", &json!({ "sla": { "dueIn": "PT1M", "escalations": ladder } })),
        task("b", &json!({ "sla": { "dueIn": "PT3M" } })),
        json!({ "key": "join", "name": "Join", "kind": "DECISION", "join": "ALL" }),
    ];
    let edges = [edge("start", "a"), edge("start", "b"), edge("a", "join"), edge("b", "join"), edge("join", "end")];
    let mut json = with(framed(&steps, &edges), &json!({ "sla": { "dueIn": "PT3M" } }));
    json["steps"][0]["split"] = json!("ALL");
    let graph = graph(json);
    let mut desk = Desk::started(&graph, &json!({}));
    let (a, b) = (desk.open("a"), desk.open("b"));
    let events = desk.fire_at(86_400);
    let found: Vec<_> =
        escalations(&events).into_iter().map(|record| (record.request_step, record.rung, record.missed)).collect();
    let (of_a, others) = (|rung| (Some(a), rung, at(60)), [(None, 0, at(180)), (Some(b), 0, at(180))]);
    assert_eq!(found, [of_a(0), of_a(1), others[0], others[1], of_a(2)]);
    assert_eq!(found.len(), events.len());
    assert_eq!(desk.state.priority, Priority::Urgent);
    assert_eq!(desk.state.wakes_at(), None);
    assert_eq!(desk.fire_at(1_000_000), []);
}

#[test]
fn whoever_decides_too_late_finds_the_step_closed_and_changes_nothing() {
    let graph = laddered();
    let mut desk = Desk::started(&graph, &json!({}));
    let (id, approve) = (desk.open("a"), desk.completion("a", "APPROVED", &json!({})));
    desk.now = at(5_401);
    for command in [&approve, &Command::Claim { step: id }, &Command::Release { step: id, forced: false }] {
        assert_eq!(desk.act(CHIEF, command), Err(Refusal::StepNotOpen { step: id }), "{command:?}");
    }
    assert_eq!((desk.state.open.len(), desk.journal.len()), (1, 4), "a refusal records nothing");
    desk.fire_at(5_401);
    assert_eq!(desk.act(CHIEF, &approve), Err(Refusal::StepNotOpen { step: id }));
}

#[test]
fn what_is_due_happens_before_a_late_decision_and_with_it() {
    let graph = laddered();
    let mut desk = Desk::started(&graph, &json!({}));
    desk.now = at(5_000);
    let approve = desk.completion("a", "APPROVED", &json!({}));
    let mut no_deputy = person(CHIEF);
    no_deputy.rights.everywhere.roles.remove(&role("deputy"));
    assert!(
        matches!(desk.perform(Some(&no_deputy), &approve), Err(Refusal::NotPermitted { granting_role: Some(r), .. }) if r == role("deputy"))
    );
    let events = desk.act(CHIEF, &approve).unwrap();
    assert_eq!(results(&events).len(), 4);
    assert_eq!(names(&events)[4..], ["STEP_COMPLETED", "STEP_ROUTED", "REQUEST_COMPLETED"]);
}

#[test]
fn notifications_reach_whoever_claimed_and_reassignment_drops_the_claim() {
    let graph = laddered();
    let mut desk = Desk::started(&graph, &json!({}));
    let id = desk.open("a");
    desk.act(CHIEF, &Command::Claim { step: id }).unwrap();
    assert_eq!(results(&desk.fire_at(3_601)), [R::NotifiedUser(user(CHIEF))]);
    desk.fire_at(4_801);
    assert_eq!(desk.state.open[&id].claimed_by(), None);
}

/// An approval whose refusal leads to a choice on the amount.
fn with_choice() -> Graph {
    let ladder = [rung(0, &json!({ "raise": {} })), rung(5, &json!({ "takeOutcome": { "outcome": "REJECTED" } }))];
    let steps = [
        approval("a", &json!({ "sla": { "dueIn": "PT1H", "escalations": ladder } })),
        json!({ "key": "choice", "name": "Choice", "kind": "DECISION" }),
        task("dear", &json!({})),
    ];
    let condition = json!({ "field": "amount", "operator": "greater", "value": 100 });
    let edges = [
        edge("start", "a"),
        on("APPROVED", "a", "end"),
        on("REJECTED", "a", "choice"),
        with(edge("choice", "dear"), &json!({ "condition": condition })),
        with(edge("choice", "end"), &json!({ "isDefault": true })),
        edge("dear", "end"),
    ];
    graph_of(&steps, &edges)
}

#[test]
fn an_outcome_that_cannot_be_taken_is_recorded_and_the_step_stays_open() {
    let graph = with_choice();
    let mut desk = Desk::started(&graph, &json!({ "amount": "a lot" }));
    let id = desk.open("a");
    let events = desk.fire_at(10_000);
    assert_eq!(results(&events), [R::Raised(Priority::High), R::OutcomeFailed(outcome("REJECTED"))]);
    assert_eq!(events.len(), 2, "nothing of the failed attempt is recorded");
    assert_eq!((desk.open("a"), desk.state.open[&id].pursuit), (id, None));
    assert_eq!(desk.fire_at(20_000), []);
    assert!(
        matches!(desk.complete(CHIEF, "a", "REJECTED"), Err(Refusal::VariableType { step, .. }) if step.as_str() == "choice")
    );
    let repaired = desk.completion("a", "REJECTED", &json!({ "amount": 101 }));
    desk.act(CHIEF, &repaired).unwrap();
    assert_eq!(desk.open_keys(), ["dear"]);
    desk.check_fold();
}

#[test]
fn the_next_step_counts_from_when_it_opened() {
    let graph = laddered();
    let mut desk = Desk::started(&graph, &json!({}));
    desk.now = at(100);
    desk.complete(CHIEF, "a", "REJECTED").unwrap();
    let redo = &desk.state.open[&desk.open("redo")];
    assert_eq!((redo.started_at, redo.due_at), (at(100), Some(at(700))));
    assert_eq!(redo.pursuit, Some(Pursuit { rung: 0, at: at(700) }));
    assert_eq!(results(&desk.fire_at(701)), [R::NotifiedRole(role("clerk"))], "an empty ladder notifies");
    desk.complete(CLERK, "redo", "COMPLETED").unwrap();
    assert_eq!(desk.state.status(), RequestStatus::Completed);
}

/// A request with a task, and further fields of the document.
fn request_level(more: &Value) -> Graph {
    graph(with(framed(&[task("a", &json!({}))], &[edge("start", "a"), edge("a", "end")]), more))
}

fn start_due(graph: &Graph, due: Option<i64>) -> Desk<'_> {
    let mut desk = Desk::new(graph);
    let start = StartRequest { due_at: due.map(at), ..start_request() };
    desk.act(REQUESTER, &Command::Start(start)).expect("the request starts");
    desk
}

#[test]
fn a_requests_due_date_is_the_named_one_or_its_slas() {
    let sla = json!({ "sla": { "dueIn": "PT1H", "escalations": [rung(1, &json!({ "raise": {} })), rung(2, &json!({ "notify": { "role": "chief" } }))] } });
    let own = json!({ "dueDateEscalations": [rung(1, &json!({ "notify": { "candidates": {} } }))] });
    let (raise, chief, requester) =
        (R::Raised(Priority::High), R::NotifiedRole(role("chief")), R::NotifiedUser(user(REQUESTER)));
    for (more, due, missed, wakes, expected) in [
        (&sla, None, Some(3_600), Some(3_660), vec![raise.clone(), chief.clone()]),
        (&sla, Some(50), Some(50), Some(110), vec![raise, chief]),
        (&own, None, None, None, vec![]),
        (&own, Some(50), Some(50), Some(110), vec![requester.clone()]),
        (&json!({}), Some(50), Some(50), Some(50), vec![requester]),
    ] {
        let graph = request_level(more);
        let mut desk = start_due(&graph, due);
        assert_eq!(desk.state.due_at, missed.map(at));
        assert_eq!(desk.state.wakes_at(), wakes.map(|second| plus_micros(at(second), 1)));
        let events = desk.fire_at(100_000);
        assert_eq!(results(&events), expected);
        assert!(escalations(&events).iter().all(|r| r.request_step.is_none() && Some(r.missed) == missed.map(at)));
        assert_eq!(desk.fire_at(200_000), []);
        desk.complete(CLERK, "a", "COMPLETED").unwrap();
        assert_eq!(desk.state.pursuit, None);
    }
}

#[test]
fn absurdly_late_due_dates_neither_panic_nor_fire() {
    let graph = request_level(&json!({ "dueDateEscalations": [rung(1, &json!({ "raise": {} }))] }));
    let mut desk = Desk::new(&graph);
    let due_at = Some(LAST_INSTANT);
    desk.act(REQUESTER, &Command::Start(StartRequest { due_at, ..start_request() })).unwrap();
    assert_eq!(desk.state.wakes_at(), due_at);
    desk.act(CHIEF, &support::suspend(nexusflow_domain::request::DeadlineClock::Stopped)).unwrap();
    desk.now = at(1_000_000);
    desk.act(CHIEF, &Command::Resume).unwrap();
    assert_eq!((desk.state.due_at, desk.state.wakes_at()), (due_at, due_at));
    assert_eq!(desk.fire_at(2_000_000), []);
    let variables = map(&json!({}));
    let step = desk.open("a");
    let command = Command::Complete { step, outcome: outcome("COMPLETED"), comment: None, variables };
    desk.act(CLERK, &command).unwrap();
}

#[test]
fn deadlines_that_would_pass_the_last_instant_stay_there() {
    let century = json!({ "sla": { "dueIn": "P36500D", "escalations": [
        { "after": "P36500D", "action": { "raise": {} } },
    ] } });
    let graph = graph_of(&[task("a", &century)], &[edge("start", "a"), edge("a", "end")]);
    let mut desk = Desk::new(&graph);
    desk.now = LAST_INSTANT - chrono::TimeDelta::days(1);
    desk.act(REQUESTER, &Command::Start(start_request())).unwrap();
    assert_eq!(desk.state.open[&desk.open("a")].due_at, Some(LAST_INSTANT));
    assert_eq!(desk.state.wakes_at(), Some(LAST_INSTANT));
    desk.check_fold();
}
