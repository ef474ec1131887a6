//! Several structured joins of one split: where they wait for each other the verdict names them, and the
//! engine gets stuck there; where they do not, both say so.

pub mod support;

use std::collections::BTreeSet;

use nexusflow_domain::request::{Command, FailureReason, RequestEvent, RequestStatus};
use nexusflow_domain::workflow::Graph;
use nexusflow_domain::workflow::verification::{EndSemantics, Limits, Trace, Verdict, verify_graph};
use serde_json::{Value, json};
use support::flow::{at_least, decision, drawn, fork, gather, on, paths, tasks};
use support::{CLERK, Desk, map, outcome, task};

/// What the task m ends with; others only with the first.
const OUTCOMES: &[&str] = &["COMPLETED", "OTHERWISE"];

/// The joins k and l of a split f; what leads there, and whether they may wait for each other.
struct Case {
    joins: [Value; 2],
    ways: &'static [&'static str],
    finding: Finding,
}

#[derive(Clone, Copy)]
enum Finding {
    Sound,
    /// With tokens left on these edges.
    Deadlock(&'static str),
    /// The other join withdraws whatever this one waits for.
    Dead(&'static str),
}

fn some(key: &str) -> Value {
    gather(key, "f")
}

fn first(count: u32, late: &'static str) -> impl Fn(&str) -> Value {
    move |key| decision(key, &at_least(count, "f", late))
}

fn cases() -> Vec<Case> {
    let one_each: &[&str] = &["f a k", "f b l"];
    let two_and_one: &[&str] = &["f a k", "f b l", "f c l"];
    let both = Finding::Deadlock("the edge from a (A) to k, the edge from b (B) to l");
    let mut cases = vec![
        Case { joins: [some("k"), some("l")], ways: one_each, finding: both },
        Case {
            joins: [some("k"), some("l")],
            ways: two_and_one,
            finding: Finding::Deadlock("the edge from a (A) to k, the edge from b (B) to l, the edge from c (C) to l"),
        },
    ];
    for late in ["IGNORE", "BLOCK", "CANCEL"] {
        let finding = if late == "CANCEL" { Finding::Dead("k") } else { Finding::Sound };
        cases.extend([
            Case { joins: [some("k"), first(1, late)("l")], ways: one_each, finding },
            Case { joins: [some("k"), first(2, late)("l")], ways: two_and_one, finding },
            Case { joins: [first(1, late)("k"), first(1, late)("l")], ways: one_each, finding: Finding::Sound },
        ]);
        // The third branch makes two at k or at l, or ends elsewhere: then there is one at each.
        let third = |ways, finding| Case { joins: [first(2, late)("k"), first(2, late)("l")], ways, finding };
        cases.push(third(&["f a k", "f b l", "m k", "m l"], Finding::Sound));
        cases.push(third(&["f a k", "f b l", "m k", "m end"], both));
    }
    cases
}

fn graph_of(case: &Case) -> Graph {
    let used = |key: &&str| case.ways.iter().any(|way| way.split(' ').any(|step| step == *key));
    let people: Vec<&str> = ["a", "b", "c"].into_iter().filter(used).collect();
    let m = task("m", &json!({ "outcomes": OUTCOMES }));
    let (choice, ways): (Vec<&str>, Vec<&str>) = case.ways.iter().partition(|way| way.starts_with('m'));
    let mut steps = vec![vec![fork("f")], tasks(&people), case.joins.to_vec()];
    let mut all = vec![paths(&["start f", "k end", "l end"]), paths(&ways)];
    if !choice.is_empty() {
        steps.push(vec![m]);
        all.push(paths(&["f m"]));
        all.push(OUTCOMES.iter().zip(choice).map(|(outcome, way)| on(outcome, "m", &way[2..])).collect());
    }
    drawn(&steps, &all)
}

fn verdict(graph: &Graph) -> Verdict {
    verify_graph(graph, EndSemantics::Bpmn, Limits::without_deadline())
}

/// A request whose tasks end as in a trace.
fn followed<'g>(graph: &'g Graph, trace: &Trace) -> Desk<'g> {
    let mut desk = Desk::started(graph, &json!({}));
    for step in trace.steps.iter().filter(|step| step.outcome.is_some()) {
        let command = desk.completion(&step.key, step.outcome.as_deref().expect("an outcome"), &json!({}));
        desk.act(CLERK, &command).expect("the step completes");
        desk.check_fold();
    }
    desk
}

/// How requests end whose tasks end in every order and in every way.
fn every_end(graph: &Graph) -> BTreeSet<RequestStatus> {
    let mut ends = BTreeSet::new();
    let mut open = vec![Vec::<(String, &str)>::new()];
    while let Some(run) = open.pop() {
        let mut desk = Desk::started(graph, &json!({}));
        for (step, with) in &run {
            let command = Command::Complete {
                step: desk.open(step),
                outcome: outcome(with),
                comment: None,
                variables: map(&json!({})),
            };
            desk.act(CLERK, &command).expect("the step completes");
        }
        if desk.state.status().is_final() {
            ends.insert(desk.state.status());
        }
        for step in desk.open_keys() {
            let outcomes = if step == "m" { OUTCOMES } else { &OUTCOMES[..1] };
            open.extend(outcomes.iter().map(|&with| [run.as_slice(), &[(step.to_owned(), with)]].concat()));
        }
    }
    ends
}

#[test]
fn joins_of_one_split_that_wait_for_each_other_are_unsound_and_get_stuck() {
    for case in cases() {
        let graph = graph_of(&case);
        let told = format!("{:?} {:?}", case.joins, case.ways);
        let ends = every_end(&graph);
        match (case.finding, verdict(&graph)) {
            (Finding::Dead(join), Verdict::Unsound { violation, .. }) => {
                assert_eq!(violation.to_string(), format!("never occurs: {join}, whose tokens never come together"));
                assert_eq!(ends, BTreeSet::from([RequestStatus::Completed]), "{told}");
            }
            (Finding::Sound, Verdict::Sound) => assert_eq!(ends, BTreeSet::from([RequestStatus::Completed]), "{told}"),
            (Finding::Deadlock(places), Verdict::Unsound { violation, trace }) => {
                let expected = format!("deadlock: nothing can happen, with tokens left on {places}");
                assert!(violation.to_string().starts_with(&expected), "{told}: {violation}");
                assert!(ends.contains(&RequestStatus::Failed), "{told}");
                let stuck = followed(&graph, &trace);
                let last = stuck.journal.last();
                let failed = |event: &RequestEvent| {
                    matches!(event, RequestEvent::RequestFailed { reason: FailureReason::Deadlock(_), .. })
                };
                assert!(last.is_some_and(failed), "{told}: {last:?}");
            }
            (_, verdict) => panic!("{told}: {verdict:?}, ends {ends:?}"),
        }
    }
}

/// All branches of an outcome come to one join, those of the other outcome to the other one.
#[test]
fn joins_of_one_split_that_never_meet_are_sound() {
    let f = task("f", &json!({ "split": "ALL", "outcomes": ["YES", "NO"] }));
    let ways = [["a", "k"], ["b", "k"], ["c", "l"], ["d", "l"]].map(|[step, join]| {
        [vec![on(if join == "k" { "YES" } else { "NO" }, "f", step)], paths(&[&format!("{step} {join}")])].concat()
    });
    for joins in [[some("k"), some("l")], [some("k"), first(2, "IGNORE")("l")]] {
        let steps = [vec![f.clone()], tasks(&["a", "b", "c", "d"]), joins.to_vec()];
        let graph = drawn(&steps, &[paths(&["start f", "k end", "l end"]), ways.concat()]);
        assert_eq!(verdict(&graph), Verdict::Sound, "{joins:?}");
    }
}
