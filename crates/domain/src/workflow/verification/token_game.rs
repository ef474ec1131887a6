//! The engine's own token game, played out with free choices: exact for joins that gather runs of a
//! split, which nets only approximate, but without reduction, so for small graphs.
//!
//! Boundary events do not fire here, and steps with a milestone stay open. Where a graph has any, not all
//! of its runs are played: what goes wrong in one of them still goes wrong.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Known;

use super::free_choice::{Ended, Go, Uncountable, first_goes, goes_after};
use super::precision::timers;
use super::{DeadStep, Limits, Reach, StepReach, Trace, TraceStep, Verdict, Violation};
use crate::workflow::{Graph, Position, Scope, StepIx, StepKind, Token};

/// The most positions that are kept.
const MOST_POSITIONS: usize = 5_000;
/// The most runs of splits in use at a time: a split that is reached again within its own run nests them
/// without end.
const MOST_RUNS: usize = 12;
/// Positions played on between two looks at the clock.
const BETWEEN_LOOKS: usize = 16;

/// What playing says about a graph; `None` where it says nothing: too many positions, or no fault in
/// those runs that are played.
pub(super) fn play_out(graph: &Graph, limits: Limits<'_>) -> Option<Verdict> {
    let mut play = Play::begin(graph)?;
    match play.play_on(limits, true) {
        Played::TooMuch => None,
        Played::Fault(node, violation) => play.shown(node, violation),
        Played::Everything => play.whole.then(|| play.judge()),
    }
}

/// What can happen on a graph; `None` where not every run is played.
pub(super) fn reach_of_game(graph: &Graph, limits: Limits<'_>) -> Option<Reach> {
    let mut play = Play::begin(graph)?;
    let everything = matches!(play.play_on(limits, false), Played::Everything);
    (everything && play.whole).then(|| play.reached())
}

fn plays_every_run(graph: &Graph) -> bool {
    graph.steps().all(|(_, step)| {
        !matches!(step.kind, StepKind::Boundary(_)) && step.human().is_none_or(|human| human.enabled_while.is_none())
    })
}

/// How far the game was played.
enum Played {
    /// Until nothing new was reached.
    Everything,
    /// To a fault: at this node.
    Fault(usize, Violation),
    /// Not far enough: it takes too long, or the runs cannot be counted.
    TooMuch,
}

struct Play<'a> {
    graph: &'a Graph,
    known: BTreeMap<Position, usize>,
    nodes: Vec<Node>,
    /// The steps that end in some run, with what, and the names of the steps of the first such run.
    passed: BTreeMap<(String, Option<String>), Vec<String>>,
    /// Whether every run is played.
    whole: bool,
}

struct Node {
    position: Position,
    from: Option<usize>,
    /// What happened on the way from there.
    steps: Vec<TraceStep>,
    /// Where it goes on.
    next: Vec<usize>,
}

impl<'a> Play<'a> {
    fn begin(graph: &'a Graph) -> Option<Self> {
        let (known, passed, whole) = (BTreeMap::new(), BTreeMap::new(), plays_every_run(graph));
        let mut play = Self { graph, known, nodes: Vec::new(), passed, whole };
        for go in first_goes(graph).ok()? {
            play.reach(None, go);
        }
        Some(play)
    }

    /// Plays until nothing new is reached, or to the first fault.
    fn play_on(&mut self, limits: Limits<'_>, stops_at_fault: bool) -> Played {
        let mut next = 0;
        while next < self.nodes.len() {
            if let Some(violation) = self.fault(next).filter(|_| stops_at_fault) {
                return Played::Fault(next, violation);
            }
            let too_long = next.is_multiple_of(BETWEEN_LOOKS) && (limits.expired)();
            if too_long || self.nodes.len() > MOST_POSITIONS || self.go_on(next).is_err() {
                return Played::TooMuch;
            }
            next += 1;
        }
        Played::Everything
    }

    fn note(&mut self, from: Option<usize>, steps: &[TraceStep]) {
        for (at, step) in steps.iter().enumerate() {
            let passed = (step.key.clone(), step.outcome.clone());
            if !self.passed.contains_key(&passed) {
                let before = from.map(|node| self.trace(node).steps).unwrap_or_default();
                let run = before.iter().chain(&steps[..=at]).map(|step| step.name.clone()).collect();
                self.passed.insert(passed, run);
            }
        }
    }

    fn reached(&self) -> Reach {
        let steps = self.graph.steps().map(|(_, step)| {
            let (key, is_end) = (step.key.to_string(), matches!(step.kind, StepKind::End(_)));
            let outcomes = step.outcomes();
            let ends_with = |outcome: String| self.passed.contains_key(&(key.clone(), Some(outcome)));
            StepReach {
                occurs: self.has_passed(&key),
                outcomes: outcomes.iter().map(|o| (o.to_string(), ends_with(o.to_string()))).collect(),
                shortest_run: self.passed.get(&(key.clone(), None)).filter(|_| is_end).cloned(),
                name: step.name.clone(),
                is_end,
                key,
            }
        });
        Reach { steps: steps.collect() }
    }

    fn has_passed(&self, key: &str) -> bool {
        self.passed.keys().any(|(passed, _)| passed == key)
    }

    fn reach(&mut self, from: Option<usize>, go: Go) {
        let Go { mut position, steps, ended } = go;
        self.note(from, &steps);
        match ended {
            Ended::Waiting if position.frames.iter().count() > MOST_RUNS => {
                self.whole = false;
                return;
            }
            Ended::Waiting => {}
            Ended::Over => position = Position::default(),
            Ended::Elsewhere => {
                self.whole = false;
                return;
            }
        }
        position.renumber_frames();
        let node = self.nodes.len();
        let reached = match self.known.entry(position) {
            Known::Occupied(known) => *known.get(),
            Known::Vacant(new) => {
                self.nodes.push(Node { position: new.key().clone(), from, steps, next: Vec::new() });
                *new.insert(node)
            }
        };
        if let Some(from) = from {
            self.nodes[from].next.push(reached);
        }
    }

    /// Ends each open step in each way.
    fn go_on(&mut self, node: usize) -> Result<(), Uncountable> {
        let mut occupants = self.nodes[node].position.open.clone();
        occupants.dedup();
        for occupant in occupants {
            if self.graph.step(occupant.step).human().is_some_and(|human| human.enabled_while.is_some()) {
                continue;
            }
            for go in goes_after(self.graph, &self.nodes[node].position, occupant)? {
                self.reach(Some(node), go);
            }
        }
        Ok(())
    }

    /// What is wrong with a position by itself.
    fn fault(&self, node: usize) -> Option<Violation> {
        let position = &self.nodes[node].position;
        let timed = |scope: &Scope| {
            timers(self.graph, &scope.key).next().is_some() && position.occupies(self.graph, &scope.key)
        };
        let moves = !position.open.is_empty() || self.graph.scopes().any(timed);
        if !moves && !position.marking.is_empty() {
            return Some(Violation::Deadlock { waiting: self.resting(position) });
        }
        let crowded = |step: StepIx| !self.graph.step(step).allow_multiple;
        let open = position.open.windows(2).find(|pair| pair[0].step == pair[1].step && crowded(pair[0].step));
        let open = open.map(|pair| format!("the way into {}", self.in_words(pair[0].step)));
        let mut tokens = position.tokens().peekable();
        let resting = || {
            std::iter::from_fn(|| tokens.next().map(|token| (token, tokens.peek().copied())))
                .find(|(one, other)| {
                    other.is_some_and(|other| other.at == one.at) && crowded(self.graph.transition(one.at).to)
                })
                .map(|(token, _)| self.place(token))
        };
        Some(Violation::TwoTokens { place: open.or_else(resting)? })
    }

    /// What is wrong with all the positions together.
    fn judge(&self) -> Verdict {
        let mut before: Vec<Vec<usize>> = vec![Vec::new(); self.nodes.len()];
        for (ix, node) in self.nodes.iter().enumerate() {
            node.next.iter().for_each(|&next| before[next].push(ix));
        }
        let finished = (0..self.nodes.len()).filter(|&node| self.nodes[node].position.is_finished());
        let mut ends = vec![false; self.nodes.len()];
        let mut open: Vec<usize> = finished.collect();
        while let Some(node) = open.pop() {
            if !std::mem::replace(&mut ends[node], true) {
                open.extend(&before[node]);
            }
        }
        if let Some(endless) = ends.iter().position(|ends| !ends) {
            let position = &self.nodes[endless].position;
            let mut tokens: Vec<String> =
                position.open.iter().map(|open| format!("the way into {}", self.in_words(open.step))).collect();
            tokens.extend(self.resting(position));
            return Verdict::Unsound { violation: Violation::Livelock { tokens }, trace: self.trace(endless) };
        }
        let dead = self.graph.steps().filter(|(_, step)| !self.has_passed(step.key.as_str()));
        let dead =
            dead.map(|(_, step)| DeadStep { key: step.key.to_string(), name: step.name.clone(), missing: Vec::new() });
        let steps: Vec<DeadStep> = dead.collect();
        if steps.is_empty() {
            return Verdict::Sound;
        }
        Verdict::Unsound {
            violation: Violation::DeadSteps { steps },
            trace: Trace { is_shortest: true, ..Trace::default() },
        }
    }

    /// A fault with the run that leads to it, unless that starts a step more often than it may.
    fn shown(&self, node: usize, violation: Violation) -> Option<Verdict> {
        let trace = self.trace(node);
        let times = |key: &str| trace.steps.iter().filter(|step| step.key == key).count();
        let allowed = self
            .graph
            .steps()
            .all(|(_, step)| step.max_visits.is_none_or(|most| times(step.key.as_str()) <= most as usize));
        allowed.then_some(Verdict::Unsound { violation, trace })
    }

    fn trace(&self, node: usize) -> Trace {
        let mut way: Vec<&Node> =
            std::iter::successors(self.nodes.get(node), |node| self.nodes.get(node.from?)).collect();
        way.reverse();
        Trace { steps: way.into_iter().flat_map(|node| node.steps.clone()).collect(), is_shortest: false }
    }

    fn resting(&self, position: &Position) -> Vec<String> {
        position.marking.marked().map(|(token, _)| self.place(token)).collect()
    }

    fn place(&self, token: Token) -> String {
        let transition = self.graph.transition(token.at);
        format!("the edge from {} to {}", self.in_words(transition.from), self.in_words(transition.to))
    }

    fn in_words(&self, step: StepIx) -> String {
        let step = self.graph.step(step);
        super::net::in_words(step.key.as_str(), &step.name)
    }
}
