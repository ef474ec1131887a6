//! Random nets beyond what flow graphs make: resets, read arcs, several tokens, any presets.

use nexusflow_domain::workflow::verification::{
    EndSemantics, Net, NetStepIx, NetTransition, PlaceIx, PlaceRole, net_of_flow_graph,
};

use super::random::Random;
use super::random_flow;

/// The net of a random graph, with resets and the like added to some of its transitions.
pub fn decorated(random: &mut Random) -> Net {
    let changes = random.below(3);
    let graph = random_flow::structured(random, 3, changes);
    let ends = random.pick(&[EndSemantics::Bpmn, EndSemantics::WorkflowNet]);
    let plain = net_of_flow_graph(&graph, ends).expect("a graph");
    let places: Vec<PlaceIx> = plain.places().map(|(ix, _)| ix).collect();
    let terminating = random.chance(50).then(|| random.below(plain.transitions().count()));
    let scope = random_scope(random, &places);
    let decorated = random.chance(40).then(|| random.below(plain.transitions().count()));
    let mut net = rebuilt(&plain, |at, transition| {
        if terminating == Some(at) {
            transition.reset.clone_from(&places);
            transition.produced.clear();
        }
        if decorated == Some(at) {
            transition.reset.clone_from(&scope);
        }
    });
    add_extras(random, &mut net, &places, &scope);
    net
}

fn random_scope(random: &mut Random, places: &[PlaceIx]) -> Vec<PlaceIx> {
    let begin = random.below(places.len());
    let end = (begin + 1 + random.below(5)).min(places.len());
    places[begin..end].to_vec()
}

/// An interruption of the scope, read arcs, a place for several tokens: each in some of the nets.
fn add_extras(random: &mut Random, net: &mut Net, places: &[PlaceIx], scope: &[PlaceIx]) {
    if random.chance(35) {
        let step = net.add_step("interrupt", "", false);
        let consumed = vec![random.pick(scope)];
        let produced = if random.chance(70) { vec![random.pick(places)] } else { Vec::new() };
        let reset = scope.to_vec();
        net.add_transition(NetTransition { step: Some(step), consumed, produced, reset, ..NetTransition::default() });
    }
    if random.chance(20) {
        let step = net.add_step("look", "", false);
        let (consumed, read) = (vec![random.pick(places)], vec![random.pick(places)]);
        let produced = if random.chance(70) { consumed.clone() } else { vec![random.pick(places)] };
        net.add_transition(NetTransition { step: Some(step), consumed, produced, read, ..NetTransition::default() });
    }
    if random.chance(15) {
        net.place_mut(random.pick(places)).allows_multiple = true;
    }
    if random.chance(10) {
        net.place_mut(random.pick(places)).ignored_at_completion = true;
    }
}

/// The same net, its transitions changed.
fn rebuilt(plain: &Net, change: impl Fn(usize, &mut NetTransition)) -> Net {
    let mut net = Net::default();
    for (_, step) in plain.steps() {
        net.add_step(&step.key, &step.name, step.is_end);
    }
    for (ix, place) in plain.places() {
        let added = net.add_place(place.role.clone());
        assert_eq!(added, ix);
        *net.place_mut(added) = place.clone();
        if place.role == PlaceRole::Finished {
            net.complete_with_one_token_on(added);
        }
    }
    for (at, (_, transition)) in plain.transitions().enumerate() {
        let mut changed = transition.clone();
        change(at, &mut changed);
        net.add_transition(changed);
    }
    net
}

/// A small net of any structure.
pub fn wild(random: &mut Random) -> Net {
    let mut net = Net::default();
    let places: Vec<PlaceIx> =
        (0..2 + random.below(6)).map(|at| net.add_place(PlaceRole::Internal(format!("p{at}")))).collect();
    net.place_mut(places[0]).initial = 1;
    if random.chance(50) {
        net.complete_with_one_token_on(places[places.len() - 1]);
    }
    let steps: Vec<NetStepIx> = (0..=random.below(9)).map(|at| net.add_step(format!("t{at}"), "", false)).collect();
    for step in steps {
        let count = random.pick(&[1, 1, 1, 2, 2, 3]);
        let consumed = (0..count).map(|_| random.pick(&places)).collect();
        let count = random.pick(&[0, 1, 1, 1, 2, 2, 3]);
        let produced = (0..count).map(|_| random.pick(&places)).collect();
        let read = (0..usize::from(random.chance(8))).map(|_| random.pick(&places)).collect();
        let reset = if random.chance(10) { random_scope(random, &places) } else { Vec::new() };
        let step = random.chance(85).then_some(step);
        net.add_transition(NetTransition { step, consumed, produced, read, reset, ..NetTransition::default() });
    }
    net
}
