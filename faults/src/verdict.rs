use std::collections::BTreeMap;
use std::fmt;

use crate::evidence::FaultKind;

/// Violations that are printed.
const PRINTED: usize = 20;

/// What the checker found.
#[derive(Debug, Clone)]
pub struct Verdict {
    pub(crate) faults: Vec<FaultKind>,
    pub(crate) requests: usize,
    pub(crate) events: usize,
    pub(crate) acknowledged: usize,
    pub(crate) effects: usize,
    pub(crate) repeated: usize,
    /// What must not be, a line each.
    pub violations: Vec<String>,
}

impl Verdict {
    /// How many answers were acknowledged.
    pub const fn acknowledged(&self) -> usize {
        self.acknowledged
    }

    /// How many faults there were.
    pub const fn faults(&self) -> usize {
        self.faults.len()
    }

    /// Whether nothing is wrong.
    pub const fn is_clean(&self) -> bool {
        self.violations.is_empty()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut kinds: BTreeMap<FaultKind, usize> = BTreeMap::new();
        for kind in &self.faults {
            *kinds.entry(*kind).or_default() += 1;
        }
        let kinds: Vec<String> = kinds.iter().map(|(kind, count)| format!("{kind:?} {count}")).collect();
        writeln!(f, "faults        {}", kinds.join(", "))?;
        writeln!(f, "requests      {}", self.requests)?;
        writeln!(f, "journal       {} events", self.events)?;
        writeln!(f, "acknowledged  {}", self.acknowledged)?;
        writeln!(f, "effects       {}, repeated because of a fault under {} keys", self.effects, self.repeated)?;
        for violation in self.violations.iter().take(PRINTED) {
            writeln!(f, "violation     {violation}")?;
        }
        let verdict =
            if self.is_clean() { "clean".to_owned() } else { format!("{} VIOLATIONS", self.violations.len()) };
        write!(f, "verdict       {verdict}")
    }
}
