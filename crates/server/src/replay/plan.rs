//! How each case runs through the graph: found by searching the pure domain, once per variant.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use nexusflow_domain::JsonMap;
use nexusflow_domain::ids::RoleId;
use nexusflow_domain::problem::Problem;
use nexusflow_domain::request::{Choice, explain};
use nexusflow_domain::workflow::{
    CandidateDocument, Directory, Graph, Holders, MinedGraph, Outcome, RoleFacts, StepKey, WorkflowDocument,
    choice_variable, compile, import_mined_graph,
};
use uuid::Uuid;

use crate::replay::log::{Case, EventLog};
use crate::replay::staff::Staff;

/// The workflow and what to do for each case.
pub(super) struct Plan {
    pub document: WorkflowDocument,
    /// What the import could not carry over.
    pub notes: Vec<Problem>,
    /// One per case of the log.
    pub cases: Vec<Arc<CasePlan>>,
}

/// The run that explains most of a case.
#[derive(Debug)]
pub(super) struct CasePlan {
    /// Variables sent with the start.
    pub start: JsonMap,
    /// One per explained event; the first event without one is impossible.
    pub events: Vec<PlannedEvent>,
    /// Whether the request is over after the last of them.
    pub completed: bool,
}

/// What to do for one event.
#[derive(Debug)]
pub(super) struct PlannedEvent {
    pub step: StepKey,
    pub outcome: Outcome,
    /// Variables sent with the completion.
    pub variables: JsonMap,
}

impl Plan {
    /// Imports the graph and explains every case by it.
    pub fn make(mined: &MinedGraph, staff: &Staff, log: &EventLog) -> Result<Self> {
        let (document, report) = import_mined_graph(mined, &|activity| staff.role_of(activity));
        let graph = compiled(&document)?;
        let mut variants: HashMap<Vec<&str>, Arc<CasePlan>> = HashMap::new();
        let mut cases = Vec::with_capacity(log.cases.len());
        for case in &log.cases {
            let activities: Vec<&str> = case.events.iter().map(|event| &*event.activity).collect();
            let plan = if let Some(plan) = variants.get(&activities) {
                plan.clone()
            } else {
                let plan = Arc::new(CasePlan::of(&graph, case, &activities)?);
                variants.insert(activities, plan.clone());
                plan
            };
            cases.push(plan);
        }
        Ok(Self { document, notes: report.notes, cases })
    }

    /// The roles that the workflow asks, sorted.
    pub fn roles(&self) -> Vec<&str> {
        roles(&self.document)
    }
}

impl CasePlan {
    fn of(graph: &Graph, case: &Case, activities: &[&str]) -> Result<Self> {
        let explanation = explain(graph, activities).with_context(|| format!("the case {:?}", case.id))?;
        let events = explanation.events.into_iter().map(|event| PlannedEvent {
            step: event.step,
            outcome: event.outcome,
            variables: variables(&event.choices),
        });
        Ok(Self { start: variables(&explanation.start), events: events.collect(), completed: explanation.completed })
    }
}

fn variables(choices: &[Choice]) -> JsonMap {
    choices.iter().map(|(step, chosen)| (choice_variable(step), chosen.as_str().into())).collect()
}

/// The graph as the server will compile it, against a directory of the roles it names.
fn compiled(document: &WorkflowDocument) -> Result<Graph> {
    let facts = |n: u128| RoleFacts { id: RoleId::from_uuid(Uuid::from_u128(n)), holders: Holders::Somebody };
    let roles = (1..).zip(roles(document)).map(|(n, name)| (name.to_owned(), facts(n))).collect();
    match compile(document, &Directory { roles, ..Directory::default() }) {
        Ok(graph) => Ok(graph),
        Err(problems) => {
            let list: Vec<String> = problems.iter().map(|p| format!("  {}: {}", p.path, p.message)).collect();
            bail!("the graph makes no valid workflow:\n{}", list.join("\n"))
        }
    }
}

fn roles(document: &WorkflowDocument) -> Vec<&str> {
    let asked = document.steps.iter().filter_map(|step| match &step.candidate {
        Some(CandidateDocument::Role(name)) => Some(name.as_str()),
        Some(CandidateDocument::User(_) | CandidateDocument::Requester {}) | None => None,
    });
    let mut names: Vec<&str> = asked.collect();
    names.sort_unstable();
    names.dedup();
    names
}
