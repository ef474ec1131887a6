//! Import of mined process graphs (as pm4py's converters give them): nodes of type start, end,
//! task, xor and and, with plain edges.
//!
//! A silent xor becomes a decision on a request variable (see [`choice_variable`]); a silent and
//! becomes a fork, a join or both; a task becomes a human step with the single outcome COMPLETED.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::problem::{Problem, ProblemCode};
use crate::workflow::{
    CandidateDocument, JoinDocument, SplitDocument, StepDocument, StepKey, StepKindDocument, TransitionDocument,
    WorkflowDocument,
};

/// A mined graph as its file has it. Fields that are not listed are ignored by design: the files
/// carry the miner's own remarks.
#[derive(Debug, Clone, Deserialize)]
pub struct MinedGraph {
    /// What the graph was mined from.
    #[serde(default)]
    pub name: Option<String>,
    /// The nodes.
    pub nodes: Vec<MinedNode>,
    /// The edges.
    pub edges: Vec<MinedEdge>,
}

/// A node of a mined graph.
#[derive(Debug, Clone, Deserialize)]
pub struct MinedNode {
    /// Unique in the file.
    pub id: String,
    /// start, end, task, xor or and.
    #[serde(rename = "type")]
    pub kind: String,
    /// The activity of a task.
    #[serde(default)]
    pub label: Option<String>,
    /// xor or and.
    #[serde(default)]
    pub split: Option<String>,
    /// xor or and.
    #[serde(default)]
    pub join: Option<String>,
}

/// An edge of a mined graph.
#[derive(Debug, Clone, Deserialize)]
pub struct MinedEdge {
    /// A node's id.
    pub from: String,
    /// A node's id.
    pub to: String,
}

/// What an import could not carry over; empty when everything came along.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ImportReport {
    /// What was left out or changed, with its place in the source.
    pub notes: Vec<Problem>,
}

/// The request variable that a step with a silent choice reads: it names the key of the next step.
pub fn choice_variable(step: &StepKey) -> String {
    format!("next_{step}")
}

/// Makes a workflow document of a mined graph. `role_of` names the role that works an activity.
pub fn import_mined_graph(graph: &MinedGraph, role_of: &dyn Fn(&str) -> String) -> (WorkflowDocument, ImportReport) {
    let mut report = ImportReport::default();
    let keys = keys(graph);
    let mut targets: BTreeMap<&str, Vec<&StepKey>> = BTreeMap::new();
    let mut sources: BTreeMap<&str, usize> = BTreeMap::new();
    for (i, edge) in graph.edges.iter().enumerate() {
        match (keys.get(edge.from.as_str()), keys.get(edge.to.as_str())) {
            (Some(_), Some(to)) => {
                targets.entry(&edge.from).or_default().push(to);
                *sources.entry(&edge.to).or_default() += 1;
            }
            _ => report.notes.push(Problem::new(
                ProblemCode::UnknownStep,
                format!("edges[{i}]"),
                format!("from {:?} to {:?}: one of them is no node; left out", edge.from, edge.to),
            )),
        }
    }
    let mut steps = Vec::new();
    let mut transitions = Vec::new();
    for (order, node) in (0i32..).zip(&graph.nodes) {
        let kind = kind(node).unwrap_or_else(|| {
            let message = format!("unknown type {:?}; carried over as a decision", node.kind);
            report.notes.push(Problem::new(ProblemCode::InvalidValue, format!("nodes[{}].type", node.id), message));
            StepKindDocument::Decision
        });
        report.notes.extend(unknown_gates(node));
        let mut imported = step(node, &keys, kind, order, role_of);
        let out = targets.get(node.id.as_str()).map_or(&[][..], Vec::as_slice);
        if node.join.as_deref() == Some("and") && sources.get(node.id.as_str()).copied().unwrap_or(0) > 1 {
            imported.join = JoinDocument::All;
        }
        if node.split.as_deref() == Some("and") && out.len() > 1 {
            imported.split = SplitDocument::All;
        }
        transitions.extend(leaving(&imported, out));
        steps.push(imported);
    }
    (
        WorkflowDocument {
            steps,
            transitions,
            sla: None,
            due_date_escalations: Vec::new(),
            scopes: Vec::new(),
            input_schema: None,
        },
        report,
    )
}

/// Node ids become keys; ids that cannot be keys are numbered, with numbers that no other id uses.
fn keys(graph: &MinedGraph) -> BTreeMap<&str, StepKey> {
    let ids: BTreeSet<&str> = graph.nodes.iter().map(|node| node.id.as_str()).collect();
    let mut numbered = (0u64..).map(|n| format!("node-{n}")).filter(|key| !ids.contains(key.as_str()));
    let mut keys = BTreeMap::new();
    for &id in &ids {
        let key = id.parse().ok().or_else(|| numbered.next()?.parse().ok());
        keys.extend(key.map(|key| (id, key)));
    }
    keys
}

fn unknown_gates(node: &MinedNode) -> impl Iterator<Item = Problem> {
    [("split", &node.split), ("join", &node.join)].into_iter().filter_map(|(field, gate)| {
        let unknown = gate.as_deref().filter(|gate| !matches!(*gate, "xor" | "and"))?;
        let path = format!("nodes[{}].{field}", node.id);
        let message = format!("unknown {field} {unknown:?}; carried over as xor");
        Some(Problem::new(ProblemCode::InvalidValue, path, message))
    })
}

fn kind(node: &MinedNode) -> Option<StepKindDocument> {
    match node.kind.as_str() {
        "start" => Some(StepKindDocument::Start),
        "end" => Some(StepKindDocument::End),
        "task" => Some(StepKindDocument::Task),
        "xor" | "and" => Some(StepKindDocument::Decision),
        _ => None,
    }
}

fn step(
    node: &MinedNode,
    keys: &BTreeMap<&str, StepKey>,
    kind: StepKindDocument,
    order: i32,
    role_of: &dyn Fn(&str) -> String,
) -> StepDocument {
    let name = node.label.clone().unwrap_or_else(|| node.id.clone());
    let candidate = (kind == StepKindDocument::Task).then(|| CandidateDocument::Role(role_of(&name)));
    let key = keys[node.id.as_str()].clone();
    StepDocument { candidate, order, ..StepDocument::new(key, name, kind) }
}

/// A single way out, or a fork, is unconditional; a choice reads its variable, the last being the
/// default.
fn leaving(step: &StepDocument, targets: &[&StepKey]) -> Vec<TransitionDocument> {
    let choice = step.split == SplitDocument::One && targets.len() > 1;
    let edge = |(i, target): (usize, &&StepKey)| {
        let is_default = choice && i + 1 == targets.len();
        let condition = (choice && !is_default)
            .then(|| json!({ "field": choice_variable(&step.key), "operator": "equals", "value": target.as_str() }));
        TransitionDocument {
            from: step.key.clone(),
            outcome: None,
            to: (*target).clone(),
            condition,
            priority: 0,
            is_default,
        }
    };
    targets.iter().enumerate().map(edge).collect()
}
