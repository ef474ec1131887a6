//! Graphs with more markings than could ever be visited one by one.

mod verification_support;

use std::time::{Duration, Instant};

use nexusflow_domain::workflow::verification::{
    DEFAULT_BYTES, EndSemantics, FlowGraph, Gate, Limits, Verdict, Violation, net_of_flow_graph, verify,
};
use verification_support::data::say;
use verification_support::drawing::Drawing;
use verification_support::random::Random;
use verification_support::random_flow;

const BRANCHES: usize = 30;
/// The product's bound; a build without optimisation gets ten times that.
const BOUND: Duration = Duration::from_secs(if cfg!(debug_assertions) { 20 } else { 2 });

fn decide(graph: &FlowGraph, ends: EndSemantics) -> Verdict {
    let begun = Instant::now();
    let expired = || begun.elapsed() > BOUND;
    let limits = Limits { expired: &expired, bytes: DEFAULT_BYTES };
    let verdict = verify(&net_of_flow_graph(graph, ends).expect("a graph"), limits);
    say(&format!("{} nodes, {ends:?}: {:?}", graph.nodes.len(), begun.elapsed()));
    verdict
}

/// Thirty branches side by side, each ten steps with a loop in it; `spoil` changes the drawing, and
/// gets the branches, each with its steps in order.
fn branches(spoil: impl Fn(&mut Drawing, &[Vec<usize>])) -> FlowGraph {
    let mut drawing = Drawing::default();
    let (start, fork) = (drawing.step("start"), drawing.gateway("fork", Gate::And));
    let (join, end) = (drawing.gateway("join", Gate::And), drawing.step("end"));
    drawing.edge(start, fork);
    drawing.edge(join, end);
    let branches: Vec<Vec<usize>> = (0..BRANCHES)
        .map(|branch| {
            let steps: Vec<usize> = (0..10).map(|step| drawing.step(&format!("b{branch}s{step}"))).collect();
            drawing.path(&steps);
            drawing.edge(fork, steps[0]);
            drawing.edge(steps[9], join);
            drawing.edge(steps[6], steps[2]);
            steps
        })
        .collect();
    spoil(&mut drawing, &branches);
    drawing.graph()
}

fn unsound(graph: &FlowGraph, ends: EndSemantics) -> (Violation, Vec<String>) {
    match decide(graph, ends) {
        Verdict::Unsound { violation, trace } => (violation, trace.steps.into_iter().map(|step| step.key).collect()),
        other => panic!("expected unsound, found {other:?}"),
    }
}

#[test]
fn thirty_branches_with_loops_are_sound() {
    for ends in [EndSemantics::Bpmn, EndSemantics::WorkflowNet] {
        assert_eq!(decide(&branches(|_, _| {}), ends), Verdict::Sound);
    }
}

#[test]
fn a_branch_that_may_leave_for_an_end_deadlocks_the_join() {
    let graph = branches(|drawing, branches| {
        let exit = drawing.step("exit");
        drawing.edge(branches[17][5], exit);
    });
    let (violation, trace) = unsound(&graph, EndSemantics::Bpmn);
    let Violation::Deadlock { waiting } = violation else { panic!("{violation:?}") };
    assert_eq!(waiting.len(), BRANCHES - 1);
    assert!(trace.contains(&"exit".to_owned()) && !trace.contains(&"b17s6".to_owned()));
}

#[test]
fn a_choice_before_a_join_deadlocks_in_one_of_many_branches() {
    let graph = branches(|drawing, branches| {
        let inner = drawing.gateway("inner", Gate::And);
        let (left, right) = (drawing.step("left"), drawing.step("right"));
        for side in [left, right] {
            drawing.edge(branches[3][4], side);
            drawing.edge(side, inner);
        }
        drawing.edge(inner, branches[3][5]);
    });
    let (violation, _) = unsound(&graph, EndSemantics::Bpmn);
    assert!(matches!(violation, Violation::Deadlock { .. }), "{violation:?}");
}

#[test]
fn a_fork_inside_a_branch_without_a_join_puts_two_tokens_on_its_way() {
    let graph = branches(|drawing, branches| {
        let split = drawing.gateway("split", Gate::And);
        drawing.edge(branches[8][1], split);
        drawing.edge(split, branches[8][3]);
        drawing.edge(split, branches[8][4]);
    });
    let (violation, trace) = unsound(&graph, EndSemantics::Bpmn);
    assert!(matches!(violation, Violation::TwoTokens { .. }), "{violation:?}");
    assert!(trace.contains(&"split".to_owned()));
}

#[test]
fn a_way_back_to_before_the_fork_is_found() {
    let graph = branches(|drawing, branches| drawing.edge(branches[29][9], 0));
    // The way back enters the first step, which is no start any more without another one.
    let mut graph = graph;
    let mut drawing = Drawing::default();
    drawing.step("first");
    graph.nodes.extend(drawing.graph().nodes);
    graph.edges.push(nexusflow_domain::workflow::verification::FlowEdge { from: "first".into(), to: "start".into() });
    let (violation, _) = unsound(&graph, EndSemantics::Bpmn);
    assert!(matches!(violation, Violation::TwoTokens { .. } | Violation::Deadlock { .. }), "{violation:?}");
}

/// A choice on one side of a fork decides which of two joins the other side meets: no rule reduces it.
fn entangled(drawing: &mut Drawing, name: &str) -> (usize, usize) {
    let fork = drawing.gateway(&format!("{name}-fork"), Gate::And);
    let merge = drawing.step(&format!("{name}-merge"));
    let (choice, other) = (drawing.step(&format!("{name}-choice")), drawing.step(&format!("{name}-other")));
    drawing.edge(fork, choice);
    drawing.edge(fork, other);
    for side in ["left", "right"] {
        let join = drawing.gateway(&format!("{name}-{side}"), Gate::And);
        drawing.edge(choice, join);
        drawing.edge(other, join);
        drawing.edge(join, merge);
    }
    (fork, merge)
}

fn side_by_side(blocks: usize, block: impl Fn(&mut Drawing, &str) -> (usize, usize)) -> FlowGraph {
    let mut drawing = Drawing::default();
    let (start, fork) = (drawing.step("start"), drawing.gateway("fork", Gate::And));
    let (join, end) = (drawing.gateway("join", Gate::And), drawing.step("end"));
    drawing.edge(start, fork);
    drawing.edge(join, end);
    for number in 0..blocks {
        let (first, last) = block(&mut drawing, &format!("x{number}"));
        drawing.edge(fork, first);
        drawing.edge(last, join);
    }
    drawing.graph()
}

#[test]
fn faulty_blocks_side_by_side_are_found() {
    let verdict = decide(&side_by_side(BRANCHES, entangled), EndSemantics::Bpmn);
    assert!(matches!(verdict, Verdict::Unsound { .. }), "{verdict:?}");
}

#[test]
fn a_long_path_and_a_dense_choice_are_sound() {
    let mut drawing = Drawing::default();
    let steps: Vec<usize> = (0..2_000).map(|at| drawing.step(&format!("s{at}"))).collect();
    drawing.path(&steps);
    assert_eq!(decide(&drawing.graph(), EndSemantics::Bpmn), Verdict::Sound);
    let mut random = Random::new(1);
    for _ in 0..8_000 {
        drawing.edge(1 + random.below(1_998), 1 + random.below(1_998));
    }
    assert_eq!(decide(&drawing.graph(), EndSemantics::Bpmn), Verdict::Sound);
}

#[test]
fn large_block_structures_are_sound() {
    let mut nodes = 0;
    for seed in 0..40 {
        let graph = random_flow::structured(&mut Random::new(seed), 11, 0);
        nodes = nodes.max(graph.nodes.len());
        assert_eq!(decide(&graph, EndSemantics::WorkflowNet), Verdict::Sound, "seed {seed}");
    }
    assert!(nodes > 1_000, "{nodes}");
}
