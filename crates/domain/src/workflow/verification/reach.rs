//! What can happen on a graph at all: which steps, with which outcomes, and how each end is reached first.

use super::compiled::CompiledNet;
use super::exploration::{Exploration, Mode, explore};
use super::precision::left_out;
use super::token_game::reach_of_game;
use super::{EndSemantics, FiringIx, Limits, Net, NetStepIx, coverage, net_of_graph};
use crate::workflow::{Graph, StepKind};

/// What can happen on a graph. Guards are free choices: what they make impossible counts as possible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// Every step, in the document's order.
    pub steps: Vec<StepReach>,
}

/// What can happen at a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepReach {
    /// Its key.
    pub key: String,
    /// For people.
    pub name: String,
    /// Whether it is an end.
    pub is_end: bool,
    /// Whether it can occur.
    pub occurs: bool,
    /// What a person can end it with, each with whether that can occur.
    pub outcomes: Vec<(String, bool)>,
    /// The names of the steps of a shortest run to an end, itself the last; `None` of other steps, of ends
    /// that no run reaches, and where too much would have to be searched.
    pub shortest_run: Option<Vec<String>>,
}

/// The share of the memory allowed that the search of shortest runs may take.
const SHARE_OF_MEMORY: usize = 4;

/// What can happen on a graph; `None` where it is too large, or has forms of which neither its net nor the
/// token game shows every run.
pub fn reach(graph: &Graph, limits: Limits<'_>) -> Option<Reach> {
    if !graph.gathering().is_empty() {
        return reach_of_game(graph, limits);
    }
    if left_out(graph).is_some() {
        return None;
    }
    let net = net_of_graph(graph, EndSemantics::Bpmn);
    let covered = coverage(&net, limits).ok()?;
    let runs = shortest_runs(&net, limits);
    let steps = net.steps().zip(graph.steps()).map(|((ix, _), (_, step))| {
        let possible = covered.reachable_outcomes(&net, ix);
        StepReach {
            key: step.key.to_string(),
            name: step.name.clone(),
            is_end: matches!(step.kind, StepKind::End(_)),
            occurs: covered.occurs(ix),
            outcomes: step
                .outcomes()
                .iter()
                .map(|o| (o.to_string(), possible.contains(&o.to_string().as_str())))
                .collect(),
            shortest_run: runs.iter().find(|(end, _)| *end == ix).map(|(_, run)| run.clone()),
        }
    });
    Some(Reach { steps: steps.collect() })
}

/// A run with the fewest firings to each end that some run reaches, in the names of its steps.
fn shortest_runs(net: &Net, limits: Limits<'_>) -> Vec<(NetStepIx, Vec<String>)> {
    let compiled = CompiledNet::of(net);
    let limits = Limits { bytes: limits.bytes / SHARE_OF_MEMORY, ..limits };
    let Exploration::Whole(space) = explore(&compiled, Mode::PastFaults, limits) else { return Vec::new() };
    let mut endings: Vec<(FiringIx, NetStepIx)> = net
        .transitions()
        .filter_map(|(firing, transition)| Some((firing, transition.step.filter(|ix| net.step(*ix).is_end)?)))
        .collect();
    let mut runs = Vec::new();
    for state in 0..space.len() {
        if endings.is_empty() {
            break;
        }
        while let Some(&(firing, end)) =
            endings.iter().find(|(firing, _)| compiled.is_enabled(firing.0, space.marking(state)))
        {
            let names = space.path_to(state).into_iter().chain([firing.0]).filter_map(|fired| {
                let step = net.transitions[fired].step?;
                Some(net.step(step).name.clone())
            });
            runs.push((end, names.collect()));
            endings.retain(|(_, other)| *other != end);
        }
    }
    runs
}
