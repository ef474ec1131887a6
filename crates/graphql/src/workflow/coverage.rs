use async_graphql::SimpleObject;
use nexusflow_domain::workflow::verification;

/// What can happen on a graph at all. Conditions count as free choices.
#[derive(Debug, Clone, SimpleObject)]
pub struct WorkflowCoverage {
    /// Every step, in the document's order.
    steps: Vec<StepCoverage>,
    /// Every end, in the document's order.
    ends: Vec<EndCoverage>,
}

/// What can happen at a step.
#[derive(Debug, Clone, SimpleObject)]
pub struct StepCoverage {
    /// The step's key.
    key: String,
    /// For people.
    name: String,
    /// Whether some run passes it.
    reachable: bool,
    /// What a person can end it with, in the document's order.
    outcomes: Vec<OutcomeCoverage>,
}

/// Whether a step can end so.
#[derive(Debug, Clone, SimpleObject)]
pub struct OutcomeCoverage {
    /// The outcome.
    outcome: String,
    /// Whether the step ends with it in some run.
    reachable: bool,
}

/// How an end is reached.
#[derive(Debug, Clone, SimpleObject)]
pub struct EndCoverage {
    /// The step's key.
    key: String,
    /// For people.
    name: String,
    /// Whether some run reaches it.
    reachable: bool,
    /// The names of the steps of a shortest run to it; null when no run reaches it, or the graph is too
    /// large to tell.
    shortest_run: Option<Vec<String>>,
}

impl From<verification::Reach> for WorkflowCoverage {
    fn from(reach: verification::Reach) -> Self {
        let ends = reach.steps.iter().filter(|step| step.is_end).cloned().map(EndCoverage::from).collect();
        Self { steps: reach.steps.into_iter().map(Into::into).collect(), ends }
    }
}

impl From<verification::StepReach> for StepCoverage {
    fn from(step: verification::StepReach) -> Self {
        let outcomes = step.outcomes.into_iter().map(|(outcome, reachable)| OutcomeCoverage { outcome, reachable });
        Self { key: step.key, name: step.name, reachable: step.occurs, outcomes: outcomes.collect() }
    }
}

impl From<verification::StepReach> for EndCoverage {
    fn from(step: verification::StepReach) -> Self {
        Self { key: step.key, name: step.name, reachable: step.occurs, shortest_run: step.shortest_run }
    }
}
