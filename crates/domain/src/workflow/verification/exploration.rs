//! Exploration of the reachable markings, one after the other, within limits.

use super::compiled::{CompiledNet, Overfull};
use super::marking_store::MarkingStore;
use super::state_space::StateSpace;
use super::{Limit, Limits, PlaceIx};

/// In which order markings are visited, and what stops the visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Breadth first, to the fault with the fewest firings before it.
    ShortestFault,
    /// Depth first, to the first fault met: finds a deep one without all that is less deep.
    AnyFault,
    /// Breadth first through everything; firings that overfill a place are left out.
    PastFaults,
}

/// What is wrong with one marking, or with one firing from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// The last firing puts a second token where one is the most.
    SecondToken(PlaceIx),
    /// Nothing can happen, and tokens are left on these places.
    Deadlock(Vec<PlaceIx>),
    /// The sink is reached, and tokens are left on these places.
    Improper(Vec<PlaceIx>),
}

/// What came of an exploration.
pub(super) enum Exploration {
    /// It stopped at a fault, after these firings.
    Faulty { fault: Fault, path: Vec<usize> },
    /// Every reachable marking was visited.
    Whole(StateSpace),
    /// A limit ended it.
    Limited(Limit),
}

/// Markings visited between two looks at the clock.
const BETWEEN_LOOKS: usize = 1_024;

/// A block of memory that grows is there three times over for a moment: as it was, and twice as large.
const WHILE_GROWING: usize = 3;

/// Explores from the net's initial marking.
pub(super) fn explore(net: &CompiledNet, mode: Mode, limits: Limits<'_>) -> Exploration {
    explore_from(net, &net.initial, mode, limits)
}

/// Explores from `marking`.
pub(super) fn explore_from(net: &CompiledNet, marking: &[u64], mode: Mode, limits: Limits<'_>) -> Exploration {
    let mut explorer = Explorer::new(net, mode, limits);
    match explorer.run(marking) {
        Ok(Some((fault, path))) => Exploration::Faulty { fault, path },
        Ok(None) => Exploration::Whole(explorer.space),
        Err(limit) => Exploration::Limited(limit),
    }
}

type Evidence = (Fault, Vec<usize>);

struct Explorer<'a> {
    net: &'a CompiledNet,
    mode: Mode,
    limits: Limits<'a>,
    space: StateSpace,
    /// Markings to visit; breadth first needs none, since their numbers are in that order.
    stack: Vec<u32>,
    /// The shortest faulty firing of the level being visited.
    candidate: Option<Evidence>,
    /// The first marking of the next level.
    next_level: usize,
    /// Whether a firing was left out for want of counting.
    uncountable: bool,
    current: Vec<u64>,
    fired: Vec<u64>,
}

impl<'a> Explorer<'a> {
    fn new(net: &'a CompiledNet, mode: Mode, limits: Limits<'a>) -> Self {
        let space = StateSpace::new(MarkingStore::new(net.width), net.transitions().len());
        let blank = vec![0; net.width];
        Self {
            net,
            mode,
            limits,
            space,
            stack: Vec::new(),
            candidate: None,
            next_level: 1,
            uncountable: false,
            current: blank.clone(),
            fired: blank,
        }
    }

    fn run(&mut self, initial: &[u64]) -> Result<Option<Evidence>, Limit> {
        self.space.begin(initial)?;
        if self.mode == Mode::AnyFault {
            self.stack.push(0);
        }
        if let Some(evidence) = self.improper(0) {
            return Ok(Some(evidence));
        }
        let mut visited = 0;
        while let Some(state) = self.next_state(visited) {
            if state >= self.next_level && self.mode == Mode::ShortestFault {
                if self.candidate.is_some() {
                    break;
                }
                self.next_level = self.space.len();
            }
            if visited % BETWEEN_LOOKS == 0 {
                self.check_limits()?;
            }
            visited += 1;
            if let Some(evidence) = self.visit(state)? {
                return Ok(Some(evidence));
            }
        }
        match self.candidate.take() {
            None if self.uncountable => Err(Limit::Tokens),
            evidence => Ok(evidence),
        }
    }

    fn next_state(&mut self, visited: usize) -> Option<usize> {
        match self.mode {
            Mode::AnyFault => self.stack.pop().map(|state| state as usize),
            Mode::ShortestFault | Mode::PastFaults => (visited < self.space.len()).then_some(visited),
        }
    }

    fn check_limits(&self) -> Result<(), Limit> {
        let bytes = self.space.bytes() + self.stack.capacity() * size_of::<u32>();
        if bytes.saturating_mul(WHILE_GROWING) > self.limits.bytes {
            return Err(Limit::Memory);
        }
        if (self.limits.expired)() { Err(Limit::Time) } else { Ok(()) }
    }

    /// Fires everything that a marking enables; gives the evidence that ends the exploration.
    fn visit(&mut self, state: usize) -> Result<Option<Evidence>, Limit> {
        let mut current = std::mem::take(&mut self.current);
        current.copy_from_slice(self.space.marking(state));
        let mut stuck = true;
        let mut evidence = None;
        for transition in self.net.transitions() {
            if evidence.is_none() && self.net.is_enabled(transition, &current) {
                stuck = false;
                evidence = self.fire(state, transition, &current)?;
            }
        }
        if stuck && self.mode != Mode::PastFaults && !self.net.is_complete(&current) {
            evidence = Some((Fault::Deadlock(self.net.left_over(&current)), self.space.path_to(state)));
        }
        self.current = current;
        Ok(evidence)
    }

    fn fire(&mut self, state: usize, transition: usize, marking: &[u64]) -> Result<Option<Evidence>, Limit> {
        let mut after = std::mem::take(&mut self.fired);
        let fired = self.net.fire(transition, marking, &mut after);
        let evidence = match fired {
            Ok(()) => {
                let (target, is_new) = self.space.step(state, transition, &after)?;
                if is_new && self.mode == Mode::AnyFault {
                    self.stack.push(u32::try_from(target).map_err(|_| Limit::Memory)?);
                }
                if is_new { self.improper(target) } else { None }
            }
            Err(Overfull::Uncountable) => {
                self.uncountable = true;
                None
            }
            Err(Overfull::SecondToken(_)) if self.mode == Mode::PastFaults => {
                self.space.note_fired(transition);
                None
            }
            Err(Overfull::SecondToken(place)) => {
                let mut path = self.space.path_to(state);
                path.push(transition);
                Some((Fault::SecondToken(place), path))
            }
        };
        self.fired = after;
        Ok(self.shortest(evidence))
    }

    fn improper(&self, state: usize) -> Option<Evidence> {
        let marking = self.space.marking(state);
        let found = self.mode != Mode::PastFaults && self.net.is_improper(marking);
        found.then(|| (Fault::Improper(self.net.left_over(marking)), self.space.path_to(state)))
    }

    /// Breadth first, a fault of the next level waits until this level has no deadlock.
    fn shortest(&mut self, evidence: Option<Evidence>) -> Option<Evidence> {
        if self.mode != Mode::ShortestFault {
            return evidence;
        }
        self.candidate = self.candidate.take().or(evidence);
        None
    }
}
