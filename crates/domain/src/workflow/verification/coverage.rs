use super::compiled::CompiledNet;
use super::exploration::{Exploration, Mode, explore};
use super::verify::{explore_reduced, occurring_steps, occurring_transitions};
use super::{FiringIx, Limit, Limits, Net, NetStepIx};

/// What can occur in some run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    steps: Vec<bool>,
    transitions: Vec<bool>,
}

impl Coverage {
    /// Whether a step can occur.
    pub fn occurs(&self, step: NetStepIx) -> bool {
        self.steps.get(step.0).copied().unwrap_or(false)
    }

    /// Whether a step can end in this way: with this outcome, on these edges.
    pub fn fires(&self, transition: FiringIx) -> bool {
        self.transitions.get(transition.0).copied().unwrap_or(false)
    }

    /// The ends that some run reaches.
    pub fn reachable_ends<'a>(&'a self, net: &'a Net) -> impl Iterator<Item = NetStepIx> + 'a {
        net.steps().filter(|(ix, step)| step.is_end && self.occurs(*ix)).map(|(ix, _)| ix)
    }

    /// The outcomes with which a step can end.
    pub fn reachable_outcomes<'a>(&self, net: &'a Net, step: NetStepIx) -> Vec<&'a str> {
        let own = net.transitions().filter(|(ix, transition)| transition.step == Some(step) && self.fires(*ix));
        let mut outcomes: Vec<&str> = own.filter_map(|(_, transition)| transition.outcome.as_deref()).collect();
        outcomes.sort_unstable();
        outcomes.dedup();
        outcomes
    }
}

/// What can occur in some run, the graph being sound or not. Firings that would put a second token
/// where one is the most are counted, and not followed.
pub fn coverage(net: &Net, limits: Limits<'_>) -> Result<Coverage, Limit> {
    let (workspace, explored) = explore_reduced(net, limits);
    let (reduced, numbers) = workspace.compile();
    let transitions = match explored {
        Exploration::Limited(limit) => return Err(limit),
        // Reduction keeps which steps occur only where every run can be completed.
        Exploration::Whole(space) if space.first_without_completion(&reduced).is_none() => {
            occurring_transitions(net, &workspace, &numbers, &space)
        }
        Exploration::Whole(_) | Exploration::Faulty { .. } => past_faults(net, limits)?,
    };
    Ok(Coverage { steps: occurring_steps(net, &transitions), transitions })
}

fn past_faults(net: &Net, limits: Limits<'_>) -> Result<Vec<bool>, Limit> {
    match explore(&CompiledNet::of(net), Mode::PastFaults, limits) {
        Exploration::Whole(space) => Ok((0..net.transitions.len()).map(|ix| space.has_fired(ix)).collect()),
        Exploration::Limited(limit) => Err(limit),
        // Nothing is a fault in this mode.
        Exploration::Faulty { .. } => Ok(vec![false; net.transitions.len()]),
    }
}
