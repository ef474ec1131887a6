use std::time::{Duration, Instant};

use nexusflow_domain::ids::WorkflowId;
use nexusflow_domain::problem::Problem;
use nexusflow_domain::workflow::verification::{
    DEFAULT_BYTES, EndSemantics, Finding, Limits, Reach, Verdict, reach, verify_graph,
};
use nexusflow_domain::workflow::{Directory, Graph, WorkflowDocument, compile, staffing_problems, type_warnings};

use crate::access::actions;
use crate::workflow::WorkflowService;
use crate::{Call, Result};

/// How long the verification of one graph may take, and again how long looking for what can happen on it.
const PATIENCE: Duration = Duration::from_secs(2);

/// What can be said of a document before it is published.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Validation {
    /// Everything that keeps it from being published.
    pub problems: Vec<Problem>,
    /// What whoever publishes it should know.
    pub warnings: Vec<Problem>,
    /// Whether its graph is sound; `None` of a document that is no graph yet.
    pub finding: Option<Finding>,
    /// What can happen on it; `None` where that is not known.
    pub reach: Option<Reach>,
}

impl WorkflowService {
    /// What can be said of a document, were it published now: in a workflow, or without one in a new one, where
    /// nobody holds a role for it only.
    #[tracing::instrument(skip_all)]
    pub async fn validate(
        &self,
        call: &Call,
        document: &WorkflowDocument,
        workflow: Option<WorkflowId>,
    ) -> Result<Validation> {
        let subject = workflow.map(|workflow| ("workflow", workflow.uuid()));
        let permit = self.authorizer.require_for::<actions::ViewWorkflow>(call, workflow, subject).await?;
        let directory = self.reader.directory(&permit.scope(), workflow).await?;
        Ok(match publishable(document, &directory) {
            Ok(graph) => validation(&graph),
            Err(problems) => Validation { problems, ..Validation::default() },
        })
    }
}

fn validation(graph: &Graph) -> Validation {
    let verdict = verify(graph);
    let finding = Finding::from(&verdict);
    Validation {
        problems: verdict.problem().into_iter().collect(),
        warnings: warnings(graph, &finding),
        reach: patiently(|limits| reach(graph, limits)),
        finding: Some(finding),
    }
}

/// The graph of a document that may be published now, or everything that keeps it from being so: the
/// document's own problems, then steps that nobody could ever act on.
pub(super) fn publishable(document: &WorkflowDocument, directory: &Directory) -> Result<Graph, Vec<Problem>> {
    let graph = compile(document, directory)?;
    let problems = staffing_problems(&graph, directory);
    if problems.is_empty() { Ok(graph) } else { Err(problems) }
}

/// Whether a graph is sound, within the time that publishing may take.
pub(super) fn verify(graph: &Graph) -> Verdict {
    patiently(|limits| verify_graph(graph, EndSemantics::Bpmn, limits))
}

/// What whoever publishes a graph should know.
pub(super) fn warnings(graph: &Graph, finding: &Finding) -> Vec<Problem> {
    finding.warning().into_iter().chain(type_warnings(graph)).collect()
}

fn patiently<T>(look: impl FnOnce(Limits<'_>) -> T) -> T {
    let begun = Instant::now();
    let expired = || begun.elapsed() >= PATIENCE;
    look(Limits { expired: &expired, bytes: DEFAULT_BYTES })
}
