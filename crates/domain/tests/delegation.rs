//! Acting on behalf of somebody else: who may, until when, what is recorded, and what follows for
//! separation of duties and for votes.

pub mod support;

use std::collections::BTreeSet;

use nexusflow_domain::access::{DelegationTerm, Delegator, DenialReason, Permission, Principal};
use nexusflow_domain::ids::{DelegationId, UserId, WorkflowId};
use nexusflow_domain::request::{Command, Refusal, RequestEvent};
use nexusflow_domain::workflow::{Graph, Vote};
use serde_json::{Value, json};
use support::{
    CHIEF, CLERK, Desk, REQUESTER, SECOND_CLERK, STRANGER, approval, at, edge, framed, graph, graph_of, holders,
    outcome, person, start_request, task, user,
};
use uuid::Uuid;

/// From second 10 to second 20, in every workflow.
const TERM: (i64, i64, Option<WorkflowId>) = (10, 20, None);

/// What somebody lends whoever acts for him.
fn lender(n: u8, terms: &[(i64, i64, Option<WorkflowId>)]) -> Delegator {
    let Principal { user, rights, .. } = person(n);
    let delegation = DelegationId::from_uuid(Uuid::from_u128(0xE000));
    let term =
        |&(from, until, workflow)| DelegationTerm { delegation, workflow, starts_at: at(from), ends_at: at(until) };
    Delegator { user, rights, terms: terms.iter().map(term).collect() }
}

/// A person for whom others answer.
fn delegate(n: u8, delegators: Vec<Delegator>) -> Principal {
    Principal { delegators, ..person(n) }
}

/// The stranger, who may act for a clerk in `TERM`.
fn deputy() -> Principal {
    delegate(STRANGER, vec![lender(CLERK, &[TERM])])
}

/// A task `a`, then `b` that whoever decided `a` may not do.
fn two_tasks() -> Graph {
    let b = task("b", &json!({ "separation": { "notDeciderOf": ["a"] } }));
    graph_of(&[task("a", &json!({})), b], &[edge("start", "a"), edge("a", "b"), edge("b", "end")])
}

fn try_on_behalf(
    desk: &mut Desk<'_>,
    who: &Principal,
    on_behalf_of: Option<UserId>,
    command: &Command,
) -> Result<Vec<RequestEvent>, Refusal> {
    let events = desk.decide_with(Some(who), on_behalf_of, &holders(), command)?;
    desk.record(&events);
    Ok(events)
}

fn claim(desk: &mut Desk<'_>, who: &Principal, for_whom: Option<u8>, step: &str) -> Result<Vec<RequestEvent>, Refusal> {
    let step = desk.open(step);
    try_on_behalf(desk, who, for_whom.map(user), &Command::Claim { step })
}

fn complete(
    desk: &mut Desk<'_>,
    who: &Principal,
    for_whom: Option<u8>,
    (step, with): (&str, &str),
) -> Result<Vec<RequestEvent>, Refusal> {
    let command = desk.completion(step, with, &json!({}));
    try_on_behalf(desk, who, for_whom.map(user), &command)
}

fn reason(done: Result<Vec<RequestEvent>, Refusal>) -> DenialReason {
    match done {
        Err(Refusal::NotPermitted { reason, .. }) => reason,
        other => panic!("expected a denial: {other:?}"),
    }
}

#[test]
fn it_holds_from_its_first_instant_until_its_end_and_says_so() {
    let graph = two_tasks();
    let mut desk = Desk::started(&graph, &json!({}));
    desk.now = at(9);
    assert_eq!(reason(claim(&mut desk, &deputy(), None, "a")), DenialReason::DelegationNotBegun { at: at(10) });
    desk.now = at(20);
    let ended = DenialReason::DelegationEnded { at: at(20) };
    assert_eq!(reason(claim(&mut desk, &deputy(), None, "a")), ended);
    assert_eq!(ended.to_string(), "the delegation ended at 2027-01-15 08:00:20 UTC");
    desk.now = at(10);
    let step = desk.open("a");
    let claimed = RequestEvent::StepClaimed { id: step, by: user(STRANGER), on_behalf_of: Some(user(CLERK)) };
    assert_eq!(claim(&mut desk, &deputy(), None, "a"), Ok(vec![claimed]));
    assert_eq!(claim(&mut desk, &deputy(), None, "a"), Ok(vec![]), "claiming twice changes nothing");
    desk.check_fold();
}

#[test]
fn it_is_asked_again_at_the_decision() {
    let graph = two_tasks();
    for (second, roles_left, expected) in [
        (20, true, DenialReason::DelegationEnded { at: at(20) }),
        (15, false, DenialReason::NotACandidate { step: "A".to_owned(), candidate: "the role clerk".to_owned() }),
    ] {
        let mut desk = Desk::started(&graph, &json!({}));
        desk.now = at(12);
        let mut who = deputy();
        claim(&mut desk, &who, None, "a").expect("a claim");
        if !roles_left {
            who.delegators[0].rights.everywhere.roles = BTreeSet::new();
        }
        desk.now = at(second);
        assert_eq!(reason(complete(&mut desk, &who, None, ("a", "COMPLETED"))), expected);
        let step = desk.open("a");
        let release = Command::Release { step, forced: false };
        let released = RequestEvent::StepReleased { id: step, by: user(STRANGER) };
        assert_eq!(try_on_behalf(&mut desk, &who, None, &release), Ok(vec![released]), "what one has, one gives back");
    }
}

#[test]
fn whoever_a_step_was_taken_for_may_take_it_back() {
    let graph = two_tasks();
    let mut desk = Desk::started(&graph, &json!({}));
    desk.now = at(12);
    claim(&mut desk, &deputy(), None, "a").expect("a claim");
    assert!(matches!(reason(claim(&mut desk, &person(CLERK), None, "a")), DenialReason::ClaimedByAnother { .. }));
    let release = Command::Release { step: desk.open("a"), forced: false };
    assert!(desk.act(SECOND_CLERK, &release).is_err());
    desk.act(CLERK, &release).expect("his own");
    desk.complete(CLERK, "a", "COMPLETED").expect("free again");
    desk.check_fold();
}

#[test]
fn a_claim_says_for_whom_the_step_is_decided() {
    let graph = two_tasks();
    let mut desk = Desk::started(&graph, &json!({}));
    desk.now = at(12);
    let who = delegate(STRANGER, vec![lender(CLERK, &[TERM]), lender(SECOND_CLERK, &[TERM])]);
    claim(&mut desk, &who, Some(SECOND_CLERK), "a").expect("a claim");
    let events = complete(&mut desk, &who, None, ("a", "COMPLETED")).expect("a decision");
    let RequestEvent::StepCompleted { by, on_behalf_of, .. } = &events[0] else { panic!("{events:?}") };
    assert_eq!((*by, *on_behalf_of), (Some(user(STRANGER)), Some(user(SECOND_CLERK))));
    desk.check_fold();
}

#[test]
fn one_acts_for_oneself_if_one_may_else_for_the_first_delegator() {
    let graph = two_tasks();
    for (who, expected) in [
        (delegate(SECOND_CLERK, vec![lender(CLERK, &[TERM])]), None),
        (delegate(STRANGER, vec![lender(REQUESTER, &[TERM]), lender(CLERK, &[TERM])]), Some(user(REQUESTER))),
        (delegate(STRANGER, vec![lender(CHIEF, &[TERM]), lender(CLERK, &[TERM])]), Some(user(CLERK))),
        (delegate(STRANGER, vec![lender(REQUESTER, &[(0, 5, None)]), lender(CLERK, &[TERM])]), Some(user(CLERK))),
    ] {
        let mut desk = Desk::started(&graph, &json!({}));
        desk.now = at(12);
        let events = complete(&mut desk, &who, None, ("a", "COMPLETED")).expect("a decision");
        let RequestEvent::StepCompleted { on_behalf_of, .. } = &events[0] else { panic!("{events:?}") };
        assert_eq!(*on_behalf_of, expected);
    }
}

#[test]
fn somebody_who_is_named_must_have_said_so() {
    let graph = two_tasks();
    let mut desk = Desk::started(&graph, &json!({}));
    desk.now = at(12);
    let named = |desk: &mut Desk<'_>, who: &Principal, n| reason(claim(desk, who, Some(n), "a"));
    let nobody = DenialReason::NoDelegation { delegator: user(SECOND_CLERK) };
    assert_eq!(named(&mut desk, &deputy(), SECOND_CLERK), nobody);
    let own = named(&mut desk, &deputy(), STRANGER);
    assert!(matches!(own, DenialReason::NotACandidate { .. }), "for oneself as such: {own}");
    // Not further: what somebody may do for another is not his to lend.
    let chained = delegate(CHIEF, vec![lender(STRANGER, &[TERM])]);
    assert!(matches!(named(&mut desk, &chained, STRANGER), DenialReason::NotACandidate { .. }));
    assert_eq!(named(&mut desk, &chained, CLERK), DenialReason::NoDelegation { delegator: user(CLERK) });
}

#[test]
fn it_may_be_for_one_workflow() {
    let graph = two_tasks();
    let (this, other) = (start_request().workflow, WorkflowId::from_uuid(Uuid::from_u128(7)));
    for (terms, may) in [
        (vec![(10, 20, Some(this))], true),
        (vec![(10, 20, Some(other))], false),
        (vec![(10, 20, Some(other)), (11, 13, None)], true),
    ] {
        let mut desk = Desk::started(&graph, &json!({}));
        desk.now = at(12);
        let who = delegate(STRANGER, vec![lender(CLERK, &terms)]);
        assert_eq!(claim(&mut desk, &who, None, "a").is_ok(), may, "{terms:?}");
        let reaches = who.voices(desk.now).iter().filter(|voice| voice.reaches(this)).count();
        assert_eq!(reaches, 1 + usize::from(may), "{terms:?}");
    }
}

#[test]
fn permissions_are_those_of_whom_one_acts_for_and_never_mixed() {
    let graph = two_tasks();
    let mut desk = Desk::started(&graph, &json!({}));
    desk.now = at(12);
    let none = |mut who: Principal| {
        who.rights.everywhere.permissions = BTreeSet::new();
        who
    };
    let missing = DenialReason::MissingPermission(Permission::CompleteTask);
    // A clerk without the permission, and somebody with it who is no clerk: together still nobody.
    let clerk = none(delegate(SECOND_CLERK, vec![lender(CHIEF, &[TERM])]));
    assert_eq!(reason(claim(&mut desk, &clerk, Some(SECOND_CLERK), "a")), missing);
    assert!(claim(&mut desk, &clerk, None, "a").is_err());
    let mut lent = deputy();
    lent.delegators[0].rights.everywhere.permissions = BTreeSet::new();
    assert_eq!(reason(claim(&mut desk, &lent, Some(CLERK), "a")), missing);
    claim(&mut desk, &none(deputy()), None, "a").expect("the clerk has it");
}

#[test]
fn separation_of_duties_concerns_both() {
    let graph = two_tasks();
    let mut desk = Desk::started(&graph, &json!({}));
    desk.now = at(12);
    complete(&mut desk, &deputy(), None, ("a", "COMPLETED")).expect("a decision");
    let excluded = |done| matches!(reason(done), DenialReason::DecidedOtherStep { .. });
    assert!(excluded(claim(&mut desk, &person(CLERK), None, "b")), "on whose behalf it was decided");
    let for_another = delegate(STRANGER, vec![lender(SECOND_CLERK, &[TERM])]);
    assert!(excluded(claim(&mut desk, &for_another, None, "b")), "who decided");
    let for_decider = delegate(SECOND_CLERK, vec![lender(CLERK, &[TERM])]);
    assert!(excluded(claim(&mut desk, &for_decider, Some(CLERK), "b")), "for whoever it was decided for");
    claim(&mut desk, &for_decider, None, "b").expect("for himself");
}

#[test]
fn the_requester_acts_for_nobody_where_he_may_not_act() {
    let not_requester = json!({ "separation": { "notRequester": true } });
    let steps = [approval("a", &not_requester)];
    let graph = graph_of(&steps, &[edge("start", "a"), edge("a", "end")]);
    let mut desk = Desk::started(&graph, &json!({}));
    desk.now = at(12);
    let requester = delegate(REQUESTER, vec![lender(CHIEF, &[TERM])]);
    assert!(matches!(reason(claim(&mut desk, &requester, None, "a")), DenialReason::IsRequester { .. }));
}

/// Everybody is to approve.
fn vote(quorum: &Value) -> Graph {
    let board = json!({
        "key": "vote", "name": "Vote", "kind": "APPROVAL", "candidate": { "role": "clerk" },
        "outcomes": ["APPROVED", "REJECTED", "TIE"], "approval": quorum,
    });
    graph(framed(&[board], &[edge("start", "vote"), edge("vote", "end")]))
}

fn cast(desk: &mut Desk<'_>, who: &Principal, for_whom: Option<u8>, with: &str) -> Result<bool, DenialReason> {
    match complete(desk, who, for_whom, ("vote", with)) {
        Ok(events) => Ok(events.iter().any(|event| matches!(event, RequestEvent::StepCompleted { .. }))),
        refused @ Err(_) => Err(reason(refused)),
    }
}

#[test]
fn one_vote_each_whoever_casts_it() {
    let graph = vote(&json!({ "quorum": { "unanimous": {} } }));
    let mut desk = Desk::started(&graph, &json!({}));
    desk.now = at(12);
    assert_eq!(cast(&mut desk, &deputy(), None, "APPROVED"), Ok(false));
    let RequestEvent::VoteCast { vote, .. } = desk.journal.last().expect("a vote") else { panic!("no vote") };
    let on_behalf_of = Some(user(CLERK));
    assert_eq!(*vote, Vote { by: user(STRANGER), on_behalf_of, outcome: outcome("APPROVED") });
    let voted = |done| matches!(done, Err(DenialReason::AlreadyVoted { .. }));
    assert!(voted(cast(&mut desk, &person(CLERK), None, "REJECTED")), "his voice is used");
    let for_another = delegate(STRANGER, vec![lender(SECOND_CLERK, &[TERM])]);
    assert!(voted(cast(&mut desk, &for_another, None, "REJECTED")), "he has spoken");
    let for_voter = delegate(SECOND_CLERK, vec![lender(CLERK, &[TERM])]);
    let used = cast(&mut desk, &for_voter, Some(CLERK), "REJECTED");
    assert!(matches!(used, Err(DenialReason::DelegatorVoted { .. })), "{used:?}");
    // The stranger is no candidate, so three clerks are counted.
    assert_eq!(cast(&mut desk, &person(SECOND_CLERK), None, "APPROVED"), Ok(false));
    assert_eq!(cast(&mut desk, &person(REQUESTER), None, "APPROVED"), Ok(true));
    let deciders: BTreeSet<_> = desk.state.decided.keys().copied().collect();
    assert_eq!(deciders, BTreeSet::from([STRANGER, CLERK, SECOND_CLERK, REQUESTER].map(user)));
    desk.check_fold();
}

#[test]
fn a_vote_weighs_what_the_voter_weighs() {
    let weighted = json!({ "quorum": { "weighted": { "weights": { "chief": 9 }, "threshold": 5 } } });
    let graph = vote(&weighted);
    let mut desk = Desk::started(&graph, &json!({}));
    desk.now = at(12);
    let chief = delegate(CHIEF, vec![lender(CLERK, &[TERM])]);
    assert_eq!(cast(&mut desk, &chief, None, "APPROVED"), Ok(false), "a clerk's vote, though a chief casts it");
    let graph = vote(&json!({ "quorum": { "unanimous": {} }, "veto": ["chief"] }));
    let mut desk = Desk::started(&graph, &json!({}));
    desk.now = at(12);
    cast(&mut desk, &chief, None, "APPROVED").expect("a vote");
    desk.check_fold();
}
