//! The net of a compiled graph. Guards are abstracted to free choice: any transition of an outcome
//! may be taken, and any outcome chosen.
//!
//! A step's net transitions are its ways to start times its ways to end. A new form of join is one
//! more arm in [`Translation::starts`] (with [`super::add_counting_join`] where it counts), a new
//! form of split or kind of step one more in [`Translation::endings`].

use super::{EndSemantics, Net, NetStepIx, NetTransition, PlaceIx, PlaceRole};
use crate::workflow::{EndKind, Graph, Join, Outcome, Split, Step, StepIx, StepKind, TransitionIx};

/// The net of a graph. Differs from that of a drawn flow graph in one point: an end that any arrival
/// reaches swallows each at once, so several may come to it by different edges.
pub fn net_of_graph(graph: &Graph, ends: EndSemantics) -> Net {
    let mut net = Net::default();
    let steps = graph
        .steps()
        .map(|(_, step)| net.add_step(step.key.as_str(), &step.name, matches!(step.kind, StepKind::End(_))))
        .collect();
    let beginning = net.add_place(PlaceRole::Beginning);
    net.place_mut(beginning).initial = 1;
    let finished = (ends == EndSemantics::WorkflowNet).then(|| net.add_place(PlaceRole::Finished));
    if let Some(sink) = finished {
        net.complete_with_one_token_on(sink);
    }
    let mut translation = Translation { graph, steps, beginning, finished, entrances: Vec::new() };
    translation.entrances = translation.add_entrances(&mut net);
    for (ix, step) in graph.steps() {
        translation.add_step(&mut net, ix, step);
    }
    net
}

struct Translation<'a> {
    graph: &'a Graph,
    steps: Vec<NetStepIx>,
    beginning: PlaceIx,
    finished: Option<PlaceIx>,
    /// Per transition of the graph, the place that a token on it is in.
    entrances: Vec<PlaceIx>,
}

/// One way in which a step ends.
struct Ending {
    outcome: Option<Outcome>,
    taken: Vec<TransitionIx>,
    cancels_the_rest: bool,
}

impl Translation<'_> {
    fn add_entrances(&self, net: &mut Net) -> Vec<PlaceIx> {
        let mut shared: Vec<Option<PlaceIx>> = vec![None; self.steps.len()];
        let transitions = (0u32..).map(TransitionIx).take(self.graph.transitions.len());
        let mut entrance = |ix: TransitionIx| {
            let transition = self.graph.transition(ix);
            let (from, to) = (self.net_step(transition.from), self.net_step(transition.to));
            let target = self.graph.step(transition.to);
            if target.join == Join::Any && !matches!(target.kind, StepKind::End(_)) {
                *shared[to.0].get_or_insert_with(|| net.add_place(PlaceRole::Into(to)))
            } else {
                net.add_place(PlaceRole::Edge { from, to })
            }
        };
        transitions.map(&mut entrance).collect()
    }

    fn add_step(&self, net: &mut Net, ix: StepIx, step: &Step) {
        let everything: Vec<PlaceIx> = net.places().map(|(place, _)| place).collect();
        for consumed in self.starts(ix, step) {
            for ending in self.endings(ix, step) {
                let at_end = self.finished.filter(|_| matches!(step.kind, StepKind::End(_)));
                net.add_transition(NetTransition {
                    step: Some(self.net_step(ix)),
                    outcome: ending.outcome.map(|outcome| outcome.to_string()),
                    leads_to: ending.taken.iter().map(|&t| self.net_step(self.graph.transition(t).to)).collect(),
                    consumed: consumed.clone(),
                    produced: ending.taken.iter().map(|&t| self.entrance(t)).chain(at_end).collect(),
                    reset: if ending.cancels_the_rest { everything.clone() } else { Vec::new() },
                    ..NetTransition::default()
                });
            }
        }
    }

    /// The sets of tokens each of which starts the step.
    fn starts(&self, ix: StepIx, step: &Step) -> Vec<Vec<PlaceIx>> {
        if ix == self.graph.start() {
            return vec![vec![self.beginning]];
        }
        let mut arrivals: Vec<PlaceIx> = self.graph.incoming(ix).iter().map(|&t| self.entrance(t)).collect();
        match step.join {
            Join::All => vec![arrivals],
            Join::Any => {
                arrivals.dedup();
                arrivals.into_iter().map(|arrival| vec![arrival]).collect()
            }
        }
    }

    fn endings(&self, ix: StepIx, step: &Step) -> Vec<Ending> {
        match &step.kind {
            StepKind::Start | StepKind::Decision => self.endings_with(ix, step.split, None),
            StepKind::Human(human) => {
                human.outcomes.iter().flat_map(|outcome| self.endings_with(ix, step.split, Some(outcome))).collect()
            }
            StepKind::End(kind) => {
                let cancels_the_rest = match kind {
                    EndKind::Normal => false,
                    EndKind::Terminate | EndKind::Error => true,
                };
                vec![Ending { outcome: None, taken: Vec::new(), cancels_the_rest }]
            }
        }
    }

    fn endings_with(&self, ix: StepIx, split: Split, outcome: Option<&Outcome>) -> Vec<Ending> {
        let taken: Vec<TransitionIx> = self.graph.of_outcome(ix, outcome).map(|(t, _)| t).collect();
        let ending = |taken| Ending { outcome: outcome.cloned(), taken, cancels_the_rest: false };
        match split {
            Split::One => taken.into_iter().map(|t| ending(vec![t])).collect(),
            Split::All => vec![ending(taken)],
        }
    }

    fn net_step(&self, ix: StepIx) -> NetStepIx {
        self.steps[ix.0 as usize]
    }

    fn entrance(&self, ix: TransitionIx) -> PlaceIx {
        self.entrances[ix.0 as usize]
    }
}
