//! A second explorer of nets, as simple as can be: markings are vectors of counts in a map, and each
//! property is read off the definition. Nothing of it is shared with the library's.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use nexusflow_domain::workflow::verification::{Completion, Net, NetStepIx, NetTransition, PlaceIx};

/// What is wrong, and the fewest firings that show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    Sound,
    /// A faulty marking, or a faulty firing.
    Fault(Kind, usize),
    Dead,
    /// More markings than allowed.
    TooLarge,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    TwoTokens,
    Deadlock,
    Improper,
    Livelock,
}

pub type Marking = Vec<u32>;

/// Reads markings of a net, by the definitions.
pub struct Reader<'a> {
    net: &'a Net,
    index: BTreeMap<PlaceIx, usize>,
}

impl<'a> Reader<'a> {
    pub fn new(net: &'a Net) -> Self {
        Self { net, index: net.places().enumerate().map(|(at, (ix, _))| (ix, at)).collect() }
    }

    pub fn initial(&self) -> Marking {
        self.net.places().map(|(_, place)| u32::from(place.initial)).collect()
    }

    pub fn stuck(&self, marking: &Marking) -> bool {
        self.net.transitions().all(|(_, transition)| self.after(transition, marking).is_none())
    }

    pub fn after(&self, transition: &NetTransition, marking: &Marking) -> Option<Marking> {
        let mut after = marking.clone();
        if transition.read.iter().any(|place| marking[self.index[place]] == 0) {
            return None;
        }
        for place in &transition.consumed {
            let tokens = &mut after[self.index[place]];
            *tokens = tokens.checked_sub(1)?;
        }
        for place in &transition.reset {
            after[self.index[place]] = 0;
        }
        for place in &transition.produced {
            after[self.index[place]] += 1;
        }
        Some(after)
    }

    pub fn overfull(&self, marking: &Marking) -> bool {
        self.net.places().any(|(ix, place)| !place.allows_multiple && marking[self.index[&ix]] > 1)
    }

    /// Tokens that count, those on the sink apart.
    fn left_over(&self, marking: &Marking) -> u32 {
        let sink = self.sink();
        let counts = self.net.places().filter(|(ix, place)| !place.ignored_at_completion && Some(*ix) != sink);
        counts.map(|(ix, _)| marking[self.index[&ix]]).sum()
    }

    fn sink(&self) -> Option<PlaceIx> {
        match self.net.completion() {
            Completion::NoTokenLeft => None,
            Completion::OneTokenOn(place) => Some(place),
        }
    }

    pub fn complete(&self, marking: &Marking) -> bool {
        self.left_over(marking) == 0 && self.sink().is_none_or(|sink| marking[self.index[&sink]] == 1)
    }

    pub fn improper(&self, marking: &Marking) -> bool {
        self.left_over(marking) > 0 && self.sink().is_some_and(|sink| marking[self.index[&sink]] > 0)
    }
}

/// Explores `net`, at most `most` markings.
pub fn brute_force(net: &Net, most: usize) -> Found {
    let reader = Reader::new(net);
    let initial = reader.initial();
    let mut depth = BTreeMap::from([(initial.clone(), 0)]);
    let mut before: BTreeMap<Marking, Vec<Marking>> = BTreeMap::new();
    let mut occurred = BTreeSet::new();
    let mut queue = VecDeque::from([initial.clone()]);
    let mut fault: Option<(usize, Kind)> = reader.improper(&initial).then_some((0, Kind::Improper));
    let note = |fault: &mut Option<(usize, Kind)>, length: usize, kind: Kind| {
        if fault.is_none_or(|(known, _)| length < known) {
            *fault = Some((length, kind));
        }
    };
    while let Some(marking) = queue.pop_front() {
        let length = depth[&marking];
        if fault.is_some_and(|(known, _)| length > known) {
            break;
        }
        let mut stuck = true;
        for (_, transition) in net.transitions() {
            let Some(after) = reader.after(transition, &marking) else { continue };
            stuck = false;
            occurred.extend(transition.step);
            if reader.overfull(&after) {
                note(&mut fault, length + 1, Kind::TwoTokens);
                continue;
            }
            if reader.improper(&after) {
                note(&mut fault, length + 1, Kind::Improper);
            }
            before.entry(after.clone()).or_default().push(marking.clone());
            if !depth.contains_key(&after) {
                depth.insert(after.clone(), length + 1);
                queue.push_back(after);
            }
        }
        if stuck && !reader.complete(&marking) {
            note(&mut fault, length, Kind::Deadlock);
        }
        if depth.len() > most {
            return Found::TooLarge;
        }
    }
    if let Some((length, kind)) = fault {
        return Found::Fault(kind, length);
    }
    never_wrong_by_itself(&reader, &depth, &before, &occurred)
}

fn never_wrong_by_itself(
    reader: &Reader<'_>,
    depth: &BTreeMap<Marking, usize>,
    before: &BTreeMap<Marking, Vec<Marking>>,
    occurred: &BTreeSet<NetStepIx>,
) -> Found {
    match shortest_without_completion(reader, depth, before) {
        Some(length) => Found::Fault(Kind::Livelock, length),
        None if reader.net.steps().all(|(step, _)| occurred.contains(&step)) => Found::Sound,
        None => Found::Dead,
    }
}

fn shortest_without_completion(
    reader: &Reader<'_>,
    depth: &BTreeMap<Marking, usize>,
    before: &BTreeMap<Marking, Vec<Marking>>,
) -> Option<usize> {
    let mut completes: BTreeSet<&Marking> = depth.keys().filter(|marking| reader.complete(marking)).collect();
    let mut stack: Vec<&Marking> = completes.iter().copied().collect();
    while let Some(marking) = stack.pop() {
        for earlier in before.get(marking).into_iter().flatten() {
            if completes.insert(earlier) {
                stack.push(earlier);
            }
        }
    }
    depth.iter().filter(|(marking, _)| !completes.contains(marking)).map(|(_, length)| *length).min()
}
