use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::ids::RoleId;
use crate::workflow::condition::Condition;
use crate::workflow::expression::InputSchema;
use crate::workflow::{Boundary, EscalationRung, Outcome, Sla, Step, StepKey, StepKind, Trigger};

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
    /// Innermost first.
    pub(crate) scopes: Vec<Scope>,
    /// Steps with a structured join, in document order.
    pub(crate) gathering: Vec<StepIx>,
    /// Boundary events, in document order.
    pub(crate) boundaries: Vec<StepIx>,
    pub(crate) start: StepIx,
    pub(crate) sla: Option<Sla>,
    pub(crate) due_date_escalations: Vec<EscalationRung>,
    pub(crate) role_ids: BTreeMap<String, RoleId>,
    pub(crate) input_schema: Option<InputSchema>,
}

/// A part of the graph that is left or cancelled as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Its key.
    pub key: StepKey,
    /// For people.
    pub name: String,
    /// The steps inside, those of nested scopes included.
    pub steps: BTreeSet<StepIx>,
    /// Of the scopes with the same mutex only one is entered at a time.
    pub mutex: Option<String>,
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

    /// Steps with a structured join.
    pub fn gathering(&self) -> &[StepIx] {
        &self.gathering
    }

    /// Whether a structured join is paired with the step's split.
    pub fn is_paired(&self, split: StepIx) -> bool {
        self.gathering.iter().any(|&join| self.step(join).join.split() == Some(split))
    }

    /// Whether another step may only be worked after this one.
    pub fn is_milestone(&self, step: &StepKey) -> bool {
        let milestones = self.steps.iter().filter_map(|step| step.human()?.enabled_while.as_ref());
        milestones.into_iter().any(|milestone| milestone.after.as_ref() == Some(step))
    }

    /// Every scope, inner ones before those they lie in.
    pub fn scopes(&self) -> impl Iterator<Item = &Scope> {
        self.scopes.iter()
    }

    /// The scopes that a step lies in, innermost first.
    pub fn scopes_around(&self, step: StepIx) -> impl Iterator<Item = &Scope> {
        self.scopes.iter().filter(move |scope| scope.steps.contains(&step))
    }

    /// The scopes that a transition leads into.
    pub fn entered_by(&self, transition: TransitionIx) -> impl Iterator<Item = &Scope> {
        let Transition { from, to, .. } = self.transition(transition);
        self.scopes.iter().filter(|scope| scope.steps.contains(to) && !scope.steps.contains(from))
    }

    /// Whether a step lies in a scope.
    pub fn is_inside(&self, step: StepIx, scope: &StepKey) -> bool {
        self.scopes_around(step).any(|found| found.key == *scope)
    }

    /// Whether a transition runs between two steps of a scope.
    pub fn runs_inside(&self, transition: TransitionIx, scope: &StepKey) -> bool {
        let Transition { from, to, .. } = self.transition(transition);
        self.is_inside(*from, scope) && self.is_inside(*to, scope)
    }

    /// The boundary events of a step or a scope, in document order.
    pub fn boundaries_of<'a>(&'a self, host: &'a StepKey) -> impl Iterator<Item = (StepIx, &'a Boundary)> {
        self.boundaries.iter().filter_map(move |&ix| match &self.step(ix).kind {
            StepKind::Boundary(boundary) if boundary.host == *host => Some((ix, boundary)),
            _ => None,
        })
    }

    /// The boundary event of a step or a scope that catches an error: that of the code rather than that of
    /// all errors.
    pub fn catcher_at(&self, host: &StepKey, code: &str) -> Option<StepIx> {
        let catching = |wanted: Option<&str>| {
            let mut boundaries = self.boundaries_of(host);
            boundaries.find(|(_, found)| matches!(&found.trigger, Trigger::Error(code) if code.as_deref() == wanted))
        };
        catching(Some(code)).or_else(|| catching(None)).map(|(ix, _)| ix)
    }

    /// The boundary event that catches an error from a step at a scope around it, with the scope: the
    /// innermost one that has any.
    pub fn catcher_of(&self, step: StepIx, code: &str) -> Option<(&Scope, StepIx)> {
        self.scopes_around(step).find_map(|scope| Some((scope, self.catcher_at(&scope.key, code)?)))
    }

    /// What a boundary event is attached to.
    pub fn host_of(&self, boundary: StepIx) -> Option<&StepKey> {
        match &self.step(boundary).kind {
            StepKind::Boundary(boundary) => Some(&boundary.host),
            _ => None,
        }
    }

    /// What variables a request has and starts with.
    pub fn input_schema(&self) -> Option<&InputSchema> {
        self.input_schema.as_ref()
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
