//! Steps that workers carry out: how they open, end, fail, are attempted again, and throw errors.

mod job_support;
pub mod support;

use chrono::TimeDelta;
use job_support::{agent, broken, job_of, nowhere, service, thrown};
use nexusflow_domain::request::{
    Command, DeadlineClock, JobFailure, Refusal, RequestEvent, RequestStatus, WaitReason, waiting_for,
};
use nexusflow_domain::workflow::{Graph, compile};
use serde_json::{Value, json};
use support::flow::{catcher, deadline, drawn, on, otherwise, paths, scope, scoped, step, tasks, when};
use support::{CLERK, Desk, at, directory, document, framed, map, outcome, plus_micros, suspend};

fn one(more: &Value) -> Graph {
    drawn(&[vec![service("a", more)]], &[paths(&["start a end"])])
}

fn retrying(retry: &Value) -> Graph {
    one(&json!({ "service": { "jobType": "bill", "retry": retry } }))
}

#[test]
fn a_job_opens_with_its_type_and_is_due_at_once() {
    let graph = one(&json!({}));
    let desk = Desk::started(&graph, &json!({ "sum": 3 }));
    desk.expect_open(&["a"]);
    let jobs = desk.state.jobs();
    let (id, job) = jobs.first_key_value().unwrap();
    assert_eq!((*id, job.job_type.as_str(), job.failed, job.run_at), (desk.open("a"), "a-work", 0, at(0)));
    assert_eq!(desk.state.open[id].input, None, "all variables");
    assert_eq!(desk.state.wakes_at(), None, "a worker fetches it; no timer fires");
    assert!(matches!(waiting_for(&graph, &desk.state)[0].reason, WaitReason::Job { failed: 0, .. }));
}

#[test]
fn a_worker_completes_it_and_each_field_of_its_result_sets_a_variable() {
    let graph = one(&json!({}));
    let mut desk = Desk::started(&graph, &json!({ "sum": 3, "old": 1 }));
    assert_eq!(
        desk.job_done("a", None, &json!({ "sum": 4, "old": null, "new": [1] })),
        ["end a", "pass end", "completed"]
    );
    assert_eq!(Value::Object(desk.state.variables.clone()), json!({ "sum": 4, "new": [1] }));
    desk.expect_completed();
}

#[test]
fn an_outcome_is_chosen_by_the_worker_and_must_be_one_of_the_steps() {
    let more = json!({ "outcomes": ["PAID", "OPEN"] });
    let graph = drawn(
        &[vec![service("a", &more)], tasks(&["b", "c"])],
        &[vec![on("PAID", "a", "b"), on("OPEN", "a", "c")], paths(&["start a", "b end", "c end"])],
    );
    let mut desk = Desk::started(&graph, &json!({}));
    assert!(matches!(desk.complete_job("a", None, &json!({})), Err(Refusal::OutcomeNeeded { .. })));
    assert!(matches!(desk.complete_job("a", Some("LOST"), &json!({})), Err(Refusal::UnknownOutcome { .. })));
    desk.job_done("a", Some("OPEN"), &json!({}));
    desk.expect_open(&["c"]);
}

#[test]
fn a_result_that_an_agents_schema_does_not_allow_is_refused_by_place() {
    let schema = json!({ "type": "object", "required": ["risk"], "properties": {
        "risk": { "type": "number", "maximum": 1 }, "why": { "type": "string" } } });
    let graph = drawn(&[vec![agent("a", &json!({ "resultSchema": schema }))]], &[paths(&["start a end"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    for result in [json!({}), json!({ "risk": "high" }), json!({ "risk": 7 }), json!({ "risk": 0.5, "why": 1 })] {
        match desk.complete_job("a", None, &result) {
            Err(Refusal::InvalidResult { step, problems }) => {
                assert_eq!(step.as_str(), "a");
                assert!(
                    !problems.is_empty() && problems.iter().all(|p| p.path.contains("risk") || p.path.contains("why"))
                );
            }
            other => panic!("{result}: {other:?}"),
        }
    }
    desk.expect_open(&["a"]);
    desk.job_done("a", None, &json!({ "risk": 0.5, "why": "new customer" }));
    desk.expect_completed();
}

/// When each attempt may begin, until there is none any more.
fn pauses(graph: &Graph) -> Vec<i64> {
    let mut desk = Desk::started(graph, &json!({}));
    let mut pauses = Vec::new();
    while desk.state.open.values().all(|open| open.failure.is_none()) {
        desk.job_failed("a", broken("no connection"));
        if let Some(job) = desk.state.jobs().values().next() {
            pauses.push((job.run_at - desk.now).num_seconds());
            assert_eq!(job.last_error.as_deref(), Some("no connection"));
            desk.now = job.run_at;
        }
    }
    pauses
}

#[test]
fn failed_attempts_are_made_again_as_the_workflow_says() {
    assert_eq!(pauses(&one(&json!({}))), [10, 20], "three attempts unless told otherwise");
    let fixed = json!({ "attempts": 4, "delay": "PT7S", "backoff": "FIXED" });
    assert_eq!(pauses(&retrying(&fixed)), [7, 7, 7]);
    let capped = json!({ "attempts": 7, "delay": "PT10S", "maxDelay": "PT1M" });
    assert_eq!(pauses(&retrying(&capped)), [10, 20, 40, 60, 60, 60]);
    let most = json!({ "attempts": 100, "delay": "PT1S", "maxDelay": "P1D" });
    assert_eq!(pauses(&retrying(&most)).last(), Some(&86_400));
    assert_eq!(pauses(&retrying(&json!({ "attempts": 1 }))), [0i64; 0]);
}

#[test]
fn a_worker_says_that_another_attempt_is_of_no_use_or_when_it_is() {
    let graph = one(&json!({}));
    let mut desk = Desk::started(&graph, &json!({}));
    let later = JobFailure { retry_after: nexusflow_domain::duration::Duration::from_seconds(90), ..broken("busy") };
    assert_eq!(desk.job_failed("a", later), ["ATTEMPT_FAILED"]);
    assert_eq!(job_of(&desk, "a").run_at, at(90));
    assert_eq!(desk.job_failed("a", JobFailure { is_final: true, ..broken("no such account") }), ["fail a"]);
    assert!(desk.state.jobs().is_empty(), "no worker gets it any more");
}

#[test]
fn a_step_whose_attempts_all_failed_waits_for_an_operator() {
    let graph = retrying(&json!({ "attempts": 2 }));
    let mut desk = Desk::started(&graph, &json!({}));
    desk.job_failed("a", broken("one"));
    assert_eq!(desk.job_failed("a", broken("two")), ["fail a"]);
    let id = desk.open("a");
    assert_eq!(desk.state.open[&id].failure.as_deref(), Some("two"));
    assert_eq!(desk.state.status(), RequestStatus::InProgress);
    for late in [desk.complete_job("a", None, &json!({})), desk.fail_job("a", broken("three"))] {
        assert!(matches!(late, Err(Refusal::NotAwaited { .. })), "{late:?}");
    }
    desk.now = at(500);
    assert_eq!(desk.operate(&Command::Retry { step: id }).unwrap(), ["retry a"]);
    let job = job_of(&desk, "a");
    assert_eq!((job.failed, job.run_at, job.last_error), (0, at(500), None), "the attempts are counted anew");
    assert!(matches!(desk.operate(&Command::Retry { step: id }), Err(Refusal::NotFailed { .. })));
    desk.job_done("a", None, &json!({}));
    desk.expect_completed();
}

#[test]
fn an_operator_skips_a_failed_step_that_is_not_required() {
    for required in [true, false] {
        let graph = one(&json!({ "required": required }));
        let mut desk = Desk::started(&graph, &json!({}));
        desk.job_failed("a", JobFailure { is_final: true, ..broken("no") });
        let skip = Command::Skip { step: desk.open("a"), outcome: None, reason: "done by hand".to_owned() };
        if required {
            assert!(matches!(desk.operate(&skip), Err(Refusal::StepRequired { .. })));
        } else {
            desk.operate(&skip).unwrap();
            desk.expect_completed();
        }
    }
}

fn catching(codes: &[Option<&str>]) -> Graph {
    let name = |code: Option<&str>| code.map_or("any".to_owned(), str::to_lowercase);
    let catchers = codes.iter().map(|code| catcher(&name(*code), "a", *code)).collect();
    let behind: Vec<String> = codes.iter().map(|code| format!("after-{}", name(*code))).collect();
    let ways = codes.iter().zip(&behind).flat_map(|(code, behind)| paths(&[&format!("{} {behind} end", name(*code))]));
    let behind: Vec<&str> = behind.iter().map(String::as_str).collect();
    drawn(&[catchers, tasks(&behind), vec![service("a", &json!({}))]], &[paths(&["start a end"]), ways.collect()])
}

#[test]
fn an_error_goes_to_the_boundary_event_of_its_code_rather_than_to_that_of_all() {
    for order in [[Some("BROKE"), None], [None, Some("BROKE")]] {
        let graph = catching(&order);
        for (code, behind) in [("BROKE", "after-broke"), ("OTHER", "after-any")] {
            let mut desk = Desk::started(&graph, &json!({}));
            desk.job_failed("a", thrown(code));
            desk.expect_open(&[behind]);
            let cancelled = desk.journal.iter().find_map(|event| match event {
                RequestEvent::StepCancelled { step, reason, .. } if step.as_str() == "a" => reason.clone(),
                _ => None,
            });
            assert_eq!(cancelled.as_deref(), Some("it went wrong"));
        }
    }
}

#[test]
fn an_error_that_nothing_catches_fails_the_step_at_once_and_tells_its_code() {
    let graph = catching(&[Some("BROKE")]);
    let mut desk = Desk::started(&graph, &json!({}));
    assert_eq!(desk.job_failed("a", thrown("OTHER")), ["fail a"]);
    assert_eq!(desk.state.open[&desk.open("a")].failure.as_deref(), Some("OTHER: it went wrong"));
}

#[test]
fn an_error_goes_outwards_through_the_scopes_to_the_first_that_catches_it() {
    let steps = [
        vec![service("a", &json!({})), catcher("own", "a", Some("OWN")), catcher("near", "inner", Some("NEAR"))],
        vec![catcher("far", "outer", None), step("f", "DECISION", &json!({ "split": "ALL" }))],
        tasks(&["b", "c", "x", "y", "z"]),
    ];
    let ways = paths(&["start f a c end", "f b end", "own x end", "near y end", "far z end"]);
    let scopes = [scope("outer", &["f", "a", "b", "c"]), scope("inner", &["a", "c"])];
    let graph = scoped(&steps, &[ways], &scopes);
    for (code, open) in [("OWN", vec!["b", "x"]), ("NEAR", vec!["b", "y"]), ("FAR", vec!["z"])] {
        let mut desk = Desk::started(&graph, &json!({}));
        desk.job_failed("a", thrown(code));
        desk.expect_open(&open);
    }
}

/// The worker cannot help it, so it is not refused to the worker.
#[test]
fn where_what_catches_an_error_cannot_go_on_the_step_fails() {
    let steps = [vec![service("a", &json!({})), catcher("t", "a", None)], tasks(&["b", "c"])];
    let larger = json!({ "from": "t", "to": "b", "condition": { "field": "sum", "operator": "greater", "value": 1 } });
    let graph = drawn(&steps, &[paths(&["start a end", "b end", "c end"]), vec![larger, otherwise("t", "c")]]);
    let mut desk = Desk::started(&graph, &json!({ "sum": "much" }));
    assert_eq!(desk.job_failed("a", thrown("X")), ["fail a"]);
    desk.expect_open(&["a"]);
}

#[test]
fn a_boundary_timer_takes_a_job_from_its_worker() {
    let steps = [vec![service("a", &json!({})), deadline("t", "a", "PT1H", true)], tasks(&["b"])];
    let graph = drawn(&steps, &[paths(&["start a end", "t b end"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    let complete = desk.job_completion("a", None, &json!({}));
    desk.now = at(3_600);
    assert!(matches!(desk.perform(None, &complete), Err(Refusal::StepNotOpen { .. })), "too late");
    desk.elapse(3_600);
    assert!(desk.state.jobs().is_empty());
    desk.expect_open(&["b"]);
}

#[test]
fn the_first_of_a_race_with_a_job_withdraws_the_others() {
    let steps = [vec![step("r", "RACE", &json!({})), service("a", &json!({}))], tasks(&["b", "c", "x"])];
    let steps = [steps.concat(), vec![catcher("t", "a", Some("OWN")), catcher("u", "s", Some("FAR"))]];
    let ways = paths(&["start r a c end", "r b end", "t x end", "u x"]);
    let graph = scoped(&steps, &[ways], &[scope("s", &["a", "c"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    desk.expect_open(&["a", "b"]);
    desk.job_done("a", None, &json!({}));
    desk.expect_open(&["c"]);
    let mut desk = Desk::started(&graph, &json!({}));
    desk.done("b");
    assert!(desk.state.jobs().is_empty());
    for code in ["OWN", "FAR"] {
        let mut desk = Desk::started(&graph, &json!({}));
        desk.job_failed("a", thrown(code));
        desk.expect_open(&["x"]);
    }
    let mut desk = Desk::started(&graph, &json!({}));
    desk.job_failed("a", broken("no connection"));
    desk.expect_open(&["a", "b"]);
}

#[test]
fn a_suspended_request_has_no_work_and_goes_on_with_it_where_it_stopped() {
    for (clock, next) in [(DeadlineClock::Running, 10), (DeadlineClock::Stopped, 110)] {
        let graph = one(&json!({}));
        let mut desk = Desk::started(&graph, &json!({}));
        desk.job_failed("a", broken("no connection"));
        desk.operate(&suspend(clock)).unwrap();
        assert!(desk.state.jobs().is_empty());
        for late in [desk.complete_job("a", None, &json!({})), desk.fail_job("a", broken("x"))] {
            assert!(matches!(late, Err(Refusal::WrongStatus { .. })), "{late:?}");
        }
        desk.now = at(100);
        desk.operate(&Command::Resume).unwrap();
        let job = job_of(&desk, "a");
        assert_eq!((job.failed, job.run_at), (1, at(next)));
    }
}

#[test]
fn nobody_completes_or_claims_a_workers_step_by_hand_and_no_worker_a_persons() {
    let graph = drawn(&[vec![service("a", &json!({}))], tasks(&["b"])], &[paths(&["start a b end"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    let step = desk.open("a");
    for command in [desk.completion("a", "COMPLETED", &json!({})), Command::Claim { step }] {
        let refused = desk.act(CLERK, &command);
        assert!(matches!(refused, Err(Refusal::NotAwaited { offered: "a person's decision", .. })), "{refused:?}");
    }
    desk.job_done("a", None, &json!({}));
    for late in [desk.complete_job("b", None, &json!({})), desk.fail_job("b", broken("x"))] {
        assert!(matches!(late, Err(Refusal::NotAwaited { offered: "a worker's result", .. })), "{late:?}");
    }
    let gone = Command::CompleteJob { step: nowhere(), outcome: Some(outcome("COMPLETED")), result: map(&json!({})) };
    assert!(matches!(desk.perform(None, &gone), Err(Refusal::StepNotOpen { .. })));
}

#[test]
fn the_worker_is_on_record_as_who_completed_the_step() {
    let graph = one(&json!({}));
    let mut desk = Desk::started(&graph, &json!({}));
    let command = desk.job_completion("a", None, &json!({}));
    let events = desk.act(CLERK, &command).unwrap();
    assert!(matches!(&events[0], RequestEvent::StepCompleted { by: Some(by), .. } if *by == support::user(CLERK)));
    let mut desk = Desk::started(&graph, &json!({}));
    let events = desk.perform(None, &command).unwrap();
    assert!(matches!(&events[0], RequestEvent::StepCompleted { by: None, .. }), "NexusFlow's own worker");
}

#[test]
fn a_cycle_of_jobs_needs_a_wait_or_a_limit() {
    let cycle = |more: &Value| {
        let steps = [service("a", more), service("b", &json!({})), step("d", "DECISION", &json!({}))];
        let ways = [paths(&["start a b d"]), vec![when("d", "a", "again"), otherwise("d", "end")]].concat();
        compile(&document(framed(&steps, &ways)), &directory())
    };
    let problems = cycle(&json!({})).expect_err("an endless cycle");
    assert!(problems.iter().any(|problem| format!("{:?}", problem.code) == "UnboundedCycle"), "{problems:?}");
    let graph = cycle(&json!({ "maxVisits": 3 })).expect("bounded");
    let mut desk = Desk::started(&graph, &json!({ "again": true }));
    for _ in 0..3 {
        desk.job_done("a", None, &json!({}));
        desk.job_done("b", None, &json!({}));
    }
    desk.expect_ended(RequestStatus::Failed);
}

#[test]
fn results_are_bounded_like_all_variables() {
    let graph = one(&json!({}));
    let mut desk = Desk::started(&graph, &json!({}));
    let large = json!({ "text": "x".repeat(300_000) });
    assert!(matches!(desk.complete_job("a", None, &large), Err(Refusal::VariablesTooLarge { .. })));
    desk.expect_open(&["a"]);
}

#[test]
fn an_attempt_that_fails_a_microsecond_later_is_due_a_microsecond_later() {
    let graph = one(&json!({}));
    let mut desk = Desk::started(&graph, &json!({}));
    desk.now = plus_micros(at(0), 1);
    desk.job_failed("a", broken("x"));
    assert_eq!(job_of(&desk, "a").run_at - at(10), TimeDelta::microseconds(1));
}
