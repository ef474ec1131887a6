//! The net of a compiled graph. Guards are abstracted to free choice: any transition of an outcome
//! may be taken, and any outcome chosen; timers and errors may fire or not.
//!
//! A step's net transitions are its ways to start times its ways to end. An open step is a token
//! that has not started it: what interrupts the step takes that token.

use std::collections::{BTreeMap, BTreeSet};

use super::endings::{Ending, add_ending};
use super::precision::{adding_timers, scopes_with_events, timers};
use super::{
    CountingJoin, EndSemantics, LateArrivals, Net, NetStepIx, NetTransition, PlaceIx, PlaceRole, add_counting_join,
};
use crate::workflow::{self, EndKind, Graph, Join, Outcome, Split, Step, StepIx, StepKey, StepKind, TransitionIx};

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
    translation.add_openings(&mut net);
    translation.add_milestones(&mut net);
    for (ix, step) in graph.steps() {
        translation.add_step(&mut net, ix, step);
    }
    translation.add_scope_boundaries(&mut net);
    net
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
    /// Per step that must be told apart from the tokens that start it, where its token is while it is open.
    opened: BTreeMap<StepIx, PlaceIx>,
    /// Per such a step, one place for each timer that does not interrupt it and can still fire.
    armed: BTreeMap<StepIx, Vec<PlaceIx>>,
    /// Per step that another one waits for as its milestone, whether it has ended.
    ended: BTreeMap<StepIx, PlaceIx>,
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
            opened: BTreeMap::new(),
            armed: BTreeMap::new(),
            ended: BTreeMap::new(),
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
        let starts = match self.opened.get(&ix) {
            Some(&open) => vec![vec![open]],
            None => self.starts(ix, step),
        };
        let timers = self.armed.get(&ix).map_or(&[][..], Vec::as_slice);
        for consumed in starts {
            for mut ending in self.endings(ix, step) {
                let read = if ending.is_interrupted { None } else { self.milestone_of(step) };
                let ended = self.ended.get(&ix).filter(|_| !ending.is_interrupted);
                ending.reset.extend(timers.iter().chain(ended));
                ending.produced.extend(ended);
                let start = NetTransition {
                    step: Some(self.net_step(ix)),
                    consumed: consumed.clone(),
                    read: read.into_iter().collect(),
                    ..NetTransition::default()
                };
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

    /// A step that gathers its tokens opens before it ends where a scope around it may be left meanwhile,
    /// and so does one with timers that do not interrupt it.
    fn add_openings(&mut self, net: &mut Net) {
        for (ix, step) in self.graph.steps().filter(|(_, step)| step.waits()) {
            let timers: Vec<StepIx> = adding_timers(self.graph, &step.key).map(|(timer, _)| timer).collect();
            let gathers = step.join == Join::All && scopes_with_events(self.graph, ix).next().is_some();
            if timers.is_empty() && !gathers {
                continue;
            }
            let open = net.add_place(PlaceRole::Into(self.net_step(ix)));
            net.place_mut(open).allows_multiple = step.allow_multiple;
            self.opened.insert(ix, open);
            let mut produced = vec![open];
            for timer in timers {
                let armed = net.add_place(PlaceRole::Internal(format!("the timer {}", self.graph.step(timer).key)));
                self.armed.entry(ix).or_default().push(armed);
                produced.push(armed);
                let fired = self.fired.get(&timer).copied().into_iter().collect();
                let firing =
                    NetTransition { consumed: vec![armed], read: vec![open], produced: fired, ..Default::default() };
                net.add_transition(firing);
            }
            for consumed in self.starts(ix, step) {
                net.add_transition(NetTransition { consumed, produced: produced.clone(), ..NetTransition::default() });
            }
        }
    }

    fn add_milestones(&mut self, net: &mut Net) {
        for milestone in self.graph.steps().filter_map(|(_, step)| milestone(self.graph, step)) {
            self.ended.entry(milestone).or_insert_with(|| {
                let ended =
                    net.add_place(PlaceRole::Internal(format!("the end of {}", self.graph.step(milestone).key)));
                net.place_mut(ended).ignored_at_completion = true;
                ended
            });
        }
    }

    fn milestone_of(&self, step: &Step) -> Option<PlaceIx> {
        self.ended.get(&milestone(self.graph, step)?).copied()
    }

    fn endings(&self, ix: StepIx, step: &Step) -> Vec<Ending> {
        let mut endings: Vec<Ending> = match &step.kind {
            StepKind::Start
            | StepKind::Inline(_)
            | StepKind::Decision
            | StepKind::Wait(_)
            | StepKind::Human(_)
            | StepKind::Job(_)
            | StepKind::Call(_)
            | StepKind::Boundary(_) => {
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
            let limited = self.caught(ix, workflow::VISIT_LIMIT);
            endings.extend(limited.map(|caught| Ending { is_interrupted: true, ..caught }));
        }
        if step.throws() {
            endings.extend(self.thrown(ix, step));
        }
        let interrupting = self.boundary_places(&step.key).filter(|(_, interrupting)| *interrupting);
        endings.extend(interrupting.map(|(place, _)| Ending {
            produced: vec![place],
            is_interrupted: true,
            ..Ending::default()
        }));
        endings
    }

    /// What the errors set off that a worker or a called request may end a step with: any that something catches.
    fn thrown(&self, ix: StepIx, step: &Step) -> Vec<Ending> {
        let of = |host: &'a StepKey| self.graph.boundaries_of(host).filter_map(|(at, found)| Some((at, found.code()?)));
        let around = self.graph.scopes_around(ix).map(|scope| &scope.key);
        let caught: BTreeSet<Option<&str>> = around.flat_map(of).map(|(_, code)| code).collect();
        let own = of(&self.graph.step(ix).key).filter_map(|(at, _)| self.fired.get(&at));
        let own = own.map(|&place| Ending { produced: vec![place], ..Ending::default() });
        // A scope sees only what the step itself lets pass.
        let codes = caught.into_iter().map(Option::unwrap_or_default);
        let passing = codes.filter(|code| self.graph.catcher_at(&step.key, code).is_none());
        let outer = passing.filter_map(|code| self.caught(ix, code));
        own.chain(outer).map(|ending| Ending { is_interrupted: true, ..ending }).collect()
    }

    /// What an error sets off that the innermost scope around a step catches.
    fn caught(&self, step: StepIx, code: &str) -> Option<Ending> {
        let (scope, catcher) = self.graph.catcher_of(step, code)?;
        let produced = vec![*self.fired.get(&catcher)?];
        Some(Ending { produced, reset: self.inside(&scope.key), ..Ending::default() })
    }

    fn boundary_places<'s>(&'s self, host: &'s StepKey) -> impl Iterator<Item = (PlaceIx, bool)> + 's {
        let timers = timers(self.graph, host);
        timers.filter_map(|(ix, boundary)| Some((*self.fired.get(&ix)?, boundary.interrupting)))
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
                for place in self.resting(&scope.key) {
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

    /// The places of tokens inside a scope. A token on its way into a join inside is not yet there.
    fn inside(&self, scope: &StepKey) -> Vec<PlaceIx> {
        let is_inside = |step: StepIx| self.graph.is_inside(step, scope);
        let entrances = self.transitions().filter(|&t| {
            let at_once = self.graph.step(self.graph.transition(t).to).join == Join::Any;
            let opens = !self.opened.contains_key(&self.graph.transition(t).to);
            self.graph.runs_inside(t, scope) || (at_once && opens && is_inside(self.graph.transition(t).to))
        });
        let entrances = entrances.map(|t| self.entrance(t));
        let joins = self.gathering.iter().filter(|(step, _)| is_inside(**step)).flat_map(|(_, (a, b))| [*a, *b]);
        let own = self.fired.iter().chain(&self.opened).map(|(step, place)| (step, std::slice::from_ref(place)));
        let own = own.chain(self.armed.iter().map(|(step, places)| (step, places.as_slice())));
        let own = own.filter(|(step, _)| is_inside(**step)).flat_map(|(_, places)| places.iter().copied());
        in_order(entrances.chain(joins).chain(own))
    }

    /// The places inside a scope at which a request rests: others are left as soon as they are reached.
    fn resting(&self, scope: &StepKey) -> Vec<PlaceIx> {
        let rests = |t: &TransitionIx| {
            let target = self.graph.step(self.graph.transition(*t).to);
            target.waits() || target.join != Join::Any
        };
        let entrances = self.transitions().filter(rests).map(|t| self.entrance(t));
        let opened = self.opened.values().copied();
        let joins = self.gathering.iter().flat_map(|(&step, &(arrived, starts))| {
            [Some(arrived), self.graph.step(step).waits().then_some(starts)].into_iter().flatten()
        });
        let resting = in_order(entrances.chain(opened).chain(joins));
        let inside = self.inside(scope);
        resting.into_iter().filter(|place| inside.contains(place)).collect()
    }

    fn transitions(&self) -> impl Iterator<Item = TransitionIx> {
        (0u32..).map(TransitionIx).take(self.graph.transitions.len())
    }

    fn outcomes(&self, ix: StepIx) -> Vec<Option<&'a Outcome>> {
        match self.graph.step(ix).outcomes() {
            [] => vec![None],
            outcomes => outcomes.iter().map(Some).collect(),
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

/// The step that must have ended before a step may be worked.
fn milestone(graph: &Graph, step: &Step) -> Option<StepIx> {
    graph.find(step.human()?.enabled_while.as_ref()?.after.as_ref()?)
}

fn in_order(places: impl Iterator<Item = PlaceIx>) -> Vec<PlaceIx> {
    let mut places: Vec<PlaceIx> = places.collect();
    places.sort_unstable();
    places.dedup();
    places
}
