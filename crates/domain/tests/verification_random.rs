//! Verdicts and traces against simple explorers, on many random graphs and nets.

mod verification_support;

use nexusflow_domain::workflow::verification::{
    EndSemantics, FlowGraph, Limits, Net, Verdict, Violation, net_of_flow_graph, verify,
};
use verification_support::brute_force::{Found, Kind, brute_force};
use verification_support::data::say;
use verification_support::flow_oracle;
use verification_support::random::Random;
use verification_support::{random_flow, random_net, replay};

const MOST_MARKINGS: usize = 3_000;

/// How often each finding was compared, so that a test proves that it saw them all.
#[derive(Debug, Default)]
struct Seen {
    sound: usize,
    faults: [usize; 4],
    dead: usize,
}

fn compare(net: &Net, tally: &mut Seen, seed: u64) {
    let expected = brute_force(net, MOST_MARKINGS);
    let verdict = verify(net, Limits::without_deadline());
    let agrees = match (expected, &verdict) {
        (Found::TooLarge, _) => return,
        (Found::Sound, Verdict::Sound) => {
            tally.sound += 1;
            true
        }
        (Found::Dead, Verdict::Unsound { violation: Violation::DeadSteps { steps }, trace }) => {
            tally.dead += 1;
            !steps.is_empty() && trace.steps.is_empty()
        }
        (Found::Fault(kind, length), Verdict::Unsound { violation, trace }) => {
            tally.faults[kind as usize] += 1;
            let silent = net.transitions().any(|(_, transition)| transition.step.is_none());
            trace.is_shortest && (trace.steps.len() == length || silent) && is_of_kind(violation, kind)
        }
        _ => false,
    };
    assert!(agrees, "seed {seed}: expected {expected:?}, found {verdict:?} of {net:#?}");
    compare_in_little_memory(net, expected == Found::Sound, seed);
}

/// So little memory that the net is reduced further and traces are told from the reduced net.
fn compare_in_little_memory(net: &Net, sound: bool, seed: u64) {
    match verify(net, Limits { bytes: 150_000, ..Limits::without_deadline() }) {
        Verdict::Unknown { .. } => {}
        Verdict::Sound => assert!(sound, "seed {seed}: found sound in little memory"),
        Verdict::Unsound { violation, trace } => {
            assert!(!sound, "seed {seed}: found {violation} in little memory");
            if net.transitions().all(|(_, transition)| transition.step.is_some()) {
                replay::shows(net, &trace, &violation).unwrap_or_else(|wrong| panic!("seed {seed}: {wrong}"));
            }
        }
    }
}

/// Two faults may be equally near; then either may be told.
fn is_of_kind(violation: &Violation, kind: Kind) -> bool {
    match kind {
        Kind::Livelock => matches!(violation, Violation::Livelock { .. }),
        Kind::Deadlock | Kind::TwoTokens | Kind::Improper => matches!(
            violation,
            Violation::Deadlock { .. } | Violation::TwoTokens { .. } | Violation::ImproperCompletion { .. }
        ),
    }
}

fn compare_graphs(count: u64, salt: u64, make: impl Fn(&mut Random) -> FlowGraph) -> Seen {
    let mut seen = Seen::default();
    for seed in (0..count).map(|seed| seed + salt) {
        let graph = make(&mut Random::new(seed));
        for ends in [EndSemantics::Bpmn, EndSemantics::WorkflowNet] {
            let net = net_of_flow_graph(&graph, ends).expect("a graph");
            compare(&net, &mut seen, seed);
            if let Verdict::Unsound { violation, trace } = verify(&net, Limits::without_deadline()) {
                replay::shows(&net, &trace, &violation)
                    .unwrap_or_else(|wrong| panic!("seed {seed}, {ends:?}: {wrong}"));
            }
            if let Some(sound) = flow_oracle::is_sound(&graph, ends, MOST_MARKINGS) {
                let verdict = verify(&net, Limits::without_deadline());
                assert_eq!(verdict == Verdict::Sound, sound, "seed {seed}, {ends:?}: {verdict:?} of {graph:?}");
            }
        }
    }
    say(&format!("{seen:?}"));
    seen
}

/// As many as the environment asks for; by default `fast`, of which a build without optimisation plays
/// a fifth.
fn rounds(fast: u64) -> u64 {
    let fast = if cfg!(debug_assertions) { fast / 5 } else { fast };
    std::env::var("NEXUSFLOW_TEST_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(fast)
}

#[test]
fn wild_graphs_get_the_verdict_and_the_shortest_trace_of_a_simple_explorer() {
    let seen = compare_graphs(rounds(1_500), 0, |random| random_flow::wild(random, 9));
    assert!(seen.sound > 50 && seen.dead > 5 && seen.faults.iter().all(|&count| count > 5), "{seen:?}");
}

#[test]
fn changed_block_structures_get_the_verdict_and_the_shortest_trace_of_a_simple_explorer() {
    let seen = compare_graphs(rounds(1_500), 1 << 32, |random| {
        let changes = random.below(4);
        random_flow::structured(random, 3, changes)
    });
    assert!(seen.sound > 100 && seen.faults.iter().all(|&count| count > 5), "{seen:?}");
}

#[test]
fn nets_with_resets_reads_and_several_tokens_get_the_verdict_of_a_simple_explorer() {
    let mut seen = Seen::default();
    for seed in 0..rounds(3_000) {
        compare(&random_net::decorated(&mut Random::new(seed)), &mut seen, seed);
    }
    say(&format!("{seen:?}"));
    assert!(seen.sound > 100 && seen.dead > 5 && seen.faults.iter().all(|&count| count > 5), "{seen:?}");
}

#[test]
fn nets_of_any_structure_get_the_verdict_of_a_simple_explorer() {
    let mut seen = Seen::default();
    for seed in 0..rounds(10_000) {
        compare(&random_net::wild(&mut Random::new(seed)), &mut seen, seed);
    }
    say(&format!("{seen:?}"));
    assert!(seen.sound > 1 && seen.dead > 20 && seen.faults.iter().all(|&count| count > 20), "{seen:?}");
}

#[test]
fn traces_of_graphs_too_large_to_search_still_show_what_they_claim() {
    let (mut shortest, mut told) = (0, 0);
    for seed in 0..rounds(300) {
        let mut random = Random::new(seed + (1 << 40));
        let changes = 1 + random.below(3);
        let graph = random_flow::structured(&mut random, 6, changes);
        for ends in [EndSemantics::Bpmn, EndSemantics::WorkflowNet] {
            let net = net_of_flow_graph(&graph, ends).unwrap();
            // Little memory, so that many of them are too large.
            let limits = Limits { bytes: 1 << 20, ..Limits::without_deadline() };
            if let Verdict::Unsound { violation, trace } = verify(&net, limits) {
                replay::shows(&net, &trace, &violation)
                    .unwrap_or_else(|wrong| panic!("seed {seed}, {ends:?}: {wrong}"));
                *(if trace.is_shortest { &mut shortest } else { &mut told }) += 1;
            }
        }
    }
    say(&format!("{shortest} found in breadth, {told} told from the reduced net"));
    assert!(shortest > 5 && told > 5, "{shortest} {told}");
}
