//! What steps are given and what they set: input and output mappings of every form of work.

mod job_support;
pub mod support;

use job_support::{agent, broken, service, thrown};
use nexusflow_domain::request::{Command, EscalationResult, Refusal, RequestEvent};
use nexusflow_domain::workflow::{Graph, compile};
use serde_json::{Value, json};
use support::flow::{catcher, drawn, paths, tasks};
use support::{CHIEF, CLERK, Desk, REQUESTER, SECOND_CLERK, approval, directory, document, framed, task};

fn given(desk: &Desk<'_>, step: &str) -> Value {
    json!(desk.state.open[&desk.open(step)].input)
}

fn variables(desk: &Desk<'_>) -> Value {
    Value::Object(desk.state.variables.clone())
}

fn line(step: Value) -> Graph {
    let key = step["key"].as_str().expect("a key").to_owned();
    drawn(&[vec![step], tasks(&["next"])], &[paths(&[&format!("start {key} next end")])])
}

#[test]
fn every_form_of_work_is_given_what_its_input_says_of_the_variables_then() {
    let input = json!({ "input": { "total": "net * 2", "who": "customer.name", "all": "[net, 1]" } });
    let forms = [service("a", &input), task("a", &input), approval("a", &input)];
    for form in forms.into_iter().chain([support::with(agent("a", &json!({})), &input)]) {
        let graph = line(form);
        let desk = Desk::started(&graph, &json!({ "net": 21, "customer": { "name": "Ann" }, "secret": 1 }));
        assert_eq!(given(&desk, "a"), json!({ "total": 42, "who": "Ann", "all": [21, 1] }));
        desk.check_fold();
    }
}

#[test]
fn an_input_that_cannot_be_made_refuses_the_command_that_led_there() {
    let steps = [tasks(&["before"]), vec![service("a", &json!({ "input": { "total": "net * 2" } }))]];
    let graph = drawn(&steps, &[paths(&["start before a end"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    let refused = desk.complete(CLERK, "before", "COMPLETED");
    match refused {
        Err(Refusal::NotMade { step, field, .. }) => assert_eq!((step.as_str(), field.as_str()), ("a", "input.total")),
        other => panic!("{other:?}"),
    }
    desk.done_with("before", "COMPLETED", &json!({ "net": 4 }));
    assert_eq!(given(&desk, "a"), json!({ "total": 8 }));
}

#[test]
fn an_output_sets_only_what_it_says_from_the_result_and_the_variables() {
    let output = json!({ "output": { "total": "total + result.sum", "last": "result", "gone": "null" } });
    let graph = line(service("a", &output));
    let mut desk = Desk::started(&graph, &json!({ "total": 1, "gone": true }));
    desk.job_done("a", None, &json!({ "sum": 2, "noise": "x" }));
    assert_eq!(variables(&desk), json!({ "total": 3, "last": { "sum": 2, "noise": "x" } }));
}

#[test]
fn an_output_that_cannot_be_made_is_refused_to_whoever_brings_the_result() {
    let graph = line(service("a", &json!({ "output": { "total": "result.sum + 1" } })));
    let mut desk = Desk::started(&graph, &json!({ "total": 7 }));
    for result in [json!({}), json!({ "sum": "two" })] {
        match desk.complete_job("a", None, &result) {
            Err(Refusal::NotMade { step, field, .. }) => {
                assert_eq!((step.as_str(), field.as_str()), ("a", "output.total"));
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(variables(&desk), json!({ "total": 7 }));
    desk.job_failed("a", broken("cannot say it"));
    desk.expect_open(&["a"]);
}

#[test]
fn the_agents_schema_is_of_what_it_brings_not_of_what_is_made_of_it() {
    let schema = json!({ "type": "object", "required": ["risk"], "properties": { "risk": { "type": "number" } } });
    let step = support::with(
        agent("a", &json!({ "resultSchema": schema })),
        &json!({ "output": { "high": "result.risk > 0.5" } }),
    );
    let graph = line(step);
    let mut desk = Desk::started(&graph, &json!({}));
    assert!(matches!(desk.complete_job("a", None, &json!({ "high": true })), Err(Refusal::InvalidResult { .. })));
    desk.job_done("a", None, &json!({ "risk": 0.7 }));
    assert_eq!(variables(&desk), json!({ "high": true }));
}

#[test]
fn the_output_of_a_task_is_made_of_what_the_person_entered() {
    let graph = line(task("a", &json!({ "output": { "city": "result.address.city", "by": "result.by" } })));
    let mut desk = Desk::started(&graph, &json!({ "address": 1 }));
    desk.done_with("a", "COMPLETED", &json!({ "address": { "city": "Ulm" }, "by": "post" }));
    assert_eq!(variables(&desk), json!({ "address": 1, "city": "Ulm", "by": "post" }));
}

#[test]
fn the_output_of_an_approval_by_several_is_made_at_every_vote() {
    let more = json!({
        "approval": { "quorum": { "atLeast": { "count": 2 } } }, "candidate": { "role": "clerk" },
        "output": { "notes": "notes + [result.note]" },
    });
    let graph = line(approval("a", &more));
    let mut desk = Desk::started(&graph, &json!({ "notes": [] }));
    assert!(matches!(desk.complete(CLERK, "a", "APPROVED"), Err(Refusal::NotMade { .. })), "no note");
    for (who, note) in [(CLERK, "fine"), (SECOND_CLERK, "good")] {
        let command = desk.completion("a", "APPROVED", &json!({ "note": note, "aside": 1 }));
        desk.act(who, &command).unwrap();
        desk.check_fold();
    }
    assert_eq!(variables(&desk), json!({ "notes": ["fine", "good"] }));
    desk.expect_open(&["next"]);
}

/// Nobody brought a result: what reads one cannot be made, and somebody is told.
#[test]
fn a_missed_deadline_takes_an_outcome_only_if_the_output_can_be_made_without_a_result() {
    let rung = json!([{ "action": { "takeOutcome": { "outcome": "REJECTED" } } }]);
    for (output, works) in [(json!({ "late": "true" }), true), (json!({ "sum": "result.sum" }), false)] {
        let more = json!({ "sla": { "dueIn": "PT1H", "escalations": rung }, "output": output });
        let graph = line(approval("a", &more));
        let mut desk = Desk::started(&graph, &json!({}));
        let events = desk.fire_at(3_601);
        let taken = events.iter().any(|event| {
            matches!(event, RequestEvent::Escalated(record) if matches!(record.result, EscalationResult::TookOutcome(_)))
        });
        assert_eq!(taken, works);
        desk.expect_open(&[if works { "next" } else { "a" }]);
    }
}

#[test]
fn a_skipped_step_sets_nothing() {
    let more = json!({ "required": false, "output": { "sum": "result.sum" } });
    let graph = line(service("a", &more));
    let mut desk = Desk::started(&graph, &json!({ "sum": 1 }));
    let skip = Command::Skip { step: desk.open("a"), outcome: None, reason: "x".to_owned() };
    desk.act(CHIEF, &skip).unwrap();
    assert_eq!(variables(&desk), json!({ "sum": 1 }));
}

#[test]
fn an_error_sets_nothing() {
    let steps =
        [vec![service("a", &json!({ "output": { "sum": "result.sum" } })), catcher("t", "a", None)], tasks(&["b"])];
    let graph = drawn(&steps, &[paths(&["start a end", "t b end"])]);
    let mut desk = Desk::started(&graph, &json!({ "sum": 1 }));
    desk.job_failed("a", thrown("X"));
    desk.expect_open(&["b"]);
    assert_eq!(variables(&desk), json!({ "sum": 1 }));
}

#[test]
fn a_retried_step_keeps_what_it_was_given() {
    let graph = line(service("a", &json!({ "input": { "n": "n" } })));
    let mut desk = Desk::started(&graph, &json!({ "n": 1 }));
    desk.job_failed("a", thrown("X"));
    let retry = Command::Retry { step: desk.open("a") };
    desk.act(REQUESTER, &retry).unwrap();
    assert_eq!(given(&desk, "a"), json!({ "n": 1 }));
}

#[test]
fn mappings_that_do_not_compile_are_refused_by_place() {
    let of = |more: &Value| {
        let problems = compile(&document(framed(&[service("a", more)], &paths(&["start a end"]))), &directory());
        problems.err().unwrap_or_default().into_iter().map(|problem| problem.path).collect::<Vec<_>>()
    };
    assert_eq!(of(&json!({ "input": { "a": "1 +" } })), ["steps[a].input.a"]);
    assert_eq!(of(&json!({ "output": { "b": "f(1)", "c": "1" } })), ["steps[a].output.b"]);
    assert_eq!(of(&json!({ "output": [] })), ["steps[a].output"]);
    let misplaced = json!({ "key": "d", "name": "d", "kind": "DECISION", "input": {}, "output": {} });
    let document = document(framed(&[misplaced], &paths(&["start d end"])));
    let problems: Vec<String> = compile(&document, &directory()).unwrap_err().into_iter().map(|p| p.path).collect();
    assert_eq!(problems, ["steps[d].input", "steps[d].output"]);
}
