//! Verification and the engine agree: on random workflows, a request that is driven along a trace comes
//! to what the verdict claims, and requests on sound workflows never get stuck.

pub mod support;
mod verification_support;
mod verified_support;

use nexusflow_domain::workflow::verification::{
    DeadStep, EndSemantics, FlowGraph, Limits, Trace, Verdict, Violation, verify_graph,
};
use nexusflow_domain::workflow::{Graph, Join};
use verification_support::data::say;
use verification_support::random::Random;
use verification_support::random_flow;
use verified_support::player::Player;
use verified_support::workflow::{Deadlines, workflow_of};

/// How often each finding was tried, so that a test proves that it saw them all.
#[derive(Debug, Default)]
struct Seen {
    sound: usize,
    deadlocks: usize,
    livelocks: usize,
    two_tokens: usize,
    passing: usize,
    dead: usize,
    out_of_reach: usize,
    unknown: usize,
}

const RUNS: u64 = 3;
/// Moves within which every request is expected to end by chance.
const LONG: usize = 1_000;

#[test]
fn what_verification_finds_happens_to_requests_on_wild_graphs() {
    let tally = compare(2_000, 0, |random| random_flow::wild(random, 9));
    assert!(tally.sound > 500 && tally.deadlocks > 100 && tally.livelocks > 1 && tally.two_tokens > 50, "{tally:?}");
}

#[test]
fn what_verification_finds_happens_to_requests_on_changed_block_structures() {
    let tally = compare(2_000, 1 << 32, |random| {
        let changes = random.below(4);
        random_flow::structured(random, 2, changes)
    });
    assert!(tally.sound > 500 && tally.deadlocks > 100 && tally.livelocks > 1 && tally.two_tokens > 50, "{tally:?}");
}

fn compare(rounds: u64, salt: u64, make: impl Fn(&mut Random) -> FlowGraph) -> Seen {
    let mut tally = Seen::default();
    for seed in (0..rounds).map(|seed| seed + salt) {
        let drawn = make(&mut Random::new(seed));
        let workflow = |deadlines| workflow_of(&drawn, deadlines, &mut Random::new(!seed));
        let (Some(graph), Some(planned)) = (workflow(Deadlines::After), workflow(Deadlines::Until)) else { continue };
        match verify_graph(&graph, EndSemantics::Bpmn, Limits { bytes: 4 << 20, ..Limits::without_deadline() }) {
            Verdict::Sound => {
                tally.sound += 1;
                never_gets_stuck(&graph, seed);
            }
            Verdict::Unsound { violation: Violation::DeadSteps { steps }, .. } => {
                tally.dead += 1;
                never_starts(&graph, &steps, seed);
            }
            Verdict::Unsound { violation, trace } => shows(&planned, &violation, &trace, seed, &mut tally),
            Verdict::Unknown { .. } => tally.unknown += 1,
        }
    }
    say(&format!("{tally:?}"));
    tally
}

fn never_gets_stuck(graph: &Graph, seed: u64) {
    for_some_runs(graph, seed, |_| {});
}

fn never_starts(graph: &Graph, dead: &[DeadStep], seed: u64) {
    for_some_runs(graph, seed, |player| {
        let started = |key: &str| player.desk.state.attempts.keys().any(|step| step.as_str() == key);
        assert!(dead.iter().all(|step| !started(&step.key)), "seed {seed}: {dead:?}");
    });
}

/// Plays some requests at random to their ends.
fn for_some_runs(graph: &Graph, seed: u64, check: impl Fn(&Player<'_>)) {
    for run in 0..RUNS {
        let mut random = Random::new(seed ^ (run << 48));
        let mut player = Player::new(graph);
        player.start(player.anything(&mut random));
        player.play(&mut random, LONG);
        assert!(player.has_completed(), "seed {seed}, run {run}: {:?} of {graph:#?}", player.desk.state);
        player.desk.check_fold();
        check(&player);
    }
}

/// Drives a request along a trace and checks that what the verdict claims is so.
fn shows(graph: &Graph, violation: &Violation, trace: &Trace, seed: u64, tally: &mut Seen) {
    let mut player = Player::new(graph);
    if !player.follow(trace) {
        tally.out_of_reach += 1;
        return;
    }
    let told = || format!("seed {seed}: {violation}, after {trace:?}: {:?} of {graph:#?}", player.desk.state);
    match violation {
        Violation::Deadlock { .. } => {
            tally.deadlocks += 1;
            assert!(player.stuck_at().is_some(), "{}", told());
        }
        Violation::Livelock { .. } => {
            tally.livelocks += 1;
            assert!(!player.has_completed(), "{}", told());
            never_completes(graph, trace, seed);
        }
        Violation::TwoTokens { place } => {
            let (_, into) = place.rsplit_once("to ").expect("a place in words");
            let into = into.split(' ').next().expect("a step");
            let (ix, step) = graph.steps().find(|(_, step)| step.key.as_str() == into).expect("a step of the graph");
            let starts = player.desk.state.attempts.get(&step.key).copied().unwrap_or(0) as usize;
            let planned = trace.steps.iter().filter(|found| found.key == step.key.as_str()).count();
            if player.tokens_at(ix) > 1 {
                tally.two_tokens += 1;
            } else {
                // Where nothing waits, the first token is on its way before the second comes.
                tally.passing += 1;
                assert!((!step.waits() || step.join == Join::All) && starts > planned, "{}", told());
            }
        }
        Violation::ImproperCompletion { .. } | Violation::DeadSteps { .. } => panic!("{}", told()),
    }
}

fn never_completes(graph: &Graph, trace: &Trace, seed: u64) {
    for run in 0..20 {
        let mut player = Player::new(graph);
        player.follow(trace);
        player.play(&mut Random::new(seed ^ (run << 48)), 60);
        assert!(!player.has_completed(), "seed {seed}: completed after {trace:?} on {graph:#?}");
    }
}
