//! Verification and the engine agree: on random workflows, a request that is driven along a trace comes
//! to what the verdict claims, and requests on sound workflows never get stuck.

pub mod support;
mod verification_support;
mod verified_support;

use nexusflow_domain::workflow::verification::{
    DeadStep, EndSemantics, FlowGraph, Limits, Trace, Verdict, Violation, verify_graph,
};
use nexusflow_domain::workflow::{EndKind, Graph, Join, Step, StepKind};
use verification_support::data::say;
use verification_support::random::Random;
use verification_support::random_flow;
use verified_support::player::{Player, SCOPE_TIMER};
use verified_support::workflow::{Deadlines, in_short, workflow_of, workflow_of_every_form};

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
    /// Graphs with each form that are sound, and that are not.
    some: [usize; 2],
    at_least: [usize; 2],
    races: [usize; 2],
    scope_timers: [usize; 2],
    scope_errors: [usize; 2],
    error_ends: [usize; 2],
}

impl Seen {
    fn count_forms(&mut self, graph: &Graph, verdict: &Verdict) {
        let found = match verdict {
            Verdict::Sound => 0,
            Verdict::Unsound { .. } => 1,
            Verdict::Unknown { .. } => return,
        };
        let has = |form: fn(&Step) -> bool| usize::from(graph.steps().any(|(_, step)| form(step)));
        self.some[found] += has(|step| matches!(step.join, Join::Some { .. }));
        self.at_least[found] += has(|step| matches!(step.join, Join::AtLeast { .. }));
        self.races[found] += has(|step| step.kind == StepKind::Race);
        self.scope_timers[found] += has(|step| step.key.as_str() == SCOPE_TIMER);
        self.scope_errors[found] += has(|step| step.key.as_str() == "scope-e");
        self.error_ends[found] += has(|step| step.kind == StepKind::End(EndKind::Error));
    }
}

const RUNS: u64 = 3;
/// Moves within which every request is expected to end by chance.
const LONG: usize = 1_000;

#[test]
fn what_verification_finds_happens_to_requests_on_wild_graphs() {
    let tally = compare(2_000, 0, workflow_of, |random| random_flow::wild(random, 9));
    assert!(tally.sound > 500 && tally.deadlocks > 100 && tally.livelocks > 1 && tally.two_tokens > 50, "{tally:?}");
}

#[test]
fn what_verification_finds_happens_to_requests_on_changed_block_structures() {
    let tally = compare(2_000, 1 << 32, workflow_of, changed_blocks);
    assert!(tally.sound > 500 && tally.deadlocks > 100 && tally.livelocks > 1 && tally.two_tokens > 50, "{tally:?}");
}

#[test]
fn what_verification_finds_happens_to_requests_on_graphs_of_every_form() {
    let tally = compare(6_000, 2 << 32, workflow_of_every_form, changed_blocks);
    assert!(tally.sound > 500 && tally.deadlocks > 100 && tally.two_tokens > 50, "{tally:?}");
    let forms = [tally.some, tally.at_least, tally.races, tally.scope_timers, tally.scope_errors, tally.error_ends];
    assert!(forms.iter().all(|form| form[0] > 15 && form[1] > 15), "{tally:?}");
}

fn changed_blocks(random: &mut Random) -> FlowGraph {
    let changes = random.below(4);
    random_flow::structured(random, 2, changes)
}

type Make = fn(&FlowGraph, Deadlines, &mut Random) -> Option<Graph>;

fn compare(rounds: u64, salt: u64, make: Make, draw: impl Fn(&mut Random) -> FlowGraph) -> Seen {
    let mut tally = Seen::default();
    for seed in (0..rounds).map(|seed| seed + salt) {
        let drawn = draw(&mut Random::new(seed));
        let workflow = |deadlines| make(&drawn, deadlines, &mut Random::new(!seed));
        let (Some(graph), Some(planned)) = (workflow(Deadlines::After), workflow(Deadlines::Until)) else { continue };
        let verdict = verify_graph(&graph, EndSemantics::Bpmn, Limits { bytes: 4 << 20, ..Limits::without_deadline() });
        tally.count_forms(&graph, &verdict);
        match verdict {
            Verdict::Sound => {
                tally.sound += 1;
                never_gets_stuck(&graph, seed);
            }
            Verdict::Unsound { violation: Violation::DeadSteps { steps }, .. } => {
                tally.dead += 1;
                never_ends(&graph, &steps, seed);
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

fn never_ends(graph: &Graph, dead: &[DeadStep], seed: u64) {
    for_some_runs(graph, seed, |player| {
        assert!(dead.iter().all(|step| !player.has_passed(&step.key)), "seed {seed}: {dead:?} {}", in_short(graph));
    });
}

/// Plays some requests at random to their ends.
fn for_some_runs(graph: &Graph, seed: u64, check: impl Fn(&Player<'_>)) {
    for run in 0..RUNS {
        let mut random = Random::new(seed ^ (run << 48));
        let mut player = Player::new(graph);
        player.start(player.anything(&mut random));
        player.play(&mut random, LONG);
        // A deadline that always comes first keeps a request going round that a later one would end.
        let timed = graph.steps().any(|(_, step)| step.key.as_str() == SCOPE_TIMER);
        let ended = player.has_completed() || player.has_failed_at_an_end() || (timed && !player.is_over());
        assert!(ended, "seed {seed}, run {run}: {:?} of {}", player.desk.journal.last(), in_short(graph));
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
    let told = || format!("seed {seed}: {violation}, after {trace:?}: {:?} of {}", player.desk.state, in_short(graph));
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
        assert!(!player.has_completed(), "seed {seed}: completed after {trace:?} on {}", in_short(graph));
    }
}
