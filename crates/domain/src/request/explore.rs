//! Which run of a graph explains a sequence of observed activities: an exact search over markings,
//! with the choices that the run makes at each step.
//!
//! Guards are abstracted to free choice. The search walks the set of all states that explain the
//! prefix so far, one observed activity at a time, so it finds the longest prefix that any run
//! explains (the subset construction for nondeterministic automata).

use std::collections::BTreeMap;

use crate::workflow::{
    AdvanceError, Graph, MAX_MOVES, Marking, Move, Outcome, Split, StepIx, StepKey, TransitionIx, advance,
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
    let initial = State { marking: Marking::default(), open: Vec::new() };
    let mut frontier = search.play(&initial, graph.start(), None, None)?;
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
    let complete = |node: &&usize| search.nodes[**node].state.is_complete() == want_complete;
    let chosen = frontier.iter().find(complete).or(frontier.first());
    Ok(chosen.map_or_else(Explanation::nothing, |&node| search.trace(node)))
}

impl Explanation {
    fn nothing() -> Self {
        Self { start: Vec::new(), events: Vec::new(), completed: false, open: Vec::new() }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct State {
    marking: Marking,
    /// Open human steps, sorted; a step may be open twice.
    open: Vec<StepIx>,
}

impl State {
    fn is_complete(&self) -> bool {
        self.open.is_empty() && self.marking.is_empty()
    }
}

struct Node {
    state: State,
    parent: Option<usize>,
    /// The step that was ended to get here, and its outcome; none at the start.
    ended: Option<(StepIx, Outcome)>,
    choices: BTreeMap<StepIx, TransitionIx>,
}

struct Search<'a> {
    graph: &'a Graph,
    nodes: Vec<Node>,
    visited: usize,
}

impl Search<'_> {
    /// Every state in which `activity` was observed next, each once.
    fn observe(&mut self, frontier: &[usize], activity: &str) -> Result<Vec<usize>, ExplorationTooLarge> {
        let mut reached: BTreeMap<State, usize> = BTreeMap::new();
        for &node in frontier {
            let state = self.nodes[node].state.clone();
            let mut previous = None;
            for (i, &step) in state.open.iter().enumerate() {
                if previous == Some(step) || self.graph.step(step).name != activity {
                    continue;
                }
                previous = Some(step);
                let mut left = state.clone();
                left.open.remove(i);
                let outcomes = self.graph.step(step).human().map(|human| human.outcomes.clone()).unwrap_or_default();
                for outcome in outcomes {
                    for next in self.play(&left, step, Some(&outcome), Some(node))? {
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
        state: &State,
        step: StepIx,
        outcome: Option<&Outcome>,
        parent: Option<usize>,
    ) -> Result<Vec<usize>, ExplorationTooLarge> {
        let mut pending = vec![BTreeMap::new()];
        let mut reached: BTreeMap<State, usize> = BTreeMap::new();
        while let Some(choices) = pending.pop() {
            self.visited += 1;
            if self.visited > MAX_STATES {
                return Err(ExplorationTooLarge);
            }
            match self.attempt(state, step, outcome, &choices) {
                Ok(next) if reached.contains_key(&next) => {}
                Ok(next) => {
                    let ended = outcome.map(|outcome| (step, outcome.clone()));
                    self.nodes.push(Node { state: next.clone(), parent, ended, choices });
                    reached.insert(next, self.nodes.len() - 1);
                }
                Err(Some(undecided)) => {
                    let of = if undecided == step { outcome } else { None };
                    for (transition, _) in self.graph.of_outcome(undecided, of) {
                        let mut more = choices.clone();
                        more.insert(undecided, transition);
                        pending.push(more);
                    }
                }
                Err(None) => {}
            }
        }
        Ok(reached.into_values().collect())
    }

    /// Plays with the given choices; `Err(Some(step))` asks for one more, `Err(None)` never waits.
    fn attempt(
        &self,
        state: &State,
        step: StepIx,
        outcome: Option<&Outcome>,
        choices: &BTreeMap<StepIx, TransitionIx>,
    ) -> Result<State, Option<StepIx>> {
        let graph = self.graph;
        let choose = |ix: StepIx, outcome: Option<&Outcome>| {
            let all: Vec<TransitionIx> = graph.of_outcome(ix, outcome).map(|(t, _)| t).collect();
            match choices.get(&ix) {
                _ if graph.step(ix).split == Split::All || all.len() == 1 => Ok(all),
                Some(&chosen) => Ok(vec![chosen]),
                None => Err(ix),
            }
        };
        let produced = choose(step, outcome).map_err(Some)?;
        let State { mut marking, mut open } = state.clone();
        marking.produce(&produced);
        let moves = advance(graph, &mut marking, &produced, MAX_MOVES, &mut |ix| choose(ix, None)).map_err(
            |error| match error {
                AdvanceError::Endless { .. } => None,
                AdvanceError::Choice(ix) => Some(ix),
            },
        )?;
        for next in moves {
            match next {
                Move::Activate { step, .. } => open.push(step),
                Move::End { kind, .. } if kind != crate::workflow::EndKind::Normal => {
                    return Ok(State { marking: Marking::default(), open: Vec::new() });
                }
                Move::Route { .. } | Move::Await { .. } | Move::End { .. } => {}
            }
        }
        open.sort_unstable();
        Ok(State { marking, open })
    }

    fn trace(&self, node: usize) -> Explanation {
        let key = |ix: StepIx| self.graph.step(ix).key.clone();
        let last = &self.nodes[node].state;
        let mut explanation = Explanation {
            completed: last.is_complete(),
            open: last.open.iter().map(|&ix| key(ix)).collect(),
            ..Explanation::nothing()
        };
        let mut at = Some(node);
        while let Some(node) = at.map(|i| &self.nodes[i]) {
            let choices = node.choices.iter().map(|(&ix, &t)| (key(ix), key(self.graph.transition(t).to))).collect();
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
