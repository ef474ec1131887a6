use std::collections::BTreeSet;

use super::{FiringSet, RecipeIx, Recipes};
use crate::workflow::verification::compiled::{CompiledNet, PlaceUse, Shape};
use crate::workflow::verification::{Completion, Net, PlaceIx};

/// A net in the course of its reduction.
pub(in super::super) struct Workspace {
    places: Vec<WorkPlace>,
    /// By number; a removed one leaves a gap, so that numbers stay.
    transitions: Vec<Option<WorkTransition>>,
    pub recipes: Recipes,
    /// Original transitions that certainly occur.
    certain: FiringSet,
    /// What each reset arc set of the original net empties.
    resets: Vec<Vec<PlaceIx>>,
    completion: Completion,
}

struct WorkPlace {
    present: bool,
    original: PlaceUse,
    /// Some transition has a read arc to it.
    read: bool,
    /// Its tokens stay; runs are complete with them.
    sink: bool,
    producers: BTreeSet<usize>,
    consumers: BTreeSet<usize>,
    /// The reset arc sets that it is in.
    reset_by: Vec<usize>,
}

/// A transition in the course of reduction. Places are sorted; one named twice counts twice.
#[derive(Debug, Clone)]
pub(in super::super) struct WorkTransition {
    pub consumed: Vec<PlaceIx>,
    pub produced: Vec<PlaceIx>,
    pub read: Vec<PlaceIx>,
    /// The number of its reset arc set.
    pub reset: Option<usize>,
    pub recipe: RecipeIx,
    /// Original transitions that occur if this one does.
    pub covers: FiringSet,
}

impl WorkTransition {
    /// Takes exactly one token, from `place`, and does nothing but produce.
    pub fn only_consumes(&self, place: PlaceIx) -> bool {
        self.consumed == [place] && self.is_plain()
    }

    /// Has neither read nor reset arcs.
    pub fn is_plain(&self) -> bool {
        self.read.is_empty() && self.reset.is_none()
    }
}

impl Workspace {
    pub fn new(net: &Net) -> Self {
        let mut workspace = Self {
            places: net.places.iter().enumerate().map(|(ix, _)| WorkPlace::new(net, PlaceIx(ix))).collect(),
            transitions: Vec::new(),
            recipes: Recipes::default(),
            certain: FiringSet::default(),
            resets: Vec::new(),
            completion: net.completion,
        };
        for (ix, transition) in net.transitions.iter().enumerate() {
            let reset = workspace.reset_set(&transition.reset);
            for place in &transition.read {
                workspace.places[place.0].read = true;
            }
            let recipe = workspace.recipes.fire(ix);
            workspace.add(WorkTransition {
                consumed: transition.consumed.clone(),
                produced: transition.produced.clone(),
                read: sorted(transition.read.clone()),
                reset,
                recipe,
                covers: FiringSet::single(ix),
            });
        }
        workspace
    }

    /// The number of a reset arc set, a new one if need be.
    fn reset_set(&mut self, places: &[PlaceIx]) -> Option<usize> {
        if places.is_empty() {
            return None;
        }
        let places = sorted(places.to_vec());
        if let Some(known) = self.resets.iter().position(|set| *set == places) {
            return Some(known);
        }
        let number = self.resets.len();
        for place in &places {
            let reset_by = &mut self.places[place.0].reset_by;
            if reset_by.last() != Some(&number) {
                reset_by.push(number);
            }
        }
        self.resets.push(places);
        Some(number)
    }

    pub fn add(&mut self, mut transition: WorkTransition) -> usize {
        let ix = self.transitions.len();
        transition.consumed.sort_unstable();
        transition.produced.sort_unstable();
        for place in &transition.consumed {
            self.places[place.0].consumers.insert(ix);
        }
        for place in &transition.produced {
            self.places[place.0].producers.insert(ix);
        }
        self.transitions.push(Some(transition));
        ix
    }

    pub fn remove(&mut self, ix: usize) -> Option<WorkTransition> {
        let removed = self.transitions[ix].take()?;
        for place in &removed.consumed {
            self.places[place.0].consumers.remove(&ix);
        }
        for place in &removed.produced {
            self.places[place.0].producers.remove(&ix);
        }
        Some(removed)
    }

    /// Takes the place out of the net, and out of every transition.
    pub fn remove_place(&mut self, place: PlaceIx) {
        let removed = &mut self.places[place.0];
        removed.present = false;
        let touched: BTreeSet<usize> =
            std::mem::take(&mut removed.producers).into_iter().chain(std::mem::take(&mut removed.consumers)).collect();
        for ix in touched {
            if let Some(transition) = &mut self.transitions[ix] {
                transition.consumed.retain(|&consumed| consumed != place);
                transition.produced.retain(|&produced| produced != place);
            }
        }
    }

    /// The numbers of the transitions that are left.
    pub fn transition_numbers(&self) -> Vec<usize> {
        (0..self.transitions.len()).filter(|&ix| self.transitions[ix].is_some()).collect()
    }

    pub fn transitions(&self) -> impl Iterator<Item = (usize, &WorkTransition)> {
        self.transitions.iter().enumerate().filter_map(|(ix, transition)| Some((ix, transition.as_ref()?)))
    }

    pub fn transition(&self, ix: usize) -> Option<&WorkTransition> {
        self.transitions.get(ix)?.as_ref()
    }

    /// Places that a rule may remove: not marked at the beginning, not read, not counted, not the end.
    pub fn removable_places(&self) -> Vec<PlaceIx> {
        let removable = |place: &PlaceIx| {
            let WorkPlace { present, read, original, .. } = &self.places[place.0];
            let counted = original.allows_multiple || original.ignored_at_completion;
            *present && !read && !counted && original.initial == 0 && self.completion != Completion::OneTokenOn(*place)
        };
        (0..self.places.len()).map(PlaceIx).filter(removable).collect()
    }

    pub fn is_sink(&self, place: PlaceIx) -> bool {
        self.places[place.0].sink
    }

    /// Its tokens no longer go anywhere, and runs are complete with them.
    pub fn make_sink(&mut self, place: PlaceIx) {
        self.places[place.0].sink = true;
    }

    /// Whether a second token there is a violation.
    pub fn holds_one_at_most(&self, place: PlaceIx) -> bool {
        !self.places[place.0].original.allows_multiple
    }

    /// Whether a token there keeps a run from being complete.
    pub fn counts_at_completion(&self, place: PlaceIx) -> bool {
        !self.places[place.0].original.ignored_at_completion
    }

    pub fn is_read(&self, place: PlaceIx) -> bool {
        self.places[place.0].read
    }

    pub fn producers(&self, place: PlaceIx) -> &BTreeSet<usize> {
        &self.places[place.0].producers
    }

    pub fn consumers(&self, place: PlaceIx) -> &BTreeSet<usize> {
        &self.places[place.0].consumers
    }

    /// Whether every reset empties both or neither.
    pub fn reset_alike(&self, one: PlaceIx, other: PlaceIx) -> bool {
        self.places[one.0].reset_by == self.places[other.0].reset_by
    }

    pub fn reset_by(&self, place: PlaceIx) -> &[usize] {
        &self.places[place.0].reset_by
    }

    pub fn completion(&self) -> Completion {
        self.completion
    }

    /// Notes that the `covered` original transitions occur whenever a token comes to `place`.
    pub fn cover_by_arrival(&mut self, place: PlaceIx, covered: &FiringSet) {
        if self.places[place.0].original.initial > 0 {
            self.certain.add_all(covered);
        }
        for ix in self.places[place.0].producers.clone() {
            self.cover_by(ix, covered);
        }
    }

    /// Notes that the `covered` original transitions occur if the transition does.
    pub fn cover_by(&mut self, ix: usize, covered: &FiringSet) {
        if let Some(transition) = &mut self.transitions[ix] {
            transition.covers.add_all(covered);
        }
    }

    /// Original transitions that certainly occur.
    pub fn certain(&self) -> &FiringSet {
        &self.certain
    }

    /// What is left, compiled, and the numbers of its transitions.
    pub fn compile(&self) -> (CompiledNet, Vec<usize>) {
        let places: Vec<PlaceUse> = self.places.iter().filter(|place| place.present).map(WorkPlace::in_use).collect();
        let shapes = self.transitions().map(|(_, transition)| Shape {
            consumed: &transition.consumed,
            produced: &transition.produced,
            read: &transition.read,
            reset: transition.reset.map_or(&[], |set| &self.resets[set]),
        });
        // Removed places are in no layout, so that reset arcs to them vanish.
        (CompiledNet::new(&places, shapes, self.completion), self.transition_numbers())
    }
}

impl WorkPlace {
    fn new(net: &Net, place: PlaceIx) -> Self {
        Self {
            present: true,
            original: PlaceUse::of(net, place),
            read: false,
            sink: false,
            producers: BTreeSet::new(),
            consumers: BTreeSet::new(),
            reset_by: Vec::new(),
        }
    }

    fn in_use(&self) -> PlaceUse {
        PlaceUse { ignored_at_completion: self.original.ignored_at_completion || self.sink, ..self.original }
    }
}

fn sorted(mut places: Vec<PlaceIx>) -> Vec<PlaceIx> {
    places.sort_unstable();
    places
}
