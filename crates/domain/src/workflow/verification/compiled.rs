//! A net compiled for firing: markings are bits where one token is the most, bytes elsewhere.

use super::{Completion, Net, NetTransition, Place, PlaceIx};

/// What [`CompiledNet`] is made of: a net's transitions, or what reduction left of them.
pub(super) struct Shape<'a> {
    pub consumed: &'a [PlaceIx],
    pub produced: &'a [PlaceIx],
    pub read: &'a [PlaceIx],
    pub reset: &'a [PlaceIx],
}

/// A place as the compiled net sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct PlaceUse {
    pub place: PlaceIx,
    pub initial: u8,
    pub allows_multiple: bool,
    pub ignored_at_completion: bool,
}

impl PlaceUse {
    /// The place as the net has it.
    pub fn of(net: &Net, place: PlaceIx) -> Self {
        let Place { initial, allows_multiple, ignored_at_completion, .. } = net.places[place.0];
        Self { place, initial, allows_multiple, ignored_at_completion }
    }
}

/// Why a firing is no ordinary one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Overfull {
    /// A second token where one is the most.
    SecondToken(PlaceIx),
    /// More tokens than can be counted.
    Uncountable,
}

pub(super) struct CompiledNet {
    /// Words of a marking: bits first, then eight counters a word.
    pub width: usize,
    pub initial: Vec<u64>,
    transitions: Vec<CompiledTransition>,
    /// Everything but what completion ignores, and but the sink of a workflow net.
    unfinished: Vec<u64>,
    sink: Option<Cell>,
    cells: Vec<(PlaceIx, Cell)>,
}

struct CompiledTransition {
    words: Vec<WordChange>,
    counters: Vec<CounterChange>,
    /// A place that this transition alone overfills.
    overfills: Option<PlaceIx>,
    /// Asks for two tokens where one is the most.
    impossible: bool,
}

#[derive(Default)]
struct WordChange {
    word: usize,
    need: u64,
    clear: u64,
    set: u64,
}

#[derive(Default)]
struct CounterChange {
    word: usize,
    shift: u32,
    need: u8,
    take: u8,
    reset: bool,
    give: u8,
}

/// Where in a marking a place's tokens are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cell {
    word: usize,
    shift: u32,
    /// One bit, or a byte.
    mask: u64,
}

impl Cell {
    fn tokens(self, marking: &[u64]) -> u64 {
        (marking[self.word] >> self.shift) & self.mask
    }

    fn is_bit(self) -> bool {
        self.mask == 1
    }

    fn bits(self) -> u64 {
        self.mask << self.shift
    }
}

impl<'a> From<&'a NetTransition> for Shape<'a> {
    fn from(transition: &'a NetTransition) -> Self {
        let NetTransition { consumed, produced, read, reset, .. } = transition;
        Self { consumed, produced, read, reset }
    }
}

impl CompiledNet {
    /// Compiles a whole net; its transitions keep their numbers.
    pub fn of(net: &Net) -> Self {
        let places: Vec<PlaceUse> = (0..net.places.len()).map(|ix| PlaceUse::of(net, PlaceIx(ix))).collect();
        Self::new(&places, net.transitions.iter().map(Shape::from), net.completion)
    }

    /// Compiles; every place that a transition names must be among `places`.
    pub fn new<'a>(places: &[PlaceUse], shapes: impl Iterator<Item = Shape<'a>>, completion: Completion) -> Self {
        let (cells, width) = lay_out(places);
        let mut cell_of = vec![None; places.iter().map(|used| used.place.0 + 1).max().unwrap_or(0)];
        for &(place, cell) in &cells {
            cell_of[place.0] = Some(cell);
        }
        let sink = match completion {
            Completion::NoTokenLeft => None,
            Completion::OneTokenOn(place) => cell_of.get(place.0).copied().flatten(),
        };
        let mut initial = vec![0; width];
        let mut unfinished = vec![0; width];
        for (used, &(_, cell)) in places.iter().zip(&cells) {
            initial[cell.word] |= u64::from(used.initial) << cell.shift;
            if !used.ignored_at_completion && sink != Some(cell) {
                unfinished[cell.word] |= cell.bits();
            }
        }
        let cell_of = |place: &PlaceIx| cell_of.get(place.0).copied().flatten().map(|cell| (*place, cell));
        let transitions = shapes.map(|shape| CompiledTransition::new(&shape, &cell_of)).collect();
        Self { width, initial, transitions, unfinished, sink, cells }
    }

    pub fn transitions(&self) -> std::ops::Range<usize> {
        0..self.transitions.len()
    }

    pub fn is_enabled(&self, transition: usize, marking: &[u64]) -> bool {
        let transition = &self.transitions[transition];
        !transition.impossible
            && transition.words.iter().all(|change| marking[change.word] & change.need == change.need)
            && transition.counters.iter().all(|change| change.tokens(marking) >= u64::from(change.need))
    }

    /// Fires an enabled transition: `into` becomes the marking after it.
    pub fn fire(&self, transition: usize, marking: &[u64], into: &mut [u64]) -> Result<(), Overfull> {
        let transition = &self.transitions[transition];
        into.copy_from_slice(marking);
        if let Some(place) = transition.overfills {
            return Err(Overfull::SecondToken(place));
        }
        for change in &transition.words {
            let left = into[change.word] & !change.clear;
            if left & change.set != 0 {
                return Err(Overfull::SecondToken(self.place_at(change.word, left & change.set)));
            }
            into[change.word] = left | change.set;
        }
        transition.counters.iter().try_for_each(|change| change.apply(into))
    }

    /// Whether the run is complete.
    pub fn is_complete(&self, marking: &[u64]) -> bool {
        self.nothing_unfinished(marking) && self.sink.is_none_or(|sink| sink.tokens(marking) == 1)
    }

    /// Whether the sink is reached and a token is left elsewhere.
    pub fn is_improper(&self, marking: &[u64]) -> bool {
        self.sink.is_some_and(|sink| sink.tokens(marking) > 0) && !self.nothing_unfinished(marking)
    }

    /// Places with tokens that keep the run from being complete.
    pub fn left_over(&self, marking: &[u64]) -> Vec<PlaceIx> {
        let counts = |cell: &Cell| cell.tokens(marking) > 0 && self.unfinished[cell.word] & cell.bits() != 0;
        self.cells.iter().filter(|(_, cell)| counts(cell)).map(|(place, _)| *place).collect()
    }

    /// Every place with a token.
    pub fn marked<'a>(&'a self, marking: &'a [u64]) -> impl Iterator<Item = PlaceIx> + 'a {
        self.cells.iter().filter(|(_, cell)| cell.tokens(marking) > 0).map(|(place, _)| *place)
    }

    fn nothing_unfinished(&self, marking: &[u64]) -> bool {
        marking.iter().zip(&self.unfinished).all(|(word, unfinished)| word & unfinished == 0)
    }

    fn place_at(&self, word: usize, bits: u64) -> PlaceIx {
        let found = self.cells.iter().find(|(_, cell)| cell.word == word && cell.bits() & bits != 0);
        found.map_or(PlaceIx(0), |(place, _)| *place)
    }
}

/// Bits for places of one token at most, then bytes for the others.
fn lay_out(places: &[PlaceUse]) -> (Vec<(PlaceIx, Cell)>, usize) {
    let bit_words = places.iter().filter(|used| !used.allows_multiple).count().div_ceil(64);
    let (mut bits, mut bytes) = (0usize, 0usize);
    let mut cell = |used: &PlaceUse| {
        let (next, per_word, first_word, mask) =
            if used.allows_multiple { (&mut bytes, 8, bit_words, 0xff) } else { (&mut bits, 64, 0, 1) };
        let index = *next;
        *next += 1;
        let shift = u32::try_from(index % per_word * (64 / per_word)).unwrap_or(0);
        (used.place, Cell { word: first_word + index / per_word, shift, mask })
    };
    let cells = places.iter().map(&mut cell).collect();
    (cells, (bit_words + bytes.div_ceil(8)).max(1))
}

impl CompiledTransition {
    fn new(shape: &Shape<'_>, cell_of: &impl Fn(&PlaceIx) -> Option<(PlaceIx, Cell)>) -> Self {
        let mut compiled = Self { words: Vec::new(), counters: Vec::new(), overfills: None, impossible: false };
        for (_, cell) in shape.read.iter().filter_map(cell_of) {
            if cell.is_bit() {
                compiled.word(cell).need |= cell.bits();
            } else {
                let change = compiled.counter(cell);
                change.need = change.need.max(1);
            }
        }
        for (_, cell) in shape.consumed.iter().filter_map(cell_of) {
            if cell.is_bit() {
                let change = compiled.word(cell);
                let again = change.clear & cell.bits() != 0;
                change.need |= cell.bits();
                change.clear |= cell.bits();
                compiled.impossible |= again;
            } else {
                let change = compiled.counter(cell);
                change.take = change.take.saturating_add(1);
                change.need = change.need.max(change.take);
            }
        }
        for (_, cell) in shape.reset.iter().filter_map(cell_of) {
            if cell.is_bit() {
                compiled.word(cell).clear |= cell.bits();
            } else {
                compiled.counter(cell).reset = true;
            }
        }
        for (place, cell) in shape.produced.iter().filter_map(cell_of) {
            if cell.is_bit() {
                let change = compiled.word(cell);
                let again = change.set & cell.bits() != 0;
                change.set |= cell.bits();
                compiled.overfills = compiled.overfills.or(again.then_some(place));
            } else {
                let change = compiled.counter(cell);
                change.give = change.give.saturating_add(1);
            }
        }
        compiled
    }

    fn word(&mut self, cell: Cell) -> &mut WordChange {
        let found = self.words.iter().position(|change| change.word == cell.word);
        let at = found.unwrap_or_else(|| {
            self.words.push(WordChange { word: cell.word, ..WordChange::default() });
            self.words.len() - 1
        });
        &mut self.words[at]
    }

    fn counter(&mut self, cell: Cell) -> &mut CounterChange {
        let found = self.counters.iter().position(|change| (change.word, change.shift) == (cell.word, cell.shift));
        let at = found.unwrap_or_else(|| {
            self.counters.push(CounterChange { word: cell.word, shift: cell.shift, ..CounterChange::default() });
            self.counters.len() - 1
        });
        &mut self.counters[at]
    }
}

impl CounterChange {
    fn tokens(&self, marking: &[u64]) -> u64 {
        (marking[self.word] >> self.shift) & 0xff
    }

    fn apply(&self, marking: &mut [u64]) -> Result<(), Overfull> {
        let left = if self.reset { 0 } else { self.tokens(marking).saturating_sub(u64::from(self.take)) };
        let tokens = left + u64::from(self.give);
        if tokens > 0xff {
            return Err(Overfull::Uncountable);
        }
        marking[self.word] = marking[self.word] & !(0xff << self.shift) | tokens << self.shift;
        Ok(())
    }
}
