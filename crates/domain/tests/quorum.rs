//! Approvals that several people decide.

pub mod support;

use std::collections::{BTreeMap, BTreeSet};

use nexusflow_domain::access::DenialReason;
use nexusflow_domain::ids::UserId;
use nexusflow_domain::request::{Command, Refusal, RequestEvent, RequestStatus};
use nexusflow_domain::workflow::{Electorate, Graph, Outcome, Quorum, QuorumRule, Vote, compile};
use serde_json::{Value, json};
use support::{
    CHIEF, CLERK, Desk, REQUESTER, SECOND_CLERK, directory, document, edge, framed, graph, outcome, role, user, with,
};

fn approval_by(quorum: &Value, more: &Value) -> Value {
    let step = json!({
        "key": "vote", "name": "Vote", "kind": "APPROVAL", "candidate": { "role": "clerk" },
        "outcomes": ["APPROVED", "REJECTED", "TIE", "LATER"], "approval": quorum,
    });
    framed(
        &[with(step, more), json!({ "key": "ok", "name": "OK", "kind": "END" })],
        &[edge("start", "vote"), json!({ "from": "vote", "outcome": "APPROVED", "to": "ok" }), edge("vote", "end")],
    )
}

/// Only the non-approving outcomes lead to `end`.
fn voting(quorum: &Value, more: &Value) -> Graph {
    let mut json = approval_by(quorum, more);
    let ends = ["REJECTED", "TIE", "LATER"].map(|o| json!({ "from": "vote", "outcome": o, "to": "end" }));
    let transitions = json["transitions"].as_array_mut().expect("transitions");
    transitions.pop();
    transitions.extend(ends);
    graph(json)
}

/// What the step ended with.
fn ended_with(events: &[RequestEvent]) -> Option<&str> {
    events.iter().find_map(|event| match event {
        RequestEvent::StepCompleted { outcome, .. } => Some(outcome.as_str()),
        _ => None,
    })
}

#[test]
fn two_of_three_end_the_step_with_the_second_approval() {
    let graph = voting(&json!({ "quorum": { "atLeast": { "count": 2 } } }), &json!({}));
    let mut desk = Desk::started(&graph, &json!({}));
    let first = desk.complete(CLERK, "vote", "APPROVED").expect("a vote");
    assert_eq!(first.iter().map(RequestEvent::name).collect::<Vec<_>>(), ["VOTE_CAST"]);
    assert_eq!(desk.open_keys(), ["vote"]);
    let second = desk.complete(REQUESTER, "vote", "APPROVED").expect("a vote");
    assert_eq!(ended_with(&second), Some("APPROVED"));
    assert_eq!(desk.state.status(), RequestStatus::Completed);
    desk.check_fold();
}

#[test]
fn nobody_votes_twice() {
    let graph = voting(&json!({ "quorum": { "unanimous": {} } }), &json!({}));
    let mut desk = Desk::started(&graph, &json!({}));
    desk.complete(CLERK, "vote", "APPROVED").expect("a vote");
    let Err(Refusal::NotPermitted { reason: DenialReason::AlreadyVoted { .. }, .. }) =
        desk.complete(CLERK, "vote", "APPROVED")
    else {
        panic!("a second vote counted");
    };
}

#[test]
fn a_unanimous_approval_ends_with_the_first_refusal_and_needs_every_candidate() {
    let graph = voting(&json!({ "quorum": { "unanimous": {} } }), &json!({}));
    let mut desk = Desk::started(&graph, &json!({}));
    for who in [CLERK, SECOND_CLERK] {
        assert_eq!(ended_with(&desk.complete(who, "vote", "APPROVED").expect("a vote")), None);
    }
    assert_eq!(ended_with(&desk.complete(REQUESTER, "vote", "APPROVED").expect("a vote")), Some("APPROVED"));
    let mut desk = Desk::started(&graph, &json!({}));
    assert_eq!(ended_with(&desk.complete(CLERK, "vote", "LATER").expect("a vote")), Some("LATER"));
}

#[test]
fn the_requester_whom_separation_excludes_is_not_counted() {
    let graph = voting(&json!({ "quorum": { "unanimous": {} } }), &json!({ "separation": { "notRequester": true } }));
    let mut desk = Desk::started(&graph, &json!({}));
    desk.complete(CLERK, "vote", "APPROVED").expect("a vote");
    assert_eq!(ended_with(&desk.complete(SECOND_CLERK, "vote", "APPROVED").expect("a vote")), Some("APPROVED"));
}

#[test]
fn every_voter_counts_as_a_decider() {
    let graph = voting(&json!({ "quorum": { "atLeast": { "count": 2 } } }), &json!({}));
    let mut desk = Desk::started(&graph, &json!({}));
    desk.complete(CLERK, "vote", "APPROVED").expect("a vote");
    desk.complete(SECOND_CLERK, "vote", "APPROVED").expect("a vote");
    let deciders: BTreeSet<_> = desk.state.decided.keys().copied().collect();
    assert_eq!(deciders, BTreeSet::from([user(CLERK), user(SECOND_CLERK)]));
}

#[test]
fn a_step_that_several_decide_cannot_be_claimed_and_tie_cannot_be_voted_for() {
    let graph = voting(&json!({ "quorum": { "majority": {} } }), &json!({}));
    let mut desk = Desk::started(&graph, &json!({}));
    let step = desk.open("vote");
    assert!(matches!(desk.act(CLERK, &Command::Claim { step }), Err(Refusal::NotClaimable { .. })));
    let Err(Refusal::UnknownOutcome { expected, .. }) = desk.complete(CLERK, "vote", "TIE") else {
        panic!("somebody voted for a tie");
    };
    assert_eq!(expected, ["APPROVED", "REJECTED", "LATER"].map(outcome));
}

#[test]
fn holders_of_a_veto_role_decide_alone_when_they_refuse() {
    let graph = voting(
        &json!({ "quorum": { "atLeast": { "count": 1 } }, "veto": ["chief"] }),
        &json!({ "candidate": { "role": "deputy" } }),
    );
    let mut desk = Desk::started(&graph, &json!({}));
    assert_eq!(ended_with(&desk.complete(CHIEF, "vote", "REJECTED").expect("a vote")), Some("REJECTED"));
}

fn votes(of: &[(u8, &str)]) -> Vec<Vote> {
    of.iter().map(|(who, what)| Vote { by: user(*who), on_behalf_of: None, outcome: outcome(what) }).collect()
}

fn electorate(n: u8) -> Electorate {
    Electorate { candidates: (1..=n).map(user).collect::<BTreeSet<UserId>>(), holders: BTreeMap::new() }
}

/// What the votes of `n` candidates decide.
fn decided(rule: QuorumRule, n: u8, of: &[(u8, &str)]) -> Option<String> {
    let outcomes = ["APPROVED", "REJECTED", "LATER", "TIE"].map(outcome);
    let quorum = Quorum { rule, veto: BTreeSet::new() };
    quorum.decided(&votes(of), &outcomes, &electorate(n)).map(Into::into)
}

#[test]
fn votes_decide_as_soon_as_the_others_cannot_change_it() {
    let majority = || QuorumRule::Majority;
    let (yes, no, later) = ("APPROVED", "REJECTED", "LATER");
    for (rule, n, of, expected) in [
        (majority(), 3, vec![(1, yes)], None),
        (majority(), 3, vec![(1, yes), (2, yes)], Some(yes)),
        (majority(), 3, vec![(1, no), (2, no)], Some(no)),
        (majority(), 3, vec![(1, no), (2, later)], Some(no)),
        (majority(), 4, vec![(1, yes), (2, no), (3, no)], None),
        (majority(), 4, vec![(1, yes), (2, no), (3, no), (4, yes)], Some("TIE")),
        (majority(), 4, vec![(1, yes), (2, no), (3, later), (4, no)], Some(no)),
        (majority(), 2, vec![(1, no)], None),
        (majority(), 2, vec![(1, no), (2, yes)], Some("TIE")),
        (QuorumRule::AtLeast(2), 3, vec![(1, no)], None),
        (QuorumRule::AtLeast(2), 3, vec![(1, no), (2, later)], Some(no)),
        (QuorumRule::AtLeast(2), 3, vec![(1, later), (2, no), (3, no)], Some(no)),
        // Too few candidates, and nobody against: more are waited for.
        (QuorumRule::AtLeast(3), 2, vec![(1, yes), (2, yes)], None),
        // A candidate who left after voting still counts.
        (QuorumRule::Unanimous, 1, vec![(1, yes), (2, yes)], Some(yes)),
        (QuorumRule::Unanimous, 2, vec![(1, yes)], None),
    ] {
        let found = decided(rule.clone(), n, &of);
        assert_eq!(found.as_deref(), expected, "{rule:?} of {n}: {of:?}");
    }
}

#[test]
fn the_heaviest_role_of_each_voter_weighs() {
    let weights = BTreeMap::from([(role("chief"), 3), (role("deputy"), 2)]);
    let quorum = Quorum { rule: QuorumRule::Weighted { weights, threshold: 4 }, veto: BTreeSet::new() };
    let holders = BTreeMap::from([
        (role("chief"), BTreeSet::from([user(1)])),
        (role("deputy"), BTreeSet::from([user(1), user(2)])),
    ]);
    let electorate = Electorate { candidates: (1..=3).map(user).collect(), holders };
    let outcomes = ["APPROVED", "REJECTED"].map(outcome);
    let decide = |of: &[(u8, &str)]| quorum.decided(&votes(of), &outcomes, &electorate);
    assert_eq!(decide(&[(1, "APPROVED")]), None);
    assert_eq!(decide(&[(1, "APPROVED"), (3, "APPROVED")]), Some(Outcome::approved()));
    assert_eq!(decide(&[(2, "APPROVED"), (3, "APPROVED")]), None);
    assert_eq!(decide(&[(1, "REJECTED")]), Some(Outcome::rejected()));
    assert_eq!(decide(&[(2, "REJECTED")]), None);
}

#[test]
fn what_is_wrong_with_a_quorum_is_named() {
    let vote = |quorum: Value, more: Value| {
        compile(&document(approval_by(&quorum, &more)), &directory()).map(drop).map_err(|problems| {
            problems.into_iter().filter(|p| p.path.contains("approval")).map(|p| p.path).collect::<Vec<_>>()
        })
    };
    for (quorum, more, path) in [
        (json!({ "quorum": { "atLeast": { "count": 0 } } }), json!({}), "steps[vote].approval.quorum.atLeast.count"),
        (json!({ "quorum": { "single": {} }, "veto": ["chief"] }), json!({}), "steps[vote].approval.veto"),
        (json!({ "quorum": { "unanimous": {} }, "veto": ["nobody"] }), json!({}), "steps[vote].approval.veto"),
        (
            json!({ "quorum": { "majority": {} } }),
            json!({ "outcomes": ["APPROVED", "REJECTED"] }),
            "steps[vote].approval.quorum",
        ),
        (
            json!({ "quorum": { "weighted": { "weights": { "chief": 2 }, "threshold": 0 } } }),
            json!({}),
            "steps[vote].approval.quorum.weighted.threshold",
        ),
        (json!({ "quorum": { "single": {} } }), json!({ "kind": "TASK" }), "steps[vote].approval"),
    ] {
        assert_eq!(vote(quorum, more), Err(vec![path.to_owned()]));
    }
}
