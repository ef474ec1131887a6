//! Random flow graphs: wild ones, and block-structured ones with a few things changed.

use nexusflow_domain::workflow::verification::{FlowEdge, FlowGraph, FlowNode, Gate};

use super::random::Random;

#[derive(Default)]
struct Draft {
    gates: Vec<(Gate, Gate)>,
    edges: Vec<(usize, usize)>,
}

impl Draft {
    fn node(&mut self, split: Gate, join: Gate) -> usize {
        self.gates.push((split, join));
        self.gates.len() - 1
    }

    fn graph(&self) -> FlowGraph {
        let id = |node: usize| format!("n{node}");
        let node = |(at, &(split, join)): (usize, &(Gate, Gate))| FlowNode {
            id: id(at),
            label: None,
            split: Some(split),
            join: Some(join),
        };
        FlowGraph {
            nodes: self.gates.iter().enumerate().map(node).collect(),
            edges: self.edges.iter().map(|&(from, to)| FlowEdge { from: id(from), to: id(to) }).collect(),
        }
    }
}

fn gate(random: &mut Random, and: usize) -> Gate {
    if random.chance(and) { Gate::And } else { Gate::Xor }
}

/// Mostly connected, with arbitrary gates and edges.
pub fn wild(random: &mut Random, most_nodes: usize) -> FlowGraph {
    let mut draft = Draft::default();
    let nodes = 2 + random.below(most_nodes - 1);
    let and = random.pick(&[10, 25, 45]);
    for _ in 0..nodes {
        let (split, join) = (gate(random, and), gate(random, and));
        draft.node(split, join);
    }
    for to in 1..nodes {
        if random.chance(93) {
            let from = random.below(to);
            draft.edges.push((from, to));
        }
    }
    for _ in 0..random.below(nodes) {
        let back = random.chance(30);
        let (one, other) = (random.below(nodes), random.below(nodes));
        draft.edges.push(if back { (one.max(other), one.min(other)) } else { (one.min(other), one.max(other)) });
    }
    draft.graph()
}

/// Blocks within blocks, which is sound, then `changes` changes, after which it may not be.
pub fn structured(random: &mut Random, depth: usize, changes: usize) -> FlowGraph {
    let mut draft = Draft::default();
    let start = draft.node(Gate::Xor, Gate::Xor);
    let (first, last) = block(random, &mut draft, depth);
    let end = draft.node(Gate::Xor, Gate::Xor);
    draft.edges.extend([(start, first), (last, end)]);
    for _ in 0..changes {
        change(random, &mut draft);
    }
    draft.graph()
}

/// The first and the last node of a new block.
fn block(random: &mut Random, draft: &mut Draft, depth: usize) -> (usize, usize) {
    let kind = if depth == 0 { 0 } else { random.below(6) };
    match kind {
        0 => {
            let task = draft.node(Gate::Xor, Gate::Xor);
            (task, task)
        }
        1 | 2 => {
            let (first, middle) = block(random, draft, depth - 1);
            let (then, last) = block(random, draft, depth - 1);
            draft.edges.push((middle, then));
            (first, last)
        }
        3 => {
            // A loop: entered at a merge, left or repeated at a choice.
            let merge = draft.node(Gate::Xor, Gate::Xor);
            let (first, last) = block(random, draft, depth - 1);
            let choice = draft.node(Gate::Xor, Gate::Xor);
            draft.edges.extend([(merge, first), (last, choice), (choice, merge)]);
            (merge, choice)
        }
        _ => {
            let gate = if kind == 4 { Gate::Xor } else { Gate::And };
            let (split, join) = (draft.node(gate, Gate::Xor), draft.node(Gate::Xor, gate));
            for _ in 0..2 + random.below(2) {
                let (first, last) = block(random, draft, depth - 1);
                draft.edges.extend([(split, first), (last, join)]);
            }
            (split, join)
        }
    }
}

fn change(random: &mut Random, draft: &mut Draft) {
    let node = random.below(draft.gates.len());
    let edge = random.below(draft.edges.len());
    let other = random.below(draft.gates.len());
    let flipped = |gate: Gate| if gate == Gate::And { Gate::Xor } else { Gate::And };
    match random.below(6) {
        0 => draft.gates[node].0 = flipped(draft.gates[node].0),
        1 => draft.gates[node].1 = flipped(draft.gates[node].1),
        2 => draft.edges[edge].1 = node,
        3 => draft.edges[edge].0 = node,
        4 => draft.edges.push((node, other)),
        _ if draft.edges.len() > 1 => {
            draft.edges.swap_remove(edge);
        }
        _ => {}
    }
}
