//! Who may act: for every way to act on a step and every kind of person the same verdict, taken at
//! the moment of the decision.

pub mod support;

use std::collections::BTreeSet;

use nexusflow_domain::access::{DelegationTerm, Delegator, DenialReason, Principal};
use nexusflow_domain::ids::{DelegationId, OrganizationId, RequestStepId, RoleId, WorkflowId};
use nexusflow_domain::request::{Command, OpenStep, Refusal, RequestEvent, Work, excluded_users, may_act};
use nexusflow_domain::workflow::{Candidate, FrameId, Graph};
use serde_json::{Value, json};
use support::{
    CHIEF, CLERK, Desk, REQUESTER, SECOND_CLERK, STRANGER, asking, at, edge, framed, graph, graph_of, key, outcome,
    person, role, task, user,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    May,
    NotACandidate,
    IsRequester,
    DecidedOther,
    Claimed,
    NotOpen,
}
use Verdict::{Claimed, DecidedOther, IsRequester, May, NotACandidate, NotOpen};

/// The verdict on a person, the same on every path. Giving back what one claimed is always allowed.
fn verdict(desk: &mut Desk<'_>, step: RequestStepId, who: Option<&Principal>) -> Verdict {
    let complete =
        Command::Complete { step, outcome: outcome("COMPLETED"), comment: None, variables: serde_json::Map::new() };
    let claimer = desk.state.open.get(&step).and_then(|open| open.claimed_by());
    let own = claimer.is_some() && claimer == who.map(|who| who.user);
    let release = (!own).then_some(Command::Release { step, forced: false });
    let paths: Vec<Command> = [Command::Claim { step }, complete].into_iter().chain(release).collect();
    let verdicts = paths.iter().map(|command| match desk.decide(who, command) {
        Ok(_) | Err(Refusal::NotClaimed { .. }) => May,
        Err(Refusal::StepNotOpen { .. }) => NotOpen,
        Err(Refusal::NotPermitted { reason, .. }) => match reason {
            DenialReason::NotACandidate { .. } => NotACandidate,
            DenialReason::IsRequester { .. } => IsRequester,
            DenialReason::DecidedOtherStep { .. } => DecidedOther,
            DenialReason::ClaimedByAnother { .. } => Claimed,
            DenialReason::AlreadyVoted { .. } => panic!("one person decides these steps"),
            DenialReason::MissingPermission(_) => panic!("everybody has the permissions of a user"),
            DenialReason::NotHeld(_) => panic!("nobody grants anything here"),
            DenialReason::DelegatorVoted { .. }
            | DenialReason::NoDelegation { .. }
            | DenialReason::DelegationNotBegun { .. }
            | DenialReason::DelegationEnded { .. } => panic!("nobody acts for another here"),
        },
        Err(other) => panic!("{command:?}: {other}"),
    });
    let verdicts: Vec<Verdict> = verdicts.collect();
    assert!(verdicts.iter().all(|verdict| *verdict == verdicts[0]), "{who:?}: {verdicts:?}");
    verdicts[0]
}

/// A person with other roles.
fn holding(names: &[&str], who: u8) -> Principal {
    let mut person = person(who);
    person.rights.everywhere.roles = names.iter().map(|name| role(name)).collect();
    person
}

/// Requester, two clerks, the chief, a stranger.
fn verdicts(desk: &mut Desk<'_>, step: &str) -> [Verdict; 5] {
    let step = desk.open(step);
    [REQUESTER, CLERK, SECOND_CLERK, CHIEF, STRANGER].map(|who| verdict(desk, step, Some(&person(who))))
}

/// x and y open at once; y is neither for the requester nor for whoever decided x.
fn side_by_side(candidate: &Value) -> Graph {
    let separation = json!({ "notRequester": true, "notDeciderOf": ["x"] });
    let y = task(
        "y",
        &json!({ "candidate": candidate, "separation": separation, "sla": { "dueIn": "PT1H", "escalations": [
        { "action": { "reassign": { "role": "deputy" } } }
    ] } }),
    );
    let steps = [task("x", &json!({})), y, json!({ "key": "join", "name": "Join", "kind": "DECISION", "join": "ALL" })];
    let edges = [edge("start", "x"), edge("start", "y"), edge("x", "join"), edge("y", "join"), edge("join", "end")];
    let mut json = framed(&steps, &edges);
    json["steps"][0]["split"] = json!("ALL");
    graph(json)
}

fn claim(desk: &mut Desk<'_>, who: u8, step: &str) {
    let step = desk.open(step);
    let events = desk.act(who, &Command::Claim { step }).expect("the claim is allowed");
    assert_eq!(events, [RequestEvent::StepClaimed { id: step, by: user(who), on_behalf_of: None }]);
}

#[test]
fn an_unclaimed_step_is_for_candidates_whom_nothing_excludes() {
    let graph = side_by_side(&json!({ "role": "clerk" }));
    let mut desk = Desk::started(&graph, &json!({}));
    assert_eq!(verdicts(&mut desk, "x"), [May, May, May, NotACandidate, NotACandidate]);
    assert_eq!(verdicts(&mut desk, "y"), [IsRequester, May, May, NotACandidate, NotACandidate]);
    let step = desk.open("y");
    assert_eq!(verdict(&mut desk, step, None), NotOpen, "NexusFlow itself never acts");
}

#[test]
fn a_claimed_step_is_for_the_claimer_alone() {
    let graph = side_by_side(&json!({ "role": "clerk" }));
    let mut desk = Desk::started(&graph, &json!({}));
    claim(&mut desk, CLERK, "y");
    assert_eq!(verdicts(&mut desk, "y"), [IsRequester, May, Claimed, NotACandidate, NotACandidate]);
    let step = desk.open("y");
    assert_eq!(desk.act(CLERK, &Command::Claim { step }), Ok(vec![]), "claiming twice changes nothing");
    let released = desk.act(CLERK, &Command::Release { step, forced: false }).unwrap();
    assert_eq!(released, [RequestEvent::StepReleased { id: step, by: user(CLERK) }]);
    assert_eq!(verdicts(&mut desk, "y"), [IsRequester, May, May, NotACandidate, NotACandidate]);
    assert_eq!(desk.act(CLERK, &Command::Release { step, forced: false }), Err(Refusal::NotClaimed { step }));
}

#[test]
fn who_decided_the_other_step_is_excluded_though_this_one_was_open_already() {
    let graph = side_by_side(&json!({ "role": "clerk" }));
    let mut desk = Desk::started(&graph, &json!({}));
    desk.complete(CLERK, "x", "COMPLETED").unwrap();
    assert_eq!(verdicts(&mut desk, "y"), [IsRequester, DecidedOther, May, NotACandidate, NotACandidate]);
}

#[test]
fn who_decided_the_other_step_is_excluded_even_from_what_they_claimed_before() {
    let graph = side_by_side(&json!({ "role": "clerk" }));
    let mut desk = Desk::started(&graph, &json!({}));
    claim(&mut desk, CLERK, "y");
    desk.complete(CLERK, "x", "COMPLETED").unwrap();
    assert_eq!(verdicts(&mut desk, "y"), [IsRequester, DecidedOther, Claimed, NotACandidate, NotACandidate]);
    let step = desk.open("y");
    desk.act(CHIEF, &Command::Release { step, forced: true }).unwrap();
    assert_eq!(verdicts(&mut desk, "y"), [IsRequester, DecidedOther, May, NotACandidate, NotACandidate]);
    desk.complete(SECOND_CLERK, "y", "COMPLETED").unwrap();
    desk.check_fold();
}

#[test]
fn whoever_claimed_a_step_may_give_it_back_though_excluded_since() {
    let graph = side_by_side(&json!({ "role": "clerk" }));
    let dismissed = holding(&[], CLERK);
    for (who, decides_x_too) in [(person(CLERK), true), (dismissed, false)] {
        let mut desk = Desk::started(&graph, &json!({}));
        claim(&mut desk, CLERK, "y");
        if decides_x_too {
            desk.complete(CLERK, "x", "COMPLETED").unwrap();
        }
        let step = desk.open("y");
        assert_ne!(verdict(&mut desk, step, Some(&who)), May);
        let released = desk.perform(Some(&who), &Command::Release { step, forced: false });
        assert_eq!(released, Ok(vec![RequestEvent::StepReleased { id: step, by: user(CLERK) }]));
        assert_eq!(verdict(&mut desk, step, Some(&person(SECOND_CLERK))), May);
        let again = desk.perform(Some(&who), &Command::Release { step, forced: false });
        assert!(matches!(again, Err(Refusal::NotPermitted { .. })), "there is nothing of his to give back: {again:?}");
    }
}

#[test]
fn another_organizations_people_never_act_whatever_their_roles() {
    let graph = side_by_side(&json!({ "role": "clerk" }));
    let mut desk = Desk::started(&graph, &json!({}));
    let organization = OrganizationId::from_uuid(uuid::Uuid::from_u128(0xC001));
    let foreign = Principal { organization, ..person(CLERK) };
    let step = desk.open("x");
    assert_eq!(verdict(&mut desk, step, Some(&foreign)), NotACandidate);
}

#[test]
fn a_reassigned_step_is_for_the_new_role_and_separation_stays() {
    let graph = side_by_side(&json!({ "role": "clerk" }));
    let mut desk = Desk::started(&graph, &json!({}));
    claim(&mut desk, CLERK, "y");
    desk.fire_at(3_601);
    assert_eq!(verdicts(&mut desk, "y"), [NotACandidate, NotACandidate, NotACandidate, May, NotACandidate]);
    let step = desk.open("y");
    let mut requester = person(REQUESTER);
    requester.rights.everywhere.roles.insert(role("deputy"));
    assert_eq!(verdict(&mut desk, step, Some(&requester)), IsRequester);
    let mut clerk = person(CLERK);
    clerk.rights.everywhere.roles.insert(role("deputy"));
    assert_eq!(verdict(&mut desk, step, Some(&clerk)), May);
    desk.complete(CLERK, "x", "COMPLETED").unwrap();
    assert_eq!(verdict(&mut desk, step, Some(&clerk)), DecidedOther);
}

#[test]
fn roles_count_as_they_are_held_at_the_moment() {
    let graph = side_by_side(&json!({ "role": "clerk" }));
    let mut desk = Desk::started(&graph, &json!({}));
    claim(&mut desk, CLERK, "y");
    let step = desk.open("y");
    let dismissed = holding(&[], CLERK);
    assert_eq!(verdict(&mut desk, step, Some(&dismissed)), NotACandidate);
    let promoted = holding(&["clerk"], STRANGER);
    let step = desk.open("x");
    assert_eq!(verdict(&mut desk, step, Some(&promoted)), May);
}

#[test]
fn a_person_or_the_requester_can_be_the_candidate() {
    let graph = side_by_side(&json!({ "user": "p5@example.org" }));
    let mut desk = Desk::started(&graph, &json!({}));
    assert_eq!(verdicts(&mut desk, "y"), [NotACandidate, NotACandidate, NotACandidate, NotACandidate, May]);
    let own =
        graph_of(&[task("a", &json!({ "candidate": { "requester": {} } }))], &[edge("start", "a"), edge("a", "end")]);
    let mut desk = Desk::started(&own, &json!({}));
    assert_eq!(verdicts(&mut desk, "a"), [May, NotACandidate, NotACandidate, NotACandidate, NotACandidate]);
}

#[test]
fn a_refusal_names_the_step_and_the_role_that_would_help() {
    let graph = side_by_side(&json!({ "role": "clerk" }));
    let mut desk = Desk::started(&graph, &json!({}));
    let step = desk.open("y");
    let refused = |desk: &mut Desk<'_>, who| match desk.act(who, &Command::Claim { step }) {
        Err(Refusal::NotPermitted { reason, granting_role }) => (reason.to_string(), granting_role),
        other => panic!("{other:?}"),
    };
    let no_role: Option<RoleId> = None;
    assert_eq!(
        refused(&mut desk, STRANGER),
        (r#"the step "Y" waits for the role clerk"#.to_owned(), Some(role("clerk")))
    );
    let requester = r#"separation of duties: the requester may not act on the step "Y""#;
    assert_eq!(refused(&mut desk, REQUESTER), (requester.to_owned(), no_role));
    desk.complete(CLERK, "x", "COMPLETED").unwrap();
    let decided = r#"separation of duties: whoever decided "X" may not act on the step "Y""#;
    assert_eq!(refused(&mut desk, CLERK), (decided.to_owned(), no_role));
}

#[test]
fn separation_looks_at_every_round_of_a_loop() {
    let separation = json!({ "separation": { "notDeciderOf": ["a"] } });
    let on = |outcome: &str, to: &str| json!({ "from": "b", "outcome": outcome, "to": to });
    let b = task("b", &support::with(separation, &json!({ "outcomes": ["AGAIN", "DONE"] })));
    let graph = graph_of(
        &[task("a", &json!({})), b],
        &[edge("start", "a"), edge("a", "b"), on("AGAIN", "a"), on("DONE", "end")],
    );
    let mut desk = Desk::started(&graph, &json!({}));
    desk.complete(CLERK, "a", "COMPLETED").unwrap();
    desk.complete(SECOND_CLERK, "b", "AGAIN").unwrap();
    desk.complete(REQUESTER, "a", "COMPLETED").unwrap();
    let step = desk.open("b");
    let open = desk.state.open[&step].clone();
    assert_eq!(
        (open.attempt, excluded_users(&graph, &desk.state, &open)),
        (2, BTreeSet::from([user(CLERK), user(REQUESTER)]))
    );
    for (who, may) in [(CLERK, false), (REQUESTER, false), (SECOND_CLERK, true)] {
        assert_eq!(may_act(&graph, &desk.state, &open, &asking(&person(who), desk.now)).is_ok(), may, "{who}");
        assert_eq!(desk.complete(who, "b", "DONE").is_ok(), may, "{who}");
    }
}

#[test]
fn excluded_are_the_requester_and_the_deciders() {
    let graph = side_by_side(&json!({ "role": "clerk" }));
    let mut desk = Desk::started(&graph, &json!({}));
    let open = desk.state.open[&desk.open("y")].clone();
    assert_eq!(excluded_users(&graph, &desk.state, &open), BTreeSet::from([user(REQUESTER)]));
    desk.complete(SECOND_CLERK, "x", "COMPLETED").unwrap();
    assert_eq!(excluded_users(&graph, &desk.state, &open), BTreeSet::from([user(REQUESTER), user(SECOND_CLERK)]));
}

#[test]
fn nobody_may_act_on_a_step_that_the_graph_does_not_know() {
    let graph = side_by_side(&json!({ "role": "clerk" }));
    let desk = Desk::started(&graph, &json!({}));
    for step in ["unknown", "join"] {
        let open = OpenStep {
            step: key(step),
            attempt: 1,
            frame: FrameId::REQUEST,
            race: None,
            instance: None,
            input: None,
            messages: Vec::new(),
            work: Work::unclaimed(Candidate::Role(role("clerk"))),
            timers: Vec::new(),
            failure: None,
            started_at: at(0),
            due_at: None,
            pursuit: None,
        };
        assert!(may_act(&graph, &desk.state, &open, &asking(&person(CLERK), desk.now)).is_err(), "{step}");
    }
}

#[test]
fn what_is_held_in_one_workflow_counts_there_and_nowhere_else() {
    let graph = side_by_side(&json!({ "role": "clerk" }));
    let mut desk = Desk::started(&graph, &json!({}));
    let step = desk.open("x");
    let elsewhere = WorkflowId::from_uuid(uuid::Uuid::from_u128(0xD0FF));
    for (workflow, expected) in [(desk.state.workflow, May), (elsewhere, NotACandidate)] {
        let mut stranger = person(STRANGER);
        let mut held = stranger.rights.everywhere.clone();
        held.roles.insert(role("clerk"));
        stranger.rights.within.insert(workflow, held);
        assert_eq!(verdict(&mut desk, step, Some(&stranger)), expected);
        let lent = Delegator {
            user: stranger.user,
            rights: stranger.rights,
            terms: vec![DelegationTerm {
                delegation: DelegationId::from_uuid(uuid::Uuid::from_u128(0xE000)),
                workflow: None,
                starts_at: at(0),
                ends_at: at(3_600),
            }],
        };
        let deputy = Principal { delegators: vec![lent], ..holding(&[], CHIEF) };
        assert_eq!(verdict(&mut desk, step, Some(&deputy)), expected, "lent with its limits");
    }
}
