//! Workflows made of random flow graphs.

use std::collections::BTreeSet;

use nexusflow_domain::workflow::verification::{FlowGraph, Gate};
use nexusflow_domain::workflow::{Graph, Step, StepIx, choice_variable, compile};
use serde_json::{Value, json};

use super::super::support::{directory, document, edge, key, task, with};
use super::super::verification_support::random::Random;
use super::forms::with_forms;

/// How deadlines are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deadlines {
    /// So long after their steps open.
    After,
    /// At the instant in the variable of [`until`].
    Until,
}

/// A workflow of a flow graph: its nodes become tasks, decisions and ends, its choices outcomes or
/// variables; some tasks get a deadline that leads elsewhere. `None` where it is not valid.
pub fn workflow_of(drawn: &FlowGraph, deadlines: Deadlines, random: &mut Random) -> Option<Graph> {
    compiled(draft_of(drawn, deadlines, random))
}

/// The same with structured joins, inclusive splits, races, scopes and errors here and there.
pub fn workflow_of_every_form(drawn: &FlowGraph, deadlines: Deadlines, random: &mut Random) -> Option<Graph> {
    let draft = draft_of(drawn, deadlines, random);
    compiled(with_forms(draft, deadlines, random))
}

fn compiled(json: Value) -> Option<Graph> {
    compile(&document(reachable(json)), &directory()).ok()
}

fn draft_of(drawn: &FlowGraph, deadlines: Deadlines, random: &mut Random) -> Value {
    let mut steps = vec![json!({ "key": "start", "name": "Start", "kind": "START" })];
    let mut ways = vec![edge("start", &drawn.nodes[0].id)];
    let tasks: Vec<bool> = drawn.nodes.iter().map(|_| random.chance(65)).collect();
    for (node, &is_task) in drawn.nodes.iter().zip(&tasks) {
        let targets: BTreeSet<&str> =
            drawn.edges.iter().filter(|way| way.from == node.id).map(|way| way.to.as_str()).collect();
        let (split, join) = (gate(node.split, "ALL", "ONE"), gate(node.join, "ALL", "ANY"));
        let kind = if targets.is_empty() { "END" } else { "DECISION" };
        let mut step = json!({ "key": node.id, "name": node.id, "kind": kind, "join": join });
        if !targets.is_empty() {
            let outcomes = if is_task && split == "ONE" { outcomes(&targets) } else { vec!["COMPLETED".to_owned()] };
            step["split"] = json!(split);
            if is_task {
                step = with(step, &task(&node.id, &json!({ "outcomes": outcomes })));
                step["join"] = json!(join);
            }
        }
        ways.extend(ways_out(&node.id, &targets, split, is_task));
        steps.push(step);
        // A deadline leads to another task, which keeps it from passing again at once.
        let late = random.below(drawn.nodes.len());
        let is_host = is_task && !targets.is_empty() && tasks[late] && drawn.nodes[late].id != node.id;
        if is_host && random.chance(30) {
            let timer = format!("t-{}", node.id);
            let boundary = json!({ "attachedTo": node.id, "on": deadlines.of(&timer, 1) });
            steps.push(json!({ "key": timer, "name": timer, "kind": "BOUNDARY", "boundary": boundary }));
            ways.push(edge(&timer, &drawn.nodes[late].id));
        }
    }
    json!({ "steps": steps, "transitions": ways, "scopes": [] })
}

impl Deadlines {
    /// What makes a boundary event fire, so many hours after its host opened.
    pub fn of(self, timer: &str, hours: u8) -> Value {
        match self {
            Self::After => json!({ "timer": { "after": format!("PT{hours}H") } }),
            Self::Until => json!({ "timer": { "until": until(timer) } }),
        }
    }
}

/// A graph in a few lines: each step with its form and where it leads, then its scopes.
pub fn in_short(graph: &Graph) -> String {
    let step = |(ix, step): (StepIx, &Step)| {
        let key = |ix: StepIx| graph.step(ix).key.as_str();
        let to: Vec<&str> = graph.outgoing(ix).iter().map(|&t| key(graph.transition(t).to)).collect();
        let kind = format!("{:?}", step.kind);
        let kind = if step.human().is_some() { "Human" } else { &kind };
        format!("\n{} {kind} {:?} {:?} -> {}", step.key, step.join, step.split, to.join(" "))
    };
    let steps: String = graph.steps().map(step).collect();
    let scopes: Vec<_> = graph.scopes().map(|scope| (&scope.key, &scope.steps)).collect();
    format!("{steps}\n{scopes:?}")
}

/// The variable with the instant at which a deadline passes.
pub fn until(timer: &str) -> String {
    format!("until_{}", timer.replace('-', "_"))
}

/// The outcome that leads to a step.
fn outcome_to(target: &str) -> String {
    format!("TO_{}", target.to_uppercase())
}

fn outcomes(targets: &BTreeSet<&str>) -> Vec<String> {
    targets.iter().map(|target| outcome_to(target)).collect()
}

fn gate(gate: Option<Gate>, and: &'static str, xor: &'static str) -> &'static str {
    if gate == Some(Gate::And) { and } else { xor }
}

fn ways_out(from: &str, targets: &BTreeSet<&str>, split: &str, is_task: bool) -> Vec<Value> {
    let variable = choice_variable(&key(from));
    let way = |(at, to): (usize, &&str)| match (split, is_task) {
        ("ALL", _) => edge(from, to),
        (_, true) => with(edge(from, to), &json!({ "outcome": outcome_to(to) })),
        _ if at + 1 == targets.len() => with(edge(from, to), &json!({ "isDefault": true })),
        _ => {
            let condition = json!({ "field": variable, "operator": "equals", "value": to });
            with(edge(from, to), &json!({ "condition": condition }))
        }
    };
    targets.iter().enumerate().map(way).collect()
}

/// The variable without which an inclusive split does not take the way to a step.
pub fn taken(from: &str, to: &str) -> String {
    format!("taken_{from}_{to}")
}

/// Leaves out what no path from the start enters.
fn reachable(mut json: Value) -> Value {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = |json: &Value, name: &str| json[name].as_array().cloned().unwrap_or_default();
    let mut seen = BTreeSet::from(["start".to_owned()]);
    loop {
        let before = seen.len();
        for way in list(&json, "transitions") {
            if seen.contains(&text(&way["from"])) {
                seen.insert(text(&way["to"]));
            }
        }
        for step in list(&json, "steps") {
            let host = text(&step["boundary"]["attachedTo"]);
            let inside = |scope: &Value| {
                scope["key"] == host && list(scope, "steps").iter().any(|key| seen.contains(&text(key)))
            };
            if seen.contains(&host) || list(&json, "scopes").iter().any(inside) {
                seen.insert(text(&step["key"]));
            }
        }
        if seen.len() == before {
            break;
        }
    }
    for (name, field) in [("steps", "key"), ("transitions", "from")] {
        json[name].as_array_mut().expect("a list").retain(|item| seen.contains(&text(&item[field])));
    }
    for scope in json["scopes"].as_array_mut().into_iter().flatten() {
        scope["steps"].as_array_mut().expect("a list").retain(|key| seen.contains(&text(key)));
    }
    json
}
