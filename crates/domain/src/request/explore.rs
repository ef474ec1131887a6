//! Which run of a graph explains a sequence of observed activities: an exact search over markings,
//! with the choices that the run makes at each step.
//!
//! Guards are abstracted to free choice. The search walks the set of all states that explain the
//! prefix so far, one observed activity at a time, so it finds the longest prefix that any run
//! explains (the subset construction for nondeterministic automata).

use std::collections::BTreeMap;

use crate::workflow::{
    AdvanceError, EndKind, Entry, FrameId, Graph, MAX_MOVES, Move, Occupant, Outcome, Player, Position, Split, StepIx,
    StepKey, TransitionIx, advance, make,
};

/// The most states that one search may visit, counting a state again for each combination of choices
/// that leads to it.
const MAX_STATES: usize = 50_000;

/// The search would take more than the allowed number of states.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("more than {MAX_STATES} states would have to be visited")]
pub struct ExplorationTooLarge;

/// The run that explains the longest prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The choices made from the start to the first waits.
    pub start: Vec<Choice>,
    /// One per explained activity.
    pub events: Vec<ExplainedEvent>,
    /// Whether the run has ended after the last of them: every branch, or all at once at a terminating
    /// or error end. A run whose tokens wait in vain at a join has not.
    pub completed: bool,
    /// The human steps that are open after the last of them.
    pub open: Vec<StepKey>,
}

/// A step with a choice, and the step it leads to.
pub type Choice = (StepKey, StepKey);

/// One explained activity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainedEvent {
    /// The step that the activity ends.
    pub step: StepKey,
    /// With what.
    pub outcome: Outcome,
    /// The choices made from there to the next waits.
    pub choices: Vec<Choice>,
}

/// Searches the run of `graph` that explains as many `activities` (step names) as possible. Among
/// the runs that explain all of them, one that is complete; otherwise one that is still open.
pub fn explain(graph: &Graph, activities: &[&str]) -> Result<Explanation, ExplorationTooLarge> {
    let mut search = Search { graph, nodes: Vec::new(), visited: 0 };
    let start = Occupant { step: graph.start(), frame: FrameId::REQUEST };
    let mut frontier = search.play(&Position::default(), start, None, None)?;
    let mut explained = 0;
    for activity in activities {
        let next = search.observe(&frontier, activity)?;
        if next.is_empty() {
            break;
        }
        frontier = next;
        explained += 1;
    }
    let want_complete = explained == activities.len();
    let complete = |node: &&usize| search.nodes[**node].state.is_finished() == want_complete;
    let chosen = frontier.iter().find(complete).or(frontier.first());
    Ok(chosen.map_or_else(Explanation::nothing, |&node| search.trace(node)))
}

impl Explanation {
    fn nothing() -> Self {
        Self { start: Vec::new(), events: Vec::new(), completed: false, open: Vec::new() }
    }
}

struct Node {
    state: Position,
    parent: Option<usize>,
    /// The step that was ended to get here, and its outcome; none at the start.
    ended: Option<(StepIx, Outcome)>,
    choices: Choices,
}

/// The transitions that each step with a choice takes.
type Choices = BTreeMap<StepIx, Vec<TransitionIx>>;

/// Plays the token game with choices made beforehand.
struct Chosen<'a> {
    graph: &'a Graph,
    choices: &'a Choices,
}

impl Chosen<'_> {
    fn of(&self, step: StepIx, outcome: Option<&Outcome>) -> Result<Vec<TransitionIx>, StepIx> {
        let all: Vec<TransitionIx> = self.graph.of_outcome(step, outcome).map(|(t, _)| t).collect();
        match self.choices.get(&step) {
            _ if self.graph.step(step).split == Split::All || all.len() == 1 => Ok(all),
            Some(chosen) => Ok(chosen.clone()),
            None => Err(step),
        }
    }
}

impl Player for Chosen<'_> {
    /// The step whose choice is missing.
    type Error = StepIx;

    fn choose(&mut self, step: StepIx) -> Result<Vec<TransitionIx>, StepIx> {
        self.of(step, None)
    }

    fn may_start(&mut self, _step: StepIx) -> bool {
        true
    }
}

struct Search<'a> {
    graph: &'a Graph,
    nodes: Vec<Node>,
    visited: usize,
}

impl Search<'_> {
    /// Every state in which `activity` was observed next, each once.
    fn observe(&mut self, frontier: &[usize], activity: &str) -> Result<Vec<usize>, ExplorationTooLarge> {
        let mut reached: BTreeMap<Position, usize> = BTreeMap::new();
        for &node in frontier {
            let state = self.nodes[node].state.clone();
            let mut previous = None;
            for &occupant in &state.open {
                if previous == Some(occupant) || self.graph.step(occupant.step).name != activity {
                    continue;
                }
                previous = Some(occupant);
                let mut left = state.clone();
                left.vacate(occupant);
                let outcomes =
                    self.graph.step(occupant.step).human().map(|human| human.outcomes.clone()).unwrap_or_default();
                for outcome in outcomes {
                    for next in self.play(&left, occupant, Some(&outcome), Some(node))? {
                        reached.entry(self.nodes[next].state.clone()).or_insert(next);
                    }
                }
            }
        }
        Ok(reached.into_values().collect())
    }

    /// Every way in which the game goes on after `step` ended.
    fn play(
        &mut self,
        state: &Position,
        ended: Occupant,
        outcome: Option<&Outcome>,
        parent: Option<usize>,
    ) -> Result<Vec<usize>, ExplorationTooLarge> {
        let step = ended.step;
        let mut pending = vec![Choices::new()];
        let mut reached: BTreeMap<Position, usize> = BTreeMap::new();
        while let Some(choices) = pending.pop() {
            self.visited += 1;
            if self.visited > MAX_STATES {
                return Err(ExplorationTooLarge);
            }
            match self.attempt(state, ended, outcome, &choices) {
                Ok(next) if reached.contains_key(&next) => {}
                Ok(next) => {
                    let ended = outcome.map(|outcome| (step, outcome.clone()));
                    self.nodes.push(Node { state: next.clone(), parent, ended, choices });
                    reached.insert(next, self.nodes.len() - 1);
                }
                Err(Some(undecided)) => {
                    let of = if undecided == step { outcome } else { None };
                    for taken in self.ways(undecided, of) {
                        let mut more = choices.clone();
                        more.insert(undecided, taken);
                        pending.push(more);
                    }
                }
                Err(None) => {}
            }
        }
        Ok(reached.into_values().collect())
    }

    /// What a step can take: one transition, or at a split SOME any of them, but not none.
    fn ways(&self, step: StepIx, outcome: Option<&Outcome>) -> Vec<Vec<TransitionIx>> {
        let all: Vec<TransitionIx> = self.graph.of_outcome(step, outcome).map(|(t, _)| t).collect();
        if self.graph.step(step).split != Split::Some {
            return all.into_iter().map(|t| vec![t]).collect();
        }
        let mut subsets = vec![Vec::new()];
        for t in all {
            let with: Vec<Vec<TransitionIx>> = subsets.iter().map(|set| [set.as_slice(), &[t]].concat()).collect();
            subsets.extend(with);
            subsets.truncate(MAX_STATES);
        }
        subsets.into_iter().filter(|set| !set.is_empty()).collect()
    }

    /// Plays with the given choices; `Err(Some(step))` asks for one more, `Err(None)` never waits.
    fn attempt(
        &self,
        state: &Position,
        ended: Occupant,
        outcome: Option<&Outcome>,
        choices: &Choices,
    ) -> Result<Position, Option<StepIx>> {
        let graph = self.graph;
        let mut player = Chosen { graph, choices };
        let mut position = state.clone();
        let moves = if outcome.is_some() {
            let chosen = player.of(ended.step, outcome).map_err(Some)?;
            let made = make(graph, &mut position, ended.step, ended.frame, &chosen);
            advance(graph, &mut position, Entry::Tokens(&made.tokens), MAX_MOVES, &mut player)
        } else {
            advance(graph, &mut position, Entry::Step(ended.step, ended.frame), MAX_MOVES, &mut player)
        };
        let moves = moves.map_err(|error| match error {
            AdvanceError::Endless { .. } | AdvanceError::TooManyBranches { .. } => None,
            AdvanceError::Choice(step) => Some(step),
        })?;
        let ends = |next: &Move| matches!(next, Move::End { kind: EndKind::Terminate | EndKind::Error, .. });
        Ok(if moves.iter().any(ends) { Position::default() } else { position })
    }

    fn trace(&self, node: usize) -> Explanation {
        let key = |ix: StepIx| self.graph.step(ix).key.clone();
        let last = &self.nodes[node].state;
        let mut explanation = Explanation {
            completed: last.is_finished(),
            open: last.open.iter().map(|occupant| key(occupant.step)).collect(),
            ..Explanation::nothing()
        };
        let mut at = Some(node);
        while let Some(node) = at.map(|i| &self.nodes[i]) {
            let chosen = node.choices.iter().flat_map(|(&ix, taken)| taken.iter().map(move |&t| (ix, t)));
            let choices = chosen.map(|(ix, t)| (key(ix), key(self.graph.transition(t).to))).collect();
            match &node.ended {
                Some((step, outcome)) => {
                    explanation.events.push(ExplainedEvent { step: key(*step), outcome: outcome.clone(), choices });
                }
                None => explanation.start = choices,
            }
            at = node.parent;
        }
        explanation.events.reverse();
        explanation
    }
}
