//! Open approvals are counted anew when those who may vote change.

pub mod support;

use std::collections::{BTreeMap, BTreeSet};

use nexusflow_domain::ids::{RoleId, UserId};
use nexusflow_domain::request::{Command, DeadlineClock, RequestEvent, RequestStatus, counted_roles};
use nexusflow_domain::workflow::Graph;
use serde_json::{Value, json};
use support::{
    CHIEF, CLERK, Desk, REQUESTER, SECOND_CLERK, edge, framed, graph, outcome, person, role, suspend, user, with,
};

fn voting(quorum: &Value, more: &Value) -> Graph {
    let step = json!({
        "key": "vote", "name": "Vote", "kind": "APPROVAL", "candidate": { "role": "clerk" },
        "outcomes": ["APPROVED", "REJECTED", "TIE"], "approval": { "quorum": quorum },
    });
    graph(framed(&[with(step, more)], &[edge("start", "vote"), edge("vote", "end")]))
}

/// The clerks, and the chief in the roles that only he holds.
fn clerks(who: &[u8]) -> BTreeMap<RoleId, BTreeSet<UserId>> {
    let chief = BTreeSet::from([user(CHIEF)]);
    let clerks = who.iter().map(|&n| user(n)).collect();
    BTreeMap::from([(role("clerk"), clerks), (role("chief"), chief.clone()), (role("deputy"), chief)])
}

/// What timers do while these people are the clerks.
fn recount(desk: &mut Desk<'_>, who: &[u8]) -> Vec<RequestEvent> {
    let events = desk.decide_with(None, None, &clerks(who), &Command::FireTimers).expect("never refused");
    desk.record(&events);
    events
}

fn names(events: &[RequestEvent]) -> Vec<&str> {
    events.iter().map(RequestEvent::name).collect()
}

#[test]
fn a_majority_is_reached_when_enough_of_the_others_leave() {
    let graph = voting(&json!({ "majority": {} }), &json!({}));
    let mut desk = Desk::started(&graph, &json!({}));
    assert_eq!(recount(&mut desk, &[CLERK]), [], "nobody has voted");
    desk.complete(CLERK, "vote", "APPROVED").expect("a vote");
    assert_eq!(recount(&mut desk, &[REQUESTER, CLERK, SECOND_CLERK]), [], "nothing has changed");
    assert_eq!(recount(&mut desk, &[CLERK, SECOND_CLERK]), [], "one of two is no majority");
    let events = recount(&mut desk, &[CLERK]);
    assert_eq!(names(&events)[..2], ["VOTES_RECOUNTED", "STEP_COMPLETED"]);
    let RequestEvent::VotesRecounted { votes: 1, electorate: 1, .. } = events[0] else { panic!("{events:?}") };
    let RequestEvent::StepCompleted { outcome: with, by: None, .. } = &events[1] else { panic!("{events:?}") };
    assert_eq!(*with, outcome("APPROVED"));
    assert_eq!(desk.state.status(), RequestStatus::Completed);
    desk.check_fold();
}

#[test]
fn the_voters_own_leave_changes_nothing_about_the_vote() {
    let graph = voting(&json!({ "atLeast": { "count": 2 } }), &json!({}));
    let mut desk = Desk::started(&graph, &json!({}));
    desk.complete(CLERK, "vote", "APPROVED").expect("a vote");
    assert_eq!(recount(&mut desk, &[]), []);
    desk.complete(SECOND_CLERK, "vote", "REJECTED").expect("a vote");
    assert_eq!(recount(&mut desk, &[REQUESTER]), [], "the third may still approve");
    let events = recount(&mut desk, &[]);
    assert!(matches!(&events[1], RequestEvent::StepCompleted { outcome, .. } if outcome.as_str() == "REJECTED"));
}

#[test]
fn a_suspended_request_is_counted_anew_when_it_resumes() {
    let graph = voting(&json!({ "unanimous": {} }), &json!({}));
    let mut desk = Desk::started(&graph, &json!({}));
    desk.complete(CLERK, "vote", "APPROVED").expect("a vote");
    desk.act(CHIEF, &suspend(DeadlineClock::Running)).expect("a suspension");
    assert_eq!(recount(&mut desk, &[CLERK]), []);
    let resumed = desk.decide_with(Some(&person(CHIEF)), None, &clerks(&[CLERK]), &Command::Resume).expect("resumed");
    assert_eq!(names(&resumed)[..3], ["REQUEST_RESUMED", "VOTES_RECOUNTED", "STEP_COMPLETED"]);
}

/// The escalation comes first, and with it other candidates, whom the count must know.
#[test]
fn an_escalation_to_another_role_is_counted_on_that_role() {
    let ladder =
        json!({ "sla": { "dueIn": "PT1H", "escalations": [{ "action": { "reassign": { "role": "chief" } } }] } });
    let graph = voting(&json!({ "unanimous": {} }), &ladder);
    let mut desk = Desk::started(&graph, &json!({}));
    desk.complete(CLERK, "vote", "APPROVED").expect("a vote");
    let counted = counted_roles(&graph, &desk.state, &Command::FireTimers);
    assert_eq!(counted, BTreeSet::from([role("clerk"), role("chief")]));
    assert_eq!(counted_roles(&graph, &desk.state, &Command::Resume), counted);
    desk.now = support::at(3_700);
    assert_eq!(names(&recount(&mut desk, &[CLERK])), ["ESCALATED"], "the chief is to approve too");
}
