//! Soundness of a flow graph by the definition the labels were made with: a place for each edge, one
//! before and one after each node, and a transition for each move between them.

use std::collections::{BTreeMap, BTreeSet};
use std::slice::from_ref;

use nexusflow_domain::workflow::verification::{EndSemantics, FlowGraph, Gate};

struct Move {
    name: String,
    from: Vec<String>,
    to: Vec<String>,
}

fn moves(graph: &FlowGraph, ends: EndSemantics) -> Vec<Move> {
    let mut moves = Vec::new();
    for node in &graph.nodes {
        let id = &node.id;
        let (inside, outside) = (format!("in {id}"), format!("out {id}"));
        let edges = |end: fn(&nexusflow_domain::workflow::verification::FlowEdge) -> &String| -> Vec<String> {
            let own = graph.edges.iter().enumerate().filter(|(_, edge)| end(edge) == id);
            own.map(|(number, _)| format!("edge {number}")).collect()
        };
        let (incoming, outgoing) = (edges(|edge| &edge.to), edges(|edge| &edge.from));
        let mut add = |name: String, from: &[String], to: &[String]| {
            moves.push(Move { name, from: from.to_vec(), to: to.to_vec() });
        };
        add(format!("do {id}"), from_ref(&inside), from_ref(&outside));
        if incoming.is_empty() {
            add(format!("start {id}"), &["i".to_owned()], from_ref(&inside));
        } else if node.join == Some(Gate::And) {
            add(format!("join {id}"), &incoming, from_ref(&inside));
        } else {
            for edge in incoming {
                add(format!("join {id} {edge}"), &[edge], from_ref(&inside));
            }
        }
        if outgoing.is_empty() {
            let sink = if ends == EndSemantics::WorkflowNet { vec!["o".to_owned()] } else { Vec::new() };
            add(format!("end {id}"), &[outside], &sink);
        } else if node.split == Some(Gate::And) {
            add(format!("split {id}"), &[outside], &outgoing);
        } else {
            for edge in outgoing {
                add(format!("split {id} {edge}"), from_ref(&outside), &[edge]);
            }
        }
    }
    moves
}

/// Whether the graph is sound; `None` beyond `most` markings.
pub fn is_sound(graph: &FlowGraph, ends: EndSemantics, most: usize) -> Option<bool> {
    let moves = moves(graph, ends);
    let complete: BTreeSet<String> =
        if ends == EndSemantics::WorkflowNet { BTreeSet::from(["o".to_owned()]) } else { BTreeSet::new() };
    // One token at most, so a marking is a set of places.
    let initial = BTreeSet::from(["i".to_owned()]);
    let mut seen = BTreeSet::from([initial.clone()]);
    let mut before: BTreeMap<BTreeSet<String>, Vec<BTreeSet<String>>> = BTreeMap::new();
    let mut fired = BTreeSet::new();
    let mut stack = vec![initial];
    while let Some(marking) = stack.pop() {
        if marking.contains("o") && marking != complete {
            return Some(false);
        }
        let mut dead_end = true;
        for step in moves.iter().filter(|step| step.from.iter().all(|place| marking.contains(place))) {
            dead_end = false;
            fired.insert(&step.name);
            let mut after = marking.clone();
            after.retain(|place| !step.from.contains(place));
            if !step.to.iter().all(|place| after.insert(place.clone())) {
                return Some(false);
            }
            before.entry(after.clone()).or_default().push(marking.clone());
            if seen.insert(after.clone()) {
                stack.push(after);
            }
        }
        if dead_end && marking != complete {
            return Some(false);
        }
        if seen.len() > most {
            return None;
        }
    }
    let mut completes = BTreeSet::from([complete.clone()]);
    let mut stack = vec![complete];
    while let Some(marking) = stack.pop() {
        for earlier in before.get(&marking).into_iter().flatten() {
            if completes.insert(earlier.clone()) {
                stack.push(earlier.clone());
            }
        }
    }
    Some(seen.is_subset(&completes) && fired.len() == moves.len())
}
