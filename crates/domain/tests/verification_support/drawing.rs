//! Flow graphs drawn by hand.

use nexusflow_domain::workflow::verification::{FlowEdge, FlowGraph, FlowNode, Gate};

#[derive(Default)]
pub struct Drawing {
    nodes: Vec<FlowNode>,
    edges: Vec<(usize, usize)>,
}

impl Drawing {
    pub fn step(&mut self, id: &str) -> usize {
        self.gateway(id, Gate::Xor)
    }

    pub fn gateway(&mut self, id: &str, gate: Gate) -> usize {
        self.nodes.push(FlowNode { id: id.to_owned(), label: None, split: Some(gate), join: Some(gate) });
        self.nodes.len() - 1
    }

    pub fn edge(&mut self, from: usize, to: usize) {
        self.edges.push((from, to));
    }

    pub fn path(&mut self, steps: &[usize]) {
        self.edges.extend(steps.windows(2).map(|pair| (pair[0], pair[1])));
    }

    pub fn graph(&self) -> FlowGraph {
        let id = |node: usize| self.nodes[node].id.clone();
        let edges = self.edges.iter().map(|&(from, to)| FlowEdge { from: id(from), to: id(to) });
        FlowGraph { nodes: self.nodes.clone(), edges: edges.collect() }
    }
}
