//! The net of a compiled graph. Guards are abstracted to free choice: any transition of an outcome
//! may be taken, and any outcome chosen; timers and errors may fire or not.
//!
//! A step's net transitions are its ways to start times its ways to end. An open step is a token
//! that has not started it: what interrupts the step takes that token.

use std::collections::BTreeMap;

use super::endings::{Ending, add_ending};
use super::{
    CountingJoin, EndSemantics, LateArrivals, Net, NetStepIx, NetTransition, PlaceIx, PlaceRole, add_counting_join,
};
use crate::workflow::{
    self, Boundary, EndKind, Graph, Join, Outcome, Split, Step, StepIx, StepKey, StepKind, TransitionIx, Trigger,
};

/// The net of a graph. Differs from that of a drawn flow graph in one point: an end that any arrival
/// reaches swallows each at once, so several may come to it by different edges.
pub fn net_of_graph(graph: &Graph, ends: EndSemantics) -> Net {
    let mut net = Net::default();
    let steps: Vec<NetStepIx> = graph
        .steps()
        .map(|(_, step)| net.add_step(step.key.as_str(), &step.name, matches!(step.kind, StepKind::End(_))))
        .collect();
    let beginning = net.add_place(PlaceRole::Beginning);
    net.place_mut(beginning).initial = 1;
    let finished = (ends == EndSemantics::WorkflowNet).then(|| net.add_place(PlaceRole::Finished));
    if let Some(sink) = finished {
        net.complete_with_one_token_on(sink);
    }
    let mut translation = Translation { graph, steps, beginning, finished, ..Translation::blank(graph) };
    translation.add_entrances(&mut net);
    translation.add_gathering_joins(&mut net);
    for (ix, step) in graph.steps() {
        translation.add_step(&mut net, ix, step);
    }
    translation.add_scope_boundaries(&mut net);
    net
}

/// Whether the net says of the graph exactly what its runs do. Otherwise it may find runs that are
/// none: a sound net still proves the graph sound, but an unsound one proves nothing. Counting joins
/// expect one token from every branch of their split, where runs also bear branches that end early;
/// a boundary event that does not interrupt fires when its host ends; milestones are left out.
pub fn is_exact(graph: &Graph) -> bool {
    graph.steps().all(|(_, step)| {
        let gathers = step.join.split().is_some();
        let waits_for_others = step.human().is_some_and(|human| human.enabled_while.is_some());
        let adds_branches = matches!(&step.kind, StepKind::Boundary(boundary) if !boundary.interrupting);
        !gathers && !waits_for_others && !adds_branches
    })
}

struct Translation<'a> {
    graph: &'a Graph,
    steps: Vec<NetStepIx>,
    beginning: PlaceIx,
    finished: Option<PlaceIx>,
    /// Per transition of the graph, the place that a token on it is in.
    entrances: Vec<PlaceIx>,
    /// Per boundary event, the place of a token that makes it fire.
    fired: BTreeMap<StepIx, PlaceIx>,
    /// Per structured join, where arrivals are counted and where the token goes that starts it.
    gathering: BTreeMap<StepIx, (PlaceIx, PlaceIx)>,
}

impl<'a> Translation<'a> {
    fn blank(graph: &'a Graph) -> Self {
        Self {
            graph,
            steps: Vec::new(),
            beginning: PlaceIx(0),
            finished: None,
            entrances: Vec::new(),
            fired: BTreeMap::new(),
            gathering: BTreeMap::new(),
        }
    }

    fn add_entrances(&mut self, net: &mut Net) {
        let mut shared: Vec<Option<PlaceIx>> = vec![None; self.steps.len()];
        for ix in (0u32..).map(TransitionIx).take(self.graph.transitions.len()) {
            let transition = self.graph.transition(ix);
            let (from, to) = (self.net_step(transition.from), self.net_step(transition.to));
            let target = self.graph.step(transition.to);
            let place = if target.join == Join::Any && !matches!(target.kind, StepKind::End(_)) {
                *shared[to.0].get_or_insert_with(|| net.add_place(PlaceRole::Into(to)))
            } else {
                net.add_place(PlaceRole::Edge { from, to })
            };
            net.place_mut(place).allows_multiple |= target.allow_multiple;
            self.entrances.push(place);
        }
        for (ix, step) in self.graph.steps() {
            if matches!(step.kind, StepKind::Boundary(_)) {
                let place = net.add_place(PlaceRole::Into(self.net_step(ix)));
                net.place_mut(place).allows_multiple = step.allow_multiple;
                self.fired.insert(ix, place);
            }
        }
    }

    fn add_gathering_joins(&mut self, net: &mut Net) {
        for &join in self.graph.gathering() {
            let Some(split) = self.graph.step(join).join.split() else { continue };
            let step = self.net_step(join);
            let starts = net.add_place(PlaceRole::Into(step));
            let incoming: Vec<PlaceIx> = self.graph.incoming(join).iter().map(|&t| self.entrance(t)).collect();
            let expected = self.branches(split);
            let cancelled = self.between(split, join);
            let (needed, late) = match self.graph.step(join).join {
                Join::Any | Join::All | Join::Some { .. } => (expected, LateArrivals::Ignored),
                Join::AtLeast { count, late, .. } => {
                    let count = u8::try_from(count).unwrap_or(u8::MAX).min(expected);
                    let late = match late {
                        workflow::LateArrivals::Ignore | workflow::LateArrivals::Block => LateArrivals::Ignored,
                        workflow::LateArrivals::Cancel => LateArrivals::Cancelled(&cancelled),
                    };
                    (count, late)
                }
            };
            let counting = CountingJoin { step, incoming: &incoming, expected, needed, starts, late };
            let arrived = add_counting_join(net, &counting);
            self.gathering.insert(join, (arrived, starts));
        }
    }

    /// The most branches that one run of a split can have.
    fn branches(&self, split: StepIx) -> u8 {
        let most = self.outcomes(split).into_iter().map(|outcome| self.graph.of_outcome(split, outcome).count()).max();
        u8::try_from(most.unwrap_or(1)).unwrap_or(u8::MAX).max(1)
    }

    /// The places between a split and the join that gathers its branches.
    fn between(&self, split: StepIx, join: StepIx) -> Vec<PlaceIx> {
        let mut seen = vec![false; self.steps.len()];
        let mut open = vec![split];
        let mut places = Vec::new();
        while let Some(step) = open.pop() {
            for &t in self.graph.outgoing(step) {
                let to = self.graph.transition(t).to;
                places.push(self.entrance(t));
                if to != join && !std::mem::replace(&mut seen[to.0 as usize], true) {
                    open.push(to);
                }
            }
        }
        places
    }

    fn add_step(&self, net: &mut Net, ix: StepIx, step: &Step) {
        let everything: Vec<PlaceIx> = net.places().map(|(place, _)| place).collect();
        for consumed in self.starts(ix, step) {
            for mut ending in self.endings(ix, step) {
                let start =
                    NetTransition { step: Some(self.net_step(ix)), consumed: consumed.clone(), ..Default::default() };
                if ending.cancels_the_rest {
                    ending.reset.clone_from(&everything);
                }
                if matches!(step.kind, StepKind::End(_)) && ending.produced.is_empty() {
                    ending.produced.extend(self.finished);
                }
                add_ending(net, start, ending, &|t| (self.entrance(t), self.net_step(self.graph.transition(t).to)));
            }
        }
    }

    /// The sets of tokens each of which starts the step.
    fn starts(&self, ix: StepIx, step: &Step) -> Vec<Vec<PlaceIx>> {
        if ix == self.graph.start() {
            return vec![vec![self.beginning]];
        }
        if let Some(&fired) = self.fired.get(&ix) {
            return vec![vec![fired]];
        }
        if let Some(&(_, starts)) = self.gathering.get(&ix) {
            return vec![vec![starts]];
        }
        let mut arrivals: Vec<PlaceIx> = self.graph.incoming(ix).iter().map(|&t| self.entrance(t)).collect();
        match step.join {
            Join::All => vec![arrivals],
            Join::Any | Join::Some { .. } | Join::AtLeast { .. } => {
                arrivals.dedup();
                arrivals.into_iter().map(|arrival| vec![arrival]).collect()
            }
        }
    }

    fn endings(&self, ix: StepIx, step: &Step) -> Vec<Ending> {
        let mut endings: Vec<Ending> = match &step.kind {
            StepKind::Start | StepKind::Decision | StepKind::Wait(_) | StepKind::Human(_) | StepKind::Boundary(_) => {
                self.outcomes(ix).into_iter().flat_map(|outcome| self.endings_with(ix, step.split, outcome)).collect()
            }
            StepKind::Race => self.endings_with(ix, Split::One, None),
            StepKind::End(EndKind::Normal) => vec![Ending::default()],
            StepKind::End(EndKind::Terminate) => vec![Ending { cancels_the_rest: true, ..Ending::default() }],
            StepKind::End(EndKind::Error) => {
                let code = step.error_code.as_deref().unwrap_or(workflow::UNNAMED_ERROR);
                let uncaught = Ending { cancels_the_rest: true, ..Ending::default() };
                vec![self.caught(ix, code).unwrap_or(uncaught)]
            }
        };
        if step.max_visits.is_some() {
            endings.extend(self.caught(ix, workflow::VISIT_LIMIT));
        }
        let boundaries: Vec<(PlaceIx, bool)> = self.boundary_places(&step.key).collect();
        let added = boundaries.iter().filter(|(_, interrupting)| !interrupting).flat_map(|(place, _)| {
            endings.iter().map(|ending| {
                let produced = ending.produced.iter().copied().chain([*place]).collect();
                Ending { produced, ..ending.clone() }
            })
        });
        let added: Vec<Ending> = added.collect();
        endings.extend(added);
        let interrupted = boundaries.iter().filter(|(_, interrupting)| *interrupting);
        endings.extend(interrupted.map(|(place, _)| Ending { produced: vec![*place], ..Ending::default() }));
        endings
    }

    /// What an error sets off that the innermost scope around a step catches.
    fn caught(&self, step: StepIx, code: &str) -> Option<Ending> {
        let (scope, catcher) = self.graph.catcher_of(step, code)?;
        let produced = vec![*self.fired.get(&catcher)?];
        Some(Ending { produced, reset: self.inside(&scope.key), ..Ending::default() })
    }

    fn boundary_places<'s>(&'s self, host: &'s StepKey) -> impl Iterator<Item = (PlaceIx, bool)> + 's {
        let timed = |boundary: &Boundary| matches!(boundary.trigger, Trigger::Timer(_));
        let boundaries = self.graph.boundaries_of(host).filter(move |(_, boundary)| timed(boundary));
        boundaries.filter_map(|(ix, boundary)| Some((*self.fired.get(&ix)?, boundary.interrupting)))
    }

    /// Boundary events of a scope fire while something is inside; one that does not interrupt, once.
    fn add_scope_boundaries(&self, net: &mut Net) {
        for scope in self.graph.scopes() {
            let inside = self.inside(&scope.key);
            for (fired, interrupting) in self.boundary_places(&scope.key) {
                let armed = (!interrupting).then(|| {
                    let armed = net.add_place(PlaceRole::Internal(format!("an armed boundary of {}", scope.key)));
                    net.place_mut(armed).initial = 1;
                    net.place_mut(armed).ignored_at_completion = true;
                    armed
                });
                for &place in &inside {
                    net.add_transition(match armed {
                        None => NetTransition {
                            consumed: vec![place],
                            reset: inside.clone(),
                            produced: vec![fired],
                            ..NetTransition::default()
                        },
                        Some(armed) => NetTransition {
                            consumed: vec![armed],
                            read: vec![place],
                            produced: vec![fired],
                            ..NetTransition::default()
                        },
                    });
                }
            }
        }
    }

    /// The places of tokens inside a scope.
    fn inside(&self, scope: &StepKey) -> Vec<PlaceIx> {
        let is_inside = |step: StepIx| self.graph.is_inside(step, scope);
        let transitions = (0u32..).map(TransitionIx).take(self.graph.transitions.len());
        let entrances = transitions.filter(|&t| is_inside(self.graph.transition(t).to)).map(|t| self.entrance(t));
        let joins = self.gathering.iter().filter(|(step, _)| is_inside(**step)).flat_map(|(_, (a, b))| [*a, *b]);
        let boundaries = self.fired.iter().filter(|(step, _)| is_inside(**step)).map(|(_, place)| *place);
        let mut places: Vec<PlaceIx> = entrances.chain(joins).chain(boundaries).collect();
        places.sort_unstable();
        places.dedup();
        places
    }

    fn outcomes(&self, ix: StepIx) -> Vec<Option<&'a Outcome>> {
        match self.graph.step(ix).human() {
            Some(human) => human.outcomes.iter().map(Some).collect(),
            None => vec![None],
        }
    }

    /// The ways to take an outcome's transitions. A branch that is not taken is told to the joins that
    /// gather the split's branches.
    fn endings_with(&self, ix: StepIx, split: Split, outcome: Option<&Outcome>) -> Vec<Ending> {
        let all: Vec<TransitionIx> = self.graph.of_outcome(ix, outcome).map(|(t, _)| t).collect();
        let gathered: Vec<PlaceIx> = self
            .gathering
            .iter()
            .filter(|(join, _)| self.graph.step(**join).join.split() == Some(ix))
            .map(|(_, (a, _))| *a)
            .collect();
        let most = usize::from(self.branches(ix));
        let told =
            |not_taken: usize| gathered.iter().flat_map(|&place| std::iter::repeat_n(place, not_taken)).collect();
        let ending = |taken: Vec<TransitionIx>| {
            let produced = told(most.saturating_sub(taken.len()));
            Ending { outcome: outcome.cloned(), taken, produced, ..Ending::default() }
        };
        let default = |t: &TransitionIx| self.graph.transition(*t).is_default;
        match split {
            Split::One => all.into_iter().map(|t| ending(vec![t])).collect(),
            Split::All => vec![ending(all)],
            Split::Some => {
                let (defaults, optional): (Vec<_>, Vec<_>) = all.into_iter().partition(default);
                let mut endings: Vec<Ending> = defaults.into_iter().map(|t| ending(vec![t])).collect();
                if !optional.is_empty() {
                    let produced = told(most.saturating_sub(optional.len()));
                    let skipped = gathered.clone();
                    endings.push(Ending {
                        outcome: outcome.cloned(),
                        optional,
                        skipped,
                        produced,
                        ..Ending::default()
                    });
                }
                endings
            }
        }
    }

    fn net_step(&self, ix: StepIx) -> NetStepIx {
        self.steps[ix.0 as usize]
    }

    fn entrance(&self, ix: TransitionIx) -> PlaceIx {
        self.entrances[ix.0 as usize]
    }
}
