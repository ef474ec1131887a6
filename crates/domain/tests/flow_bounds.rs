//! What one command may do at most, and one request: timers that are due already, tokens that multiply.

pub mod support;

use nexusflow_domain::request::{Command, Refusal, RequestEvent, RequestStatus};
use nexusflow_domain::workflow::{Graph, MAX_BRANCHES};
use serde_json::{Value, json};
use support::flow::{decision, drawn, fork, on, otherwise, paths, story, tasks, wait, wait_until, when};
use support::{CHIEF, CLERK, Desk, at, key, task, with};

/// The events of one command that make up for what was due: so many, and what the last timer set off.
const ENOUGH: usize = 1_000 + 2 * MAX_BRANCHES;

/// A boundary event that fires at the instant in `due`.
fn until(key: &str, host: &str, interrupting: bool) -> Value {
    let boundary = json!({ "attachedTo": host, "on": { "timer": { "until": "due" } }, "interrupting": interrupting });
    with(decision(key, &json!({})), &json!({ "kind": "BOUNDARY", "boundary": boundary }))
}

fn several(step: Value) -> Value {
    with(step, &json!({ "allowMultiple": true }))
}

/// Lets everything happen that is due by a second, in so many commands.
fn make_up(desk: &mut Desk<'_>, second: i64) -> usize {
    for commands in 0.. {
        desk.now = at(second);
        if desk.state.wakes_at().is_none_or(|wakes| wakes > desk.now) {
            desk.check_fold();
            return commands;
        }
        let events = desk.perform(None, &Command::FireTimers).expect("timers are never refused");
        assert!((1..=ENOUGH).contains(&events.len()), "{} events", events.len());
    }
    unreachable!("either nothing is due, or the commands go on")
}

fn last_words(desk: &Desk<'_>) -> String {
    story(&desk.journal).pop().unwrap_or_default()
}

fn overdue() -> Value {
    json!({ "due": at(-5).to_rfc3339() })
}

#[test]
fn a_timer_due_already_that_leads_back_to_its_step_through_a_fork_fails_the_request() {
    for interrupting in [true, false] {
        let steps = [
            ["a", "b"].map(|key| several(task(key, &json!({})))).to_vec(),
            vec![fork("f"), until("t", "a", interrupting)],
        ];
        let graph = drawn(&steps, &[paths(&["start a end", "t f a", "f b end"])]);
        let run = || {
            let mut desk = Desk::started(&graph, &overdue());
            let commands = make_up(&mut desk, 100);
            desk.expect_ended(RequestStatus::Failed);
            assert_eq!(last_words(&desk), "endless t");
            (commands, desk.journal)
        };
        let (commands, journal) = run();
        assert!(commands < 20 && journal.len() < 20_000, "{commands} commands, {} events", journal.len());
        assert_eq!(run(), (commands, journal));
    }
}

/// Each command only comes to the first round of so many loops.
#[test]
fn many_loops_of_timers_due_already_fail_the_request_too() {
    let loops: Vec<String> = (0..400).map(|n| format!("w{n}")).collect();
    let steps = loops.iter().flat_map(|w| [wait_until(w, "due"), decision(&format!("d{w}"), &json!({}))]).collect();
    let ways = loops.iter().flat_map(|w| {
        let choice = format!("d{w}");
        [paths(&[&format!("f {w} {choice}")]), vec![when(&choice, "end", "stop"), otherwise(&choice, w)]].concat()
    });
    let graph = drawn(&[steps, vec![fork("f")]], &[paths(&["start f"]), ways.collect()]);
    let mut desk = Desk::started(&graph, &overdue());
    make_up(&mut desk, 100);
    desk.expect_ended(RequestStatus::Failed);
    assert!(last_words(&desk).starts_with("endless w"), "{}", last_words(&desk));
}

/// As many waits side by side, twice over; due at one instant, or due already.
fn wide(waits: impl Fn(&str) -> Value) -> Graph {
    let names = |n: u32| (format!("v{n}"), format!("w{n}"));
    let steps = (0..450).map(names).flat_map(|(v, w)| [waits(&v), waits(&w)]).collect();
    let ways: Vec<String> = (0..450).map(names).map(|(v, w)| format!("f {v} {w} end")).collect();
    let ways: Vec<&str> = ways.iter().map(String::as_str).collect();
    drawn(&[steps, vec![fork("f")]], &[paths(&["start f"]), paths(&ways)])
}

#[test]
fn many_timers_due_at_one_instant_are_made_up_for_in_several_goes() {
    for graph in [wide(|key| wait(key, "PT1H")), wide(|key| wait_until(key, "due"))] {
        let mut desk = Desk::started(&graph, &overdue());
        assert!(make_up(&mut desk, 10_000) > 1);
        desk.expect_completed();
    }
}

/// A worker that was away for long has much to make up for, but nothing is endless about that.
#[test]
fn many_timers_due_one_after_the_other_are_made_up_for_in_several_goes() {
    let steps = [vec![fork("f"), wait("w", "PT1S"), decision("d", &json!({}))], tasks(&["a"])];
    let ways = [paths(&["start f w d", "f a end"]), vec![when("d", "end", "stop"), otherwise("d", "w")]];
    let graph = drawn(&steps, &ways);
    let mut desk = Desk::started(&graph, &json!({}));
    desk.now = at(5_000);
    let a = desk.completion("a", "COMPLETED", &json!({}));
    assert_eq!(desk.act(CLERK, &a), Err(Refusal::StillOverdue), "nothing comes before what is due");
    assert!(make_up(&mut desk, 5_000) > 10);
    desk.expect_open(&["a", "w"]);
    assert_eq!(desk.state.wakes_at(), Some(at(5_001)));
    desk.act(CLERK, &a).expect("everything is made up for");
    desk.now = at(50_000);
    desk.act(CHIEF, &Command::Cancel { reason: None }).expect("a request may be cancelled whatever is due");
}

/// Each second every token becomes two.
#[test]
fn tokens_that_time_multiplies_come_to_a_limit_at_which_their_steps_fail() {
    let w = several(wait("w", "PT1S"));
    let steps = [vec![w, fork("f"), decision("x", &json!({})), decision("y", &json!({}))], tasks(&["a"])];
    let graph = drawn(&steps, &[paths(&["start f", "f x w f", "f y w", "f a end"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    make_up(&mut desk, 1_000);
    let position = desk.state.position(&graph);
    assert!(position.branches() <= MAX_BRANCHES && position.branches() > MAX_BRANCHES - 3, "{}", position.branches());
    let failures = desk.journal.iter().filter(|event| matches!(event, RequestEvent::StepFailed { .. })).count();
    assert!(failures > 0 && desk.state.open.values().all(|open| open.fires_at().is_none()));
}

#[test]
fn tokens_that_people_multiply_come_to_a_limit_at_which_they_are_refused() {
    let many: Vec<String> = (0..600).map(|n| format!("d{n}")).collect();
    let ways: Vec<String> = many.iter().map(|d| format!("f {d} a")).collect();
    let ways: Vec<&str> = ways.iter().map(String::as_str).collect();
    let a = several(task("a", &json!({ "outcomes": ["MORE", "DONE"] })));
    let decisions = many.iter().map(|d| decision(d, &json!({}))).collect();
    let graph = drawn(
        &[vec![a, fork("f")], decisions],
        &[paths(&["start a"]), paths(&ways), vec![on("MORE", "a", "f"), on("DONE", "a", "end")]],
    );
    let mut desk = Desk::started(&graph, &json!({}));
    let mut more = || {
        let (&step, _) = desk.state.open.first_key_value().expect("an open step");
        let outcome = support::outcome("MORE");
        let command = Command::Complete { step, outcome, comment: None, variables: support::map(&json!({})) };
        desk.act(CLERK, &command).map(drop)
    };
    assert_eq!([more(), more(), more()], [Ok(()), Ok(()), Ok(())]);
    let Err(Refusal::TooManyBranches { limit: MAX_BRANCHES, .. }) = more() else { panic!("expected a refusal") };
}

#[test]
fn tokens_that_multiply_within_one_go_are_refused_before_they_take_long() {
    let d = several(with(fork("d"), &json!({ "maxVisits": 100_000 })));
    let steps = [tasks(&["a"]), vec![d, decision("x", &json!({})), decision("y", &json!({}))]];
    let graph = drawn(&steps, &[paths(&["start a d x d", "d y d", "d end"])]);
    let mut desk = Desk::started(&graph, &json!({}));
    let a = desk.completion("a", "COMPLETED", &json!({}));
    assert_eq!(desk.act(CLERK, &a), Err(Refusal::TooManyBranches { step: key("d"), limit: MAX_BRANCHES }));
    desk.expect_open(&["a"]);
}
