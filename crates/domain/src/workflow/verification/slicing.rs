//! What of a run is needed for tokens to be where they are: the rest only makes a trace longer.

use super::{Net, PlaceIx};

/// The firings of `path` without which the tokens that end up on `places` would not be there, in
/// order. Dropping the others leaves a run: each token that a firing uses is still produced before
/// it, and what is left out could only have taken tokens away.
pub(super) fn needed_for(net: &Net, path: &[usize], places: &[PlaceIx]) -> Vec<usize> {
    let (causes, tokens) = token_flow(net, path);
    let mut needed = vec![false; path.len()];
    let mut stack: Vec<usize> = places.iter().flat_map(|place| tokens[place.0].iter().flatten().copied()).collect();
    while let Some(at) = stack.pop() {
        if !std::mem::replace(&mut needed[at], true) {
            stack.extend(&causes[at]);
        }
    }
    path.iter().zip(needed).filter(|(_, needed)| *needed).map(|(&firing, _)| firing).collect()
}

/// Tokens of a place, each as the position in the path that produced it; `None` from the beginning.
type Tokens = Vec<Option<usize>>;

/// Per position in the path, the positions that produced the tokens it used; and the tokens at last.
fn token_flow(net: &Net, path: &[usize]) -> (Vec<Vec<usize>>, Vec<Tokens>) {
    let mut tokens: Vec<Tokens> = net.places.iter().map(|place| vec![None; usize::from(place.initial)]).collect();
    let mut causes = Vec::with_capacity(path.len());
    for (at, &firing) in path.iter().enumerate() {
        let transition = &net.transitions[firing];
        let read = transition.read.iter().filter_map(|place| tokens[place.0].last().copied());
        let mut used: Vec<Option<usize>> = read.collect();
        used.extend(transition.consumed.iter().filter_map(|place| tokens[place.0].pop()));
        for place in &transition.reset {
            tokens[place.0].clear();
        }
        for place in &transition.produced {
            tokens[place.0].push(Some(at));
        }
        causes.push(used.into_iter().flatten().collect());
    }
    (causes, tokens)
}
