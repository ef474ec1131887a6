use crate::workflow::expression::limits::COST_LIMIT;

/// What an evaluation may still cost; see [`COST_LIMIT`] for the unit.
#[derive(Debug, Clone)]
pub struct Fuel {
    left: u64,
    given: u64,
}

/// The limit is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spent;

impl Default for Fuel {
    fn default() -> Self {
        Self::new(COST_LIMIT)
    }
}

impl Fuel {
    /// Enough for this cost.
    pub const fn new(cost: u64) -> Self {
        Self { left: cost, given: cost }
    }

    /// The cost so far.
    pub const fn used(&self) -> u64 {
        self.given - self.left
    }

    pub(crate) fn spend(&mut self, cost: usize) -> Result<(), Spent> {
        let cost = u64::try_from(cost).unwrap_or(u64::MAX);
        let left = self.left.checked_sub(cost);
        self.left = left.unwrap_or(0);
        left.map(|_| ()).ok_or(Spent)
    }
}
