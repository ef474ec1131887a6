//! What operators do: skip, cancel a step or a scope, jump; and what becomes of the rest.

pub mod support;

use nexusflow_domain::ids::RequestStepId;
use nexusflow_domain::request::{Command, DeadlineClock, Refusal, RequestStatus, StartRequest};
use nexusflow_domain::workflow::Graph;
use serde_json::{Value, json};
use support::flow::{
    at_least, catcher, deadline, decision, drawn, error_end, fork, gather, join, on, paths, scope, scoped, step, tasks,
    wait, wait_until,
};
use support::{CHIEF, Desk, REQUESTER, at, key, outcome, start_request, suspend, task, with};

fn skip(step: RequestStepId, with: Option<&str>) -> Command {
    Command::Skip { step, outcome: with.map(outcome), reason: "because".to_owned() }
}

fn jump(to: &str) -> Command {
    Command::Jump { cancel: vec![], to: key(to), reason: "because".to_owned() }
}

/// An optional choice of a person, a required task, and an optional wait.
fn optional() -> Graph {
    let choice = task("a", &json!({ "required": false, "outcomes": ["YES", "NO"] }));
    let pause = with(wait("w", "PT1H"), &json!({ "required": false }));
    let ways = vec![on("YES", "a", "b"), on("NO", "a", "w")];
    drawn(
        &[vec![choice, task("b", &json!({})), pause], tasks(&["c"])],
        &[paths(&["start a", "b end", "w c end"]), ways],
    )
}

#[test]
fn an_optional_step_is_skipped_as_if_it_had_ended_with_the_outcome_named() {
    let graph = optional();
    for (outcome, next) in [("YES", "b"), ("NO", "w")] {
        let mut desk = Desk::started(&graph, &json!({}));
        let command = skip(desk.open("a"), Some(outcome));
        assert_eq!(desk.operate(&command).unwrap(), ["skip a".to_owned(), format!("open {next}")]);
        assert!(desk.state.decided.is_empty(), "nobody decided");
    }
}

#[test]
fn the_outcome_of_a_skipped_step_is_needed_when_there_are_several_and_must_be_declared() {
    let graph = optional();
    let mut desk = Desk::started(&graph, &json!({}));
    let a = desk.open("a");
    let expected = vec![outcome("YES"), outcome("NO")];
    let needed = Refusal::OutcomeNeeded { step: key("a"), expected: expected.clone() };
    assert_eq!(desk.operate(&skip(a, None)), Err(needed));
    let unknown = Refusal::UnknownOutcome { step: key("a"), outcome: outcome("MAYBE"), expected };
    assert_eq!(desk.operate(&skip(a, Some("MAYBE"))), Err(unknown));
    desk.expect_open(&["a"]);
}

#[test]
fn a_required_step_is_not_skipped() {
    let graph = optional();
    let mut desk = Desk::started(&graph, &json!({}));
    let a = desk.open("a");
    desk.operate(&skip(a, Some("YES"))).unwrap();
    let b = desk.open("b");
    assert_eq!(desk.operate(&skip(b, None)), Err(Refusal::StepRequired { step: key("b") }));
    assert_eq!(desk.operate(&skip(a, None)), Err(Refusal::StepNotOpen { step: a }));
}

#[test]
fn an_optional_wait_is_skipped_without_an_outcome_also_when_it_failed() {
    let graph = optional();
    let mut desk = Desk::started(&graph, &json!({}));
    desk.operate(&skip(desk.open("a"), Some("NO"))).unwrap();
    assert_eq!(desk.operate(&skip(desk.open("w"), None)).unwrap(), ["skip w", "open c"]);
    assert_eq!(desk.elapse(3_600), [""; 0]);
    let pause = with(wait("w", "PT1H"), &json!({ "required": false }));
    let until = with(wait_until("v", "by"), &json!({ "required": false }));
    let ways = paths(&["start w v c end"]);
    let graph = drawn(&[vec![pause, until], tasks(&["c"])], &[ways]);
    let mut desk = Desk::started(&graph, &json!({}));
    assert_eq!(desk.elapse(3_600), ["fail w"]);
    let command = skip(desk.open("w"), None);
    assert!(
        matches!(desk.operate(&command), Err(Refusal::NotAnInstant { .. })),
        "skipping does not repair the variables"
    );
    assert_eq!(desk.jump(&["w"], "c").unwrap(), ["jump c", "cancel w", "open c"]);
}

#[test]
fn skipping_decides_a_race() {
    let steps = [vec![step("r", "RACE", &json!({})), wait("w", "PT1H")], tasks(&["a", "b"])];
    let graph = drawn(&steps, &[paths(&["start r a b end", "r w end"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    assert_eq!(desk.operate(&skip(desk.open("a"), None)).unwrap(), ["cancel w", "skip a", "open b"]);
}

#[test]
fn cancelling_the_last_open_step_completes_the_request() {
    let graph = drawn(&[tasks(&["a", "b"])], &[paths(&["start a b end"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    assert_eq!(desk.cancel_step("a").unwrap(), ["cancel a", "completed"]);
    desk.expect_completed();
}

#[test]
fn cancelling_the_last_open_step_before_a_join_of_all_deadlocks_it() {
    let graph = drawn(&[vec![fork("f"), join("j")], tasks(&["a", "b"])], &[paths(&["start f a j end", "f b j"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    desk.done("a");
    assert_eq!(desk.cancel_step("b").unwrap(), ["cancel b", "cancel j", "deadlock j"]);
    desk.expect_ended(RequestStatus::Failed);
}

#[test]
fn cancelling_a_branch_lets_structured_joins_go_on_without_it() {
    for merge in [json!({ "join": { "SOME": { "split": "f" } } }), at_least(2, "f", "BLOCK")] {
        let steps = [vec![fork("f"), task("z", &merge)], tasks(&["a", "b"])];
        let graph = drawn(&steps, &[paths(&["start f a z end", "f b z"])]);
        let mut desk = Desk::started(&graph, &json!({}));
        desk.done("a");
        assert_eq!(desk.cancel_step("b").unwrap(), ["cancel b", "open z"]);
    }
}

#[test]
fn cancelling_a_race_member_ends_the_race() {
    let steps = [vec![step("r", "RACE", &json!({})), fork("f")], tasks(&["a", "b", "c"])];
    let graph = drawn(&steps, &[paths(&["start f r a end", "r b end", "f c end"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    desk.cancel_step("a").unwrap();
    desk.expect_open(&["c"]);
}

#[test]
fn cancelling_a_scope_leaves_the_rest_and_may_end_the_request() {
    let steps = [vec![fork("f"), deadline("t", "s", "PT1H", true)], tasks(&["a", "b", "c"])];
    let scopes = [scope("s", &["a", "b"])];
    let graph = scoped(&steps, &[paths(&["start f a b end", "f c end", "t end"])], &scopes);
    let mut desk = Desk::started(&graph, &json!({}));
    assert_eq!(desk.cancel_scope("s").unwrap(), ["clear s", "cancel a", "leave s"]);
    desk.expect_open(&["c"]);
    let unknown = Refusal::UnknownKey { key: key("nothing"), expected: "scope" };
    assert_eq!(desk.cancel_scope("nothing"), Err(unknown));
    let mut alone = Desk::started(&graph, &json!({}));
    alone.done("c");
    assert_eq!(alone.cancel_scope("s").unwrap(), ["clear s", "cancel a", "leave s", "completed"]);
}

/// Task a, then a scope of b and c with a deadline.
fn ahead() -> Graph {
    let steps = [vec![deadline("t", "s", "PT1H", true)], tasks(&["a", "b", "c", "late"])];
    scoped(&steps, &[paths(&["start a b c end", "t late end"])], &[scope("s", &["b", "c"])])
}

#[test]
fn a_jump_into_a_scope_enters_it_and_one_out_of_it_leaves_it() {
    let graph = ahead();
    let mut desk = Desk::started(&graph, &json!({}));
    desk.now = at(1_000);
    assert_eq!(desk.jump(&["a"], "c").unwrap(), ["jump c", "cancel a", "open c", "enter s"]);
    assert_eq!(desk.state.wakes_at(), Some(at(4_600)));
    assert_eq!(desk.jump(&["c"], "a").unwrap(), ["jump a", "cancel c", "leave s", "open a"]);
    assert_eq!(desk.state.wakes_at(), None);
}

#[test]
fn a_jump_inside_a_scope_stays_in_it() {
    let graph = ahead();
    let mut desk = Desk::started(&graph, &json!({}));
    desk.done("a");
    desk.now = at(1_000);
    desk.jump(&["b"], "c").unwrap();
    desk.expect_open(&["c"]);
    assert_eq!(desk.elapse(4_600), ["fire t", "cancel c", "leave s", "pass t", "open late"]);
}

#[test]
fn a_jump_out_of_a_race_withdraws_the_other_steps_of_the_race() {
    let steps = [vec![step("r", "RACE", &json!({})), wait("w", "PT1H")], tasks(&["a", "b", "c"])];
    let graph = drawn(&steps, &[paths(&["start r a c end", "r b end", "r w end"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    desk.jump(&["b"], "c").unwrap();
    desk.expect_open(&["c"]);
    let mut all = Desk::started(&graph, &json!({}));
    all.jump(&["a", "b", "w"], "r").unwrap();
    all.expect_open(&["a", "b", "w"]);
}

#[test]
fn a_jump_to_an_end_ends_the_branch_or_the_request_as_the_end_does() {
    let stop = step("stop", "END", &json!({ "end": "TERMINATE" }));
    let all = |name: &str| task(name, &json!({ "split": "ALL" }));
    let steps = [vec![fork("f"), stop, error_end("bad", "X"), all("a"), all("b")]];
    let graph = drawn(&steps, &[paths(&["start f a end", "f b end", "a stop", "b bad"])]);
    for (to, status) in [("end", None), ("stop", Some(RequestStatus::Completed)), ("bad", Some(RequestStatus::Failed))]
    {
        let mut desk = Desk::started(&graph, &json!({}));
        desk.jump(&["a"], to).unwrap();
        match status {
            None => desk.expect_open(&["b"]),
            Some(status) => desk.expect_ended(status),
        }
    }
    let mut last = Desk::started(&graph, &json!({}));
    last.jump(&["a", "b"], "end").unwrap();
    last.expect_completed();
}

#[test]
fn a_jump_to_an_error_end_is_caught_as_any_error_is() {
    let a = task("a", &json!({ "split": "ALL" }));
    let steps = [vec![a, error_end("bad", "X"), catcher("c", "s", Some("X"))], tasks(&["fix"])];
    let ways = [paths(&["start a end", "a bad", "c fix end"])];
    let graph = scoped(&steps, &ways, &[scope("s", &["a", "bad"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    desk.jump(&["a"], "bad").unwrap();
    desk.expect_open(&["fix"]);
}

/// What an operator starts instead of a branch belongs to the branch's run.
#[test]
fn a_jump_stays_in_the_run_of_the_split_that_it_starts_from() {
    let steps = [vec![fork("f"), gather("j", "f")], tasks(&["a", "b", "c", "z"])];
    let graph = drawn(&steps, &[paths(&["start f a c j z end", "f b j"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    desk.jump(&["a"], "c").unwrap();
    desk.done("b");
    desk.expect_open(&["c"]);
    desk.done("c");
    desk.expect_open(&["z"]);
}

#[test]
fn a_jump_from_all_branches_to_behind_their_join_goes_on_once() {
    let steps = [vec![fork("f"), gather("j", "f")], tasks(&["a", "b", "z"])];
    let graph = drawn(&steps, &[paths(&["start f a j z end", "f b j"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    desk.jump(&["a", "b"], "z").unwrap();
    desk.expect_open(&["z"]);
    desk.done("z");
    desk.expect_completed();
}

/// The operator does not wait for b any longer; what waits at the join goes on with the jump, once.
#[test]
fn a_jump_to_a_join_takes_what_waits_there() {
    let some = json!({ "SOME": { "split": "f" } });
    for join in [json!("ALL"), some, at_least(2, "f", "BLOCK")["join"].clone()] {
        let steps = [vec![fork("f"), decision("j", &json!({ "join": join }))], tasks(&["a", "b", "z"])];
        let graph = drawn(&steps, &[paths(&["start f a j z end", "f b j"])]);
        let mut desk = Desk::started(&graph, &json!({}));
        desk.done("a");
        let waiting = desk.awaited("j");
        let told = desk.jump(&["b"], "j").unwrap();
        assert_eq!(told, ["jump j", "cancel b", "pass j", "open z"]);
        assert!(
            desk.journal.iter().any(|event| event.name() == "STEP_ROUTED" && event.request_step() == Some(waiting))
        );
        desk.done("z");
        desk.expect_completed();
    }
}

/// The branch that is left comes too late.
#[test]
fn a_jump_to_a_structured_join_leaves_the_other_branches_behind() {
    let some = json!({ "join": { "SOME": { "split": "f" } } });
    for (join, cancels) in [(some, false), (at_least(3, "f", "CANCEL"), true)] {
        let steps = [vec![fork("f"), task("z", &join)], tasks(&["a", "b", "c"])];
        let graph = drawn(&steps, &[paths(&["start f a z end", "f b z", "f c z"])]);
        let mut desk = Desk::started(&graph, &json!({}));
        desk.done("a");
        let told = desk.jump(&["b"], "z").unwrap();
        assert_eq!(told.contains(&"cancel c".to_owned()), cancels, "{told:?}");
        if !cancels {
            assert_eq!(desk.done("c"), ["end c", "drop 1"]);
        }
        desk.expect_open(&["z"]);
        desk.done("z");
        desk.expect_completed();
    }
}

#[test]
fn a_jump_from_nothing_adds_a_branch() {
    let graph = ahead();
    let mut desk = Desk::started(&graph, &json!({}));
    desk.operate(&jump("c")).unwrap();
    desk.expect_open(&["a", "c"]);
}

#[test]
fn a_jump_goes_only_to_steps_that_can_be_started_and_from_steps_that_are_open() {
    let graph = ahead();
    let mut desk = Desk::started(&graph, &json!({}));
    for to in ["start", "t", "nowhere", "s"] {
        assert!(matches!(desk.operate(&jump(to)), Err(Refusal::UnknownKey { .. })), "{to}");
    }
    let a = desk.open("a");
    desk.done("a");
    let gone = Command::Jump { cancel: vec![a], to: key("c"), reason: String::new() };
    assert_eq!(desk.operate(&gone), Err(Refusal::StepNotOpen { step: a }));
}

#[test]
fn a_jump_into_a_critical_section_that_is_busy_is_refused() {
    let section = |name: &str, steps: &[&str]| with(scope(name, steps), &json!({ "mutex": "vault" }));
    let scopes = [section("s", &["a"]), section("t", &["c", "d"])];
    let graph =
        scoped(&[vec![fork("f")], tasks(&["a", "b", "c", "d"])], &[paths(&["start f a end", "f b c d end"])], &scopes);
    let mut desk = Desk::started(&graph, &json!({}));
    assert_eq!(desk.jump(&["b"], "d"), Err(Refusal::MutexTaken { step: key("d"), by: key("s") }));
    desk.expect_open(&["a", "b"]);
    desk.jump(&["a"], "d").unwrap();
    desk.expect_open(&["b", "d"]);
}

fn all_of(step: RequestStepId) -> Vec<Command> {
    vec![
        skip(step, None),
        Command::Retry { step },
        Command::CancelStep { step, reason: "not needed".to_owned() },
        Command::CancelScope { scope: key("s"), reason: String::new() },
        Command::Jump { cancel: vec![step], to: key("c"), reason: String::new() },
    ]
}

#[test]
fn operators_act_only_on_requests_in_progress() {
    let graph = ahead();
    let mut suspended = Desk::started(&graph, &json!({}));
    let step = suspended.open("a");
    suspended.act(CHIEF, &suspend(DeadlineClock::Stopped)).unwrap();
    let mut pending = Desk::new(&graph);
    pending.act(REQUESTER, &Command::Start(StartRequest { starts_at: Some(at(9)), ..start_request() })).unwrap();
    let mut ended = Desk::started(&graph, &Value::Object(serde_json::Map::new()));
    ended.cancel_step("a").unwrap();
    for desk in [&mut suspended, &mut pending, &mut ended, &mut Desk::new(&graph)] {
        for command in all_of(step) {
            let answer = desk.operate(&command);
            assert!(matches!(answer, Err(Refusal::WrongStatus { .. })), "{command:?} {answer:?}");
        }
    }
}
