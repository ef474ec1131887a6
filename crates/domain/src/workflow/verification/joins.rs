//! Joins and splits that count, built from plain places and transitions.

use super::{Net, NetStepIx, NetTransition, PlaceIx, PlaceRole};

/// A join that starts after some of the tokens that will come.
#[derive(Debug, Clone, Copy)]
pub struct CountingJoin<'a> {
    /// The step that it belongs to.
    pub step: NetStepIx,
    /// Where tokens arrive; a token on any of them counts once.
    pub incoming: &'a [PlaceIx],
    /// Tokens that make one round; at least `needed`.
    pub expected: u8,
    /// Arrivals that start the step; at least 1.
    pub needed: u8,
    /// Where the token goes that starts the step.
    pub starts: PlaceIx,
    /// What becomes of the others.
    pub late: LateArrivals<'a>,
}

/// What a counting join does with tokens that it did not wait for.
#[derive(Debug, Clone, Copy)]
pub enum LateArrivals<'a> {
    /// They are swallowed as they come; the next round begins after the last of them (the structured
    /// partial join, WCP-30 in Russell et al., "Workflow Control-Flow Patterns: A Revised View", 2006).
    Ignored,
    /// The places of their branches are emptied (the cancelling partial join, WCP-32).
    Cancelled(&'a [PlaceIx]),
}

/// Adds a counting join; gives the place that counts arrivals. A K-of-N join expects N and needs K. A
/// join that waits for what its paired split made expects and needs as many as that split has
/// branches, and the split puts one token on the place given here for each branch that it does not
/// take ([`add_some_split`]).
pub fn add_counting_join(net: &mut Net, join: &CountingJoin<'_>) -> PlaceIx {
    let arrived = counter(net, join.step, "arrivals at");
    for &edge in join.incoming {
        net.add_transition(silent(vec![edge], vec![arrived]));
    }
    let needed = vec![arrived; usize::from(join.needed)];
    match join.late {
        LateArrivals::Cancelled(places) => {
            let reset = places.iter().chain(join.incoming).copied().chain([arrived]).collect();
            net.add_transition(NetTransition { reset, ..silent(needed, vec![join.starts]) });
        }
        LateArrivals::Ignored => ignore_late(net, join, arrived, needed),
    }
    arrived
}

/// Memory of how many are still to come in this round, which keeps no run from being complete.
fn ignore_late(net: &mut Net, join: &CountingJoin<'_>, arrived: PlaceIx, needed: Vec<PlaceIx>) {
    let to_come = usize::from(join.expected.saturating_sub(join.needed));
    let open = net.add_place(PlaceRole::Internal(format!("the open round of {}", net.step(join.step).in_words())));
    net.place_mut(open).initial = 1;
    net.place_mut(open).ignored_at_completion = true;
    let with_open = |places: Vec<PlaceIx>| -> Vec<PlaceIx> { places.into_iter().chain([open]).collect() };
    if to_come == 0 {
        net.add_transition(silent(with_open(needed), vec![join.starts, open]));
        return;
    }
    let (late, swallowed) =
        (counter(net, join.step, "arrivals to come at"), counter(net, join.step, "late arrivals at"));
    for memory in [late, swallowed] {
        net.place_mut(memory).ignored_at_completion = true;
    }
    let produced = vec![late; to_come].into_iter().chain([join.starts]).collect();
    net.add_transition(silent(with_open(needed), produced));
    net.add_transition(silent(vec![arrived, late], vec![swallowed]));
    net.add_transition(silent(vec![swallowed; to_come], vec![open]));
}

/// A branch of a split that takes some of its branches.
#[derive(Debug, Clone, Copy)]
pub struct SomeBranch {
    /// Where the token goes if the branch is taken.
    pub taken: PlaceIx,
    /// Where a token goes if it is not: to the join that is paired with the split, if there is one.
    pub skipped: Option<PlaceIx>,
}

/// Adds the ways in which a step that consumes `start` (whose other parts are taken as they are) takes
/// one or more of its branches: branch by branch, so that there are four transitions for each and not
/// one for each subset. Tokens for what is not taken make the paired join local (dead-path
/// elimination: Leymann, Roller, "Production Workflow", 2000).
pub fn add_some_split(net: &mut Net, start: NetTransition, branches: &[SomeBranch]) {
    let Some(step) = start.step else { return };
    let label = net.step(step).in_words();
    let mut state = |what: &str, branch: usize| {
        net.add_place(PlaceRole::Internal(format!("{label}, {what} taken before branch {}", branch + 1)))
    };
    let undecided: Vec<(PlaceIx, PlaceIx)> =
        (0..branches.len()).map(|branch| (state("none", branch), state("some", branch))).collect();
    let Some(&(first, _)) = undecided.first() else { return };
    let mut start = start;
    start.produced.push(first);
    net.add_transition(start);
    for (ix, (branch, &(none, some))) in branches.iter().zip(&undecided).enumerate() {
        let following = undecided.get(ix + 1);
        let after = |taken: bool| following.map(|&(none, some)| if taken { some } else { none });
        let take: Vec<PlaceIx> = [branch.taken].into_iter().chain(after(true)).collect();
        net.add_transition(silent(vec![none], take.clone()));
        net.add_transition(silent(vec![some], take));
        let skip = |after: Option<PlaceIx>| branch.skipped.into_iter().chain(after).collect();
        net.add_transition(silent(vec![some], skip(after(true))));
        if following.is_some() {
            net.add_transition(silent(vec![none], skip(after(false))));
        }
    }
}

fn counter(net: &mut Net, step: NetStepIx, what: &str) -> PlaceIx {
    let words = format!("{what} {}", net.step(step).in_words());
    let place = net.add_place(PlaceRole::Internal(words));
    net.place_mut(place).allows_multiple = true;
    place
}

fn silent(consumed: Vec<PlaceIx>, produced: Vec<PlaceIx>) -> NetTransition {
    NetTransition { consumed, produced, ..NetTransition::default() }
}
