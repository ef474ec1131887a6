use async_graphql::SimpleObject;
use nexusflow_domain::workflow::{self, BoundaryDocument, JoinDocument, ScopeDocument, TimerDocument, TriggerDocument};

use super::kinds::{LateArrivals, StepJoin};
use super::work::StepMessage;
use crate::scalar::{Duration, int};

/// The branches that a structured join gathers.
#[derive(Debug, Clone, SimpleObject)]
pub struct GatheredBranches {
    /// The key of the split that makes them.
    split: String,
    /// How many start the join; null when all do.
    count: Option<i32>,
    /// What becomes of the others.
    late: Option<LateArrivals>,
}

/// A time that a step waits for: one of the two is set.
#[derive(Debug, Clone, SimpleObject)]
pub struct StepTimer {
    /// So long after the opening.
    after: Option<Duration>,
    /// At the instant that this CEL expression makes.
    until: Option<String>,
}

/// What a boundary event is attached to, and what makes it fire.
#[derive(Debug, Clone, SimpleObject)]
pub struct StepBoundary {
    /// The key of the step or the scope.
    attached_to: String,
    /// Whether what it is attached to is cancelled.
    interrupting: bool,
    /// A time, counted from the opening; null when it waits for something else.
    timer: Option<StepTimer>,
    /// A message; null when it waits for something else.
    message: Option<StepMessage>,
    /// The code of the error that it catches; null when it waits for something else, or catches every error.
    error_code: Option<String>,
}

/// A state of the request that must hold for a step to be worked.
#[derive(Debug, Clone, SimpleObject)]
pub struct StepMilestone {
    /// The key of a step that has ended at least once.
    after: Option<String>,
    /// The key of a step that has not started yet.
    before: Option<String>,
}

/// A part of the graph that can be left or cancelled as a whole.
#[derive(Debug, Clone, SimpleObject)]
pub struct WorkflowScope {
    /// Its name for machines, unique among the version's steps and scopes.
    key: String,
    /// For people.
    name: String,
    /// The keys of the steps inside.
    steps: Vec<String>,
    /// Of the scopes with the same mutex, only one is entered at a time.
    mutex: Option<String>,
}

pub(super) fn join(join: &JoinDocument) -> (StepJoin, Option<GatheredBranches>) {
    match join {
        JoinDocument::Any => (StepJoin::Any, None),
        JoinDocument::All => (StepJoin::All, None),
        JoinDocument::Some { split } => {
            (StepJoin::Some, Some(GatheredBranches { split: split.to_string(), count: None, late: None }))
        }
        JoinDocument::AtLeast { count, split, late } => {
            let (split, count, late) = (split.to_string(), Some(int(*count)), Some((*late).into()));
            (StepJoin::AtLeast, Some(GatheredBranches { split, count, late }))
        }
    }
}

impl From<&TimerDocument> for StepTimer {
    fn from(timer: &TimerDocument) -> Self {
        match timer {
            TimerDocument::After(duration) => Self { after: Some(Duration(*duration)), until: None },
            TimerDocument::Until(variable) => Self { after: None, until: Some(variable.clone()) },
        }
    }
}

impl From<&BoundaryDocument> for StepBoundary {
    fn from(boundary: &BoundaryDocument) -> Self {
        let (timer, message, error_code) = match &boundary.on {
            TriggerDocument::Timer(timer) => (Some(timer.into()), None, None),
            TriggerDocument::Message(message) => (None, Some(message.into()), None),
            TriggerDocument::Error { code } => (None, None, code.clone()),
        };
        let attached_to = boundary.attached_to.to_string();
        Self { attached_to, interrupting: boundary.interrupting, timer, message, error_code }
    }
}

impl From<&workflow::Milestone> for StepMilestone {
    fn from(milestone: &workflow::Milestone) -> Self {
        let text = |key: &Option<workflow::StepKey>| key.as_ref().map(ToString::to_string);
        Self { after: text(&milestone.after), before: text(&milestone.before) }
    }
}

impl From<&ScopeDocument> for WorkflowScope {
    fn from(scope: &ScopeDocument) -> Self {
        Self {
            key: scope.key.to_string(),
            name: scope.name.clone(),
            steps: scope.steps.iter().map(ToString::to_string).collect(),
            mutex: scope.mutex.clone(),
        }
    }
}
