use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::RoleId;
use crate::workflow::condition::Condition;
use crate::workflow::{Candidate, EndKind, EscalationRung, Outcome, Separation, Sla, StepKey};

/// A step's place in its graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepIx(pub(crate) u32);

/// A transition's place in its version: the ordinal it has in the document and its row. Recorded in
/// the journal, hence stable for ever (a published version never changes).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TransitionIx(pub(crate) u32);

impl TransitionIx {
    /// The ordinal, counted from 0.
    pub const fn ordinal(self) -> u32 {
        self.0
    }
}

/// A compiled, validated graph: what requests run on. Built only by [`crate::workflow::compile`].
#[derive(Debug, Clone)]
pub struct Graph {
    pub(crate) steps: Vec<Step>,
    pub(crate) transitions: Vec<Transition>,
    pub(crate) by_key: BTreeMap<StepKey, StepIx>,
    /// Per step, incoming transitions in ordinal order.
    pub(crate) incoming: Vec<Vec<TransitionIx>>,
    /// Per step, outgoing transitions by priority, then ordinal.
    pub(crate) outgoing: Vec<Vec<TransitionIx>>,
    pub(crate) start: StepIx,
    pub(crate) sla: Option<Sla>,
    pub(crate) due_date_escalations: Vec<EscalationRung>,
    pub(crate) role_ids: BTreeMap<String, RoleId>,
}

/// A compiled step.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Its key.
    pub key: StepKey,
    /// For people.
    pub name: String,
    /// What it does.
    pub kind: StepKind,
    /// When it starts.
    pub join: Join,
    /// Which transitions it takes.
    pub split: Split,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq)]
pub enum StepKind {
    /// Where every request begins.
    Start,
    /// Where a branch ends.
    End(EndKind),
    /// Waits for a person.
    Human(HumanStep),
    /// Routes at once.
    Decision,
}

/// A step that waits for a person.
#[derive(Debug, Clone, PartialEq)]
pub struct HumanStep {
    /// A task or an approval.
    pub kind: HumanKind,
    /// Who is asked.
    pub candidate: Candidate,
    /// What it can end with; never empty.
    pub outcomes: Vec<Outcome>,
    /// Who may not act.
    pub separation: Separation,
    /// By when.
    pub sla: Option<Sla>,
}

/// The two forms of human work; they need different permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HumanKind {
    /// Work.
    Task,
    /// A decision.
    Approval,
}

/// When a step starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Join {
    /// On each arrival.
    Any,
    /// Once per set of arrivals from every incoming transition.
    All,
}

/// Which transitions a finished step takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// One.
    One,
    /// All of the outcome.
    All,
}

/// A compiled edge.
#[derive(Debug, Clone, PartialEq)]
pub struct Transition {
    /// The step it leaves.
    pub from: StepIx,
    /// The step it enters.
    pub to: StepIx,
    /// The outcome it belongs to; every outcome when `None`.
    pub outcome: Option<Outcome>,
    /// Only taken when this holds.
    pub condition: Option<Condition>,
    /// Lower is tried first.
    pub priority: i32,
    /// Taken when nothing else holds.
    pub is_default: bool,
}

impl Graph {
    /// Where requests begin.
    pub fn start(&self) -> StepIx {
        self.start
    }

    /// A step by its place.
    pub fn step(&self, ix: StepIx) -> &Step {
        &self.steps[ix.0 as usize]
    }

    /// A step's place by its key.
    pub fn find(&self, key: &StepKey) -> Option<StepIx> {
        self.by_key.get(key).copied()
    }

    /// A transition by its place.
    pub fn transition(&self, ix: TransitionIx) -> &Transition {
        &self.transitions[ix.0 as usize]
    }

    /// Every step with its place, in document order.
    pub fn steps(&self) -> impl ExactSizeIterator<Item = (StepIx, &Step)> {
        (0u32..).map(StepIx).zip(&self.steps).collect::<Vec<_>>().into_iter()
    }

    /// Transitions that enter a step.
    pub fn incoming(&self, ix: StepIx) -> &[TransitionIx] {
        &self.incoming[ix.0 as usize]
    }

    /// Transitions that leave a step, in the order in which they are tried.
    pub fn outgoing(&self, ix: StepIx) -> &[TransitionIx] {
        &self.outgoing[ix.0 as usize]
    }

    /// Transitions of one outcome, in the order in which they are tried. Decisions and starts have
    /// no outcome.
    pub fn of_outcome<'a>(
        &'a self,
        ix: StepIx,
        outcome: Option<&'a Outcome>,
    ) -> impl Iterator<Item = (TransitionIx, &'a Transition)> {
        self.outgoing(ix)
            .iter()
            .map(|&t| (t, self.transition(t)))
            .filter(move |(_, t)| t.outcome.is_none() || t.outcome.as_ref() == outcome)
    }

    /// The SLA of a whole request.
    pub fn sla(&self) -> Option<&Sla> {
        self.sla.as_ref()
    }

    /// The ladder that applies to a request's due date.
    pub fn request_ladder(&self) -> Vec<EscalationRung> {
        Sla::rungs(self.sla.as_ref().map_or(&self.due_date_escalations, |sla| &sla.escalations))
    }

    /// The ladder of a step; empty when the step has no SLA or is unknown.
    pub fn step_ladder(&self, key: &StepKey) -> Vec<EscalationRung> {
        let sla = self.find(key).and_then(|ix| self.step(ix).human()).and_then(|human| human.sla.as_ref());
        sla.map(|sla| Sla::rungs(&sla.escalations)).unwrap_or_default()
    }

    /// The name of a role that the graph mentions.
    pub fn role_name(&self, id: RoleId) -> Option<&str> {
        self.role_ids.iter().find(|(_, role)| **role == id).map(|(name, _)| name.as_str())
    }

    /// The role of this name that the graph mentions.
    pub fn role_id(&self, name: &str) -> Option<RoleId> {
        self.role_ids.get(name).copied()
    }
}

impl Step {
    /// The human part, if a person works this step.
    pub fn human(&self) -> Option<&HumanStep> {
        match &self.kind {
            StepKind::Human(human) => Some(human),
            StepKind::Start | StepKind::End(_) | StepKind::Decision => None,
        }
    }
}
