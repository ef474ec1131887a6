//! Steps that nobody could ever act on after separation of duties: only what is certain is a problem.

pub mod support;

use nexusflow_domain::ids::UserId;
use nexusflow_domain::problem::ProblemCode;
use nexusflow_domain::workflow::{Directory, Holders, compile, staffing_problems};
use serde_json::{Value, json};
use support::flow::{deadline, paths, scope};
use support::{CHIEF, CLERK, SECOND_CLERK, directory, document, edge, framed, task, user, with};

fn held_by(users: &[UserId]) -> Holders {
    Holders::Known(users.iter().copied().collect())
}

/// The tests' directory, with these holders of `clerk` and of `chief`.
fn people(clerks: Holders, chiefs: Holders) -> Directory {
    let mut directory = directory();
    for (name, holders) in [("clerk", clerks), ("chief", chiefs)] {
        directory.roles.get_mut(name).expect("a role").holders = holders;
    }
    directory
}

/// Places of the problems found.
fn unstaffed(json: Value, directory: &Directory) -> Vec<String> {
    let graph = compile(&document(json), directory).expect("a valid document");
    let found = staffing_problems(&graph, directory);
    assert!(found.iter().all(|problem| problem.code == ProblemCode::NobodyResponsible));
    found.into_iter().map(|problem| problem.path).collect()
}

/// start → a → b → end, with `first` laid over a and `second` over b.
fn one_after_the_other(first: &Value, second: &Value) -> Value {
    framed(&[task("a", first), task("b", second)], &[edge("start", "a"), edge("a", "b"), edge("b", "end")])
}

fn not_who_decided(keys: &[&str], candidate: &Value) -> Value {
    json!({ "candidate": candidate, "separation": { "notDeciderOf": keys } })
}

const PLACE_OF_B: &str = "steps[b].separation.notDeciderOf";

#[test]
fn whoever_alone_decides_a_step_cannot_be_the_only_one_for_the_next() {
    let (clerk, chief) = (json!({ "role": "clerk" }), json!({ "role": "chief" }));
    let (anna, bert) = (json!({ "user": "p2@example.org" }), json!({ "user": "p3@example.org" }));
    let requester = json!({ "requester": {} });
    let one_clerk = || held_by(&[user(CLERK)]);
    let cases = [
        // The same person, the same role with one holder, two roles with the same one holder.
        (&anna, &anna, Holders::Somebody, Holders::Somebody, true),
        (&anna, &bert, Holders::Somebody, Holders::Somebody, false),
        (&clerk, &clerk, one_clerk(), Holders::Somebody, true),
        (&clerk, &clerk, held_by(&[user(CLERK), user(SECOND_CLERK)]), Holders::Somebody, false),
        (&clerk, &clerk, Holders::Somebody, Holders::Somebody, false),
        (&clerk, &chief, one_clerk(), one_clerk(), true),
        (&clerk, &chief, one_clerk(), held_by(&[user(CHIEF)]), false),
        (&clerk, &anna, one_clerk(), Holders::Somebody, true),
        (&anna, &clerk, Holders::Somebody, one_clerk(), false),
        (&anna, &clerk, one_clerk(), Holders::Somebody, true),
        // The requester may be anybody, but is always the same.
        (&requester, &requester, Holders::Somebody, Holders::Somebody, true),
        (&requester, &anna, Holders::Somebody, Holders::Somebody, false),
        (&anna, &requester, Holders::Somebody, Holders::Somebody, false),
    ];
    for (first, second, clerks, chiefs, certain) in cases {
        let json = one_after_the_other(&json!({ "candidate": first }), &not_who_decided(&["a"], second));
        let expected: &[&str] = if certain { &[PLACE_OF_B] } else { &[] };
        assert_eq!(unstaffed(json, &people(clerks, chiefs)), expected, "{first} then {second}");
    }
}

#[test]
fn certainty_passes_on_from_step_to_step() {
    let two = || people(held_by(&[user(CLERK), user(SECOND_CLERK)]), Holders::Somebody);
    let clerk = json!({ "role": "clerk" });
    let chain = |first: &Value| {
        let steps = [
            task("a", first),
            task("b", &not_who_decided(&["a"], &clerk)),
            task("c", &not_who_decided(&["a", "b"], &clerk)),
        ];
        framed(&steps, &[edge("start", "a"), edge("a", "b"), edge("b", "c"), edge("c", "end")])
    };
    let anna = json!({ "candidate": { "user": "p2@example.org" } });
    assert_eq!(unstaffed(chain(&anna), &two()), ["steps[c].separation.notDeciderOf"]);
    let chief = json!({ "candidate": { "role": "chief" } });
    assert_eq!(unstaffed(chain(&chief), &two()), [""; 0], "the chief may be somebody else");
}

#[test]
fn a_step_that_may_be_passed_by_excludes_nobody() {
    let anna = json!({ "user": "p2@example.org" });
    let second = not_who_decided(&["a"], &anna);
    let steps = [
        with(json!({ "key": "d", "name": "D", "kind": "DECISION" }), &json!({})),
        task("a", &json!({ "candidate": anna })),
        task("b", &second),
    ];
    let condition = json!({ "condition": { "field": "x", "operator": "exists" } });
    let transitions = [
        edge("start", "d"),
        with(edge("d", "a"), &condition),
        with(edge("d", "b"), &json!({ "isDefault": true })),
        edge("a", "b"),
        edge("b", "end"),
    ];
    let people = people(Holders::Somebody, Holders::Somebody);
    assert_eq!(unstaffed(framed(&steps, &transitions), &people), [""; 0]);
    let own = not_who_decided(&["b"], &anna);
    assert_eq!(unstaffed(one_after_the_other(&json!({}), &own), &people), [""; 0], "the first time is still possible");
}

#[test]
fn a_missed_deadline_may_bring_in_somebody_or_nobody() {
    let anna = json!({ "user": "p2@example.org" });
    let ladder =
        |action: Value| json!({ "sla": { "dueIn": "PT1H", "escalations": [{ "after": "PT0S", "action": action }] } });
    let people = people(Holders::Somebody, held_by(&[user(CHIEF)]));
    let asked = |more: &Value| with(json!({ "candidate": anna, "outcomes": ["COMPLETED", "LATE"] }), more);
    let second = not_who_decided(&["a"], &anna);
    let taken = one_after_the_other(&asked(&ladder(json!({ "takeOutcome": { "outcome": "LATE" } }))), &second);
    assert_eq!(unstaffed(taken, &people), [""; 0]);
    let reassign = ladder(json!({ "reassign": { "role": "chief" } }));
    let before = one_after_the_other(&asked(&reassign), &second);
    assert_eq!(unstaffed(before, &people), [""; 0]);
    let after = one_after_the_other(&asked(&json!({})), &with(second.clone(), &reassign));
    assert_eq!(unstaffed(after, &people), [""; 0]);
    let told = one_after_the_other(&asked(&ladder(json!({ "raise": {} }))), &second);
    assert_eq!(unstaffed(told, &people), [PLACE_OF_B]);
}

/// Anna alone is asked for a and for b, who must not be the same; further fields of a, steps and ways.
fn anna_after_anna(a: &Value, steps: &[Value], ways: &[&str]) -> Value {
    let anna = json!({ "user": "p2@example.org" });
    let first = task("a", &with(json!({ "candidate": anna, "outcomes": ["COMPLETED", "EXPIRED"] }), a));
    let steps = [&[first, task("b", &not_who_decided(&["a"], &anna)), task("x", &json!({}))], steps].concat();
    framed(&steps, &paths(&[&["start x a b end"], ways].concat()))
}

#[test]
fn a_step_that_may_end_without_a_decision_excludes_nobody() {
    let cases = [
        (json!({}), true),
        (json!({ "required": false }), false),
        (json!({ "enabledWhile": { "before": "b" } }), false),
        (json!({ "enabledWhile": { "after": "x" } }), true),
        (json!({ "maxVisits": 3 }), true),
    ];
    for (more, certain) in cases {
        let expected: &[&str] = if certain { &[PLACE_OF_B] } else { &[] };
        let found = unstaffed(anna_after_anna(&more, &[], &[]), &people(Holders::Somebody, Holders::Somebody));
        assert_eq!(found, expected, "{more}");
    }
}

#[test]
fn a_step_that_a_boundary_event_leaves_or_avoids_excludes_nobody() {
    for (host, to, interrupting, certain) in [
        ("a", "b", true, false),
        ("a", "b", false, false),
        ("a", "end", true, true),
        ("a", "x", true, true),
        ("x", "b", true, false),
        ("x", "a", true, true),
        ("b", "x", true, true),
        ("s", "b", true, false),
        ("s", "end", true, true),
    ] {
        let timer = deadline("t", host, "PT1H", interrupting);
        let json = anna_after_anna(&json!({}), &[timer], &[&format!("t {to}")]);
        let json = with(json, &json!({ "scopes": [scope("s", &["x", "a"])] }));
        let expected: &[&str] = if certain { &[PLACE_OF_B] } else { &[] };
        let found = unstaffed(json, &people(Holders::Somebody, Holders::Somebody));
        assert_eq!(found, expected, "from {host} to {to}");
    }
}
