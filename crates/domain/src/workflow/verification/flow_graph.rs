use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Net, NetStepIx, NetTransition, PlaceIx, PlaceRole};

/// A graph of nodes and edges as miners and BPMN converters write it. Nodes without incoming edges
/// are starts, one of which is taken; nodes without outgoing edges are ends. Fields that are not
/// listed are ignored: the files carry their makers' own remarks.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct FlowGraph {
    /// The nodes.
    pub nodes: Vec<FlowNode>,
    /// The edges; two between the same nodes are two edges.
    pub edges: Vec<FlowEdge>,
}

/// A node.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct FlowNode {
    /// Unique in the graph.
    pub id: String,
    /// For people.
    #[serde(default)]
    pub label: Option<String>,
    /// Which outgoing edges it takes.
    #[serde(default)]
    pub split: Option<Gate>,
    /// Which incoming edges it waits for.
    #[serde(default)]
    pub join: Option<Gate>,
}

/// One of the edges, or all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Gate {
    /// One; also what a node does that names no gate.
    #[serde(alias = "none")]
    Xor,
    /// All.
    And,
}

/// An edge.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct FlowEdge {
    /// A node's id.
    pub from: String,
    /// A node's id.
    pub to: String,
}

/// What makes a run complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EndSemantics {
    /// Each end swallows its token; the run is complete when none is left. Ours.
    #[default]
    Bpmn,
    /// All ends lead to one sink; the run is complete with exactly one token, there (van der Aalst 1998).
    WorkflowNet,
}

/// Why nodes and edges are no graph.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidFlowGraph {
    /// An edge names a node that is not there.
    #[error("edges[{edge}].{field}: expected the id of a node, found {id:?}")]
    UnknownNode {
        /// The edge's place in the list.
        edge: usize,
        /// from or to.
        field: &'static str,
        /// What it names.
        id: String,
    },
    /// Two nodes have one id.
    #[error("nodes[{node}].id: {id:?} is the id of another node too")]
    DuplicateNode {
        /// The node's place in the list.
        node: usize,
        /// The id.
        id: String,
    },
    /// There is nothing to verify.
    #[error("nodes: expected at least one node, found none")]
    NoNodes,
}

/// The net of a graph. A step that any arrival starts has one place in front, so that two tokens are
/// also found where they arrive on two of its edges; a join has one for each edge. A transition is a
/// step with one choice of the edges it takes.
pub fn net_of_flow_graph(graph: &FlowGraph, ends: EndSemantics) -> Result<Net, InvalidFlowGraph> {
    let wiring = Wiring::new(graph)?;
    let mut net = Net::default();
    let beginning = net.add_place(PlaceRole::Beginning);
    net.place_mut(beginning).initial = 1;
    let finished = (ends == EndSemantics::WorkflowNet).then(|| net.add_place(PlaceRole::Finished));
    if let Some(sink) = finished {
        net.complete_with_one_token_on(sink);
    }
    let steps: Vec<NetStepIx> = (graph.nodes.iter().zip(&wiring.outgoing))
        .map(|(node, outgoing)| net.add_step(&node.id, node.label.as_deref().unwrap_or(""), outgoing.is_empty()))
        .collect();
    let entrances = wiring.entrances(&mut net, graph, &steps);
    for (ix, node) in graph.nodes.iter().enumerate() {
        let consumed = match (&wiring.incoming[ix][..], node.join) {
            ([], _) => vec![beginning],
            (incoming, Some(Gate::And)) => incoming.iter().map(|&edge| entrances[edge]).collect(),
            ([first, ..], _) => vec![entrances[*first]],
        };
        for taken in wiring.choices(ix, node) {
            net.add_transition(NetTransition {
                step: Some(steps[ix]),
                leads_to: taken.iter().map(|&edge| steps[wiring.edges[edge].1]).collect(),
                consumed: consumed.clone(),
                produced: taken
                    .iter()
                    .map(|&edge| entrances[edge])
                    .chain(finished.filter(|_| taken.is_empty()))
                    .collect(),
                ..NetTransition::default()
            });
        }
    }
    Ok(net)
}

/// Edges by the places of their nodes.
struct Wiring {
    edges: Vec<(usize, usize)>,
    incoming: Vec<Vec<usize>>,
    outgoing: Vec<Vec<usize>>,
}

impl Wiring {
    fn new(graph: &FlowGraph) -> Result<Self, InvalidFlowGraph> {
        let mut places = BTreeMap::new();
        for (node, FlowNode { id, .. }) in graph.nodes.iter().enumerate() {
            if places.insert(id.as_str(), node).is_some() {
                return Err(InvalidFlowGraph::DuplicateNode { node, id: id.clone() });
            }
        }
        if places.is_empty() {
            return Err(InvalidFlowGraph::NoNodes);
        }
        let find = |edge: usize, field: &'static str, id: &str| {
            let unknown = || InvalidFlowGraph::UnknownNode { edge, field, id: id.to_owned() };
            places.get(id).copied().ok_or_else(unknown)
        };
        let ends = |(ix, edge): (usize, &FlowEdge)| Ok((find(ix, "from", &edge.from)?, find(ix, "to", &edge.to)?));
        let edges = graph.edges.iter().enumerate().map(ends).collect::<Result<Vec<_>, _>>()?;
        let (mut incoming, mut outgoing) = (vec![Vec::new(); places.len()], vec![Vec::new(); places.len()]);
        for (ix, &(from, to)) in edges.iter().enumerate() {
            outgoing[from].push(ix);
            incoming[to].push(ix);
        }
        Ok(Self { edges, incoming, outgoing })
    }

    /// Per edge, the place that a token on it is in.
    fn entrances(&self, net: &mut Net, graph: &FlowGraph, steps: &[NetStepIx]) -> Vec<PlaceIx> {
        let mut shared: BTreeMap<usize, PlaceIx> = BTreeMap::new();
        let mut entrance = |&(from, to): &(usize, usize)| {
            if graph.nodes[to].join == Some(Gate::And) {
                net.add_place(PlaceRole::Edge { from: steps[from], to: steps[to] })
            } else {
                *shared.entry(to).or_insert_with(|| net.add_place(PlaceRole::Into(steps[to])))
            }
        };
        self.edges.iter().map(&mut entrance).collect()
    }

    /// The sets of edges that a node may take; one empty set for an end.
    fn choices(&self, ix: usize, node: &FlowNode) -> Vec<Vec<usize>> {
        let outgoing = &self.outgoing[ix];
        match node.split {
            Some(Gate::And) => vec![outgoing.clone()],
            _ if outgoing.is_empty() => vec![Vec::new()],
            _ => outgoing.iter().map(|&edge| vec![edge]).collect(),
        }
    }
}
