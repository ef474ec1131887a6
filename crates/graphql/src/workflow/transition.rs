use std::sync::Arc;

use async_graphql::{ComplexObject, SimpleObject};
use nexusflow_application::workflow::WorkflowVersion;
use nexusflow_domain::workflow::StepKey;

use crate::scalar::{Json, int};
use crate::workflow::WorkflowStep;

/// An edge of a version's graph: from a step and its outcome to a step.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct StepTransition {
    #[graphql(skip)]
    version: Arc<WorkflowVersion>,
    #[graphql(skip)]
    ends: (StepKey, StepKey),
    /// Its place in the document, from 0; the journal names transitions by it.
    ordinal: i32,
    /// The outcome it belongs to; every outcome when null.
    outcome: Option<String>,
    /// Only taken when this holds.
    condition: Option<Json>,
    /// Lower is tried first; ties in the order of ordinals.
    priority: i32,
    /// Taken when no condition of the outcome's other transitions holds.
    is_default: bool,
}

#[ComplexObject]
impl StepTransition {
    /// The step it leaves; null when a draft names one that does not exist.
    async fn from(&self) -> Option<WorkflowStep> {
        self.step(&self.ends.0)
    }

    /// The step it enters; null when a draft names one that does not exist.
    async fn to(&self) -> Option<WorkflowStep> {
        self.step(&self.ends.1)
    }
}

impl StepTransition {
    /// The edges of a version.
    pub(super) fn all(version: &Arc<WorkflowVersion>) -> Vec<Self> {
        let transitions = version.document.transitions.iter().enumerate();
        let edges = transitions.map(|(ordinal, transition)| Self {
            version: version.clone(),
            ends: (transition.from.clone(), transition.to.clone()),
            ordinal: int(ordinal),
            outcome: transition.outcome.as_ref().map(ToString::to_string),
            condition: transition.condition.clone().map(Json),
            priority: transition.priority,
            is_default: transition.is_default,
        });
        edges.collect()
    }

    fn step(&self, key: &StepKey) -> Option<WorkflowStep> {
        let step = self.version.document.steps.iter().find(|step| step.key == *key);
        step.map(|step| WorkflowStep::of(self.version.id, &self.version.names, step))
    }
}
