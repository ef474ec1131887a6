use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::evidence::{Fault, FaultKind};

/// Violations that are printed.
const PRINTED: usize = 20;

/// What the checker found.
#[derive(Debug, Clone)]
pub struct Verdict {
    pub(crate) faults: Vec<Fault>,
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
        let mut kinds: BTreeMap<FaultKind, (usize, Duration)> = BTreeMap::new();
        for fault in &self.faults {
            let (count, longest) = kinds.entry(fault.kind).or_default();
            (*count, *longest) = (*count + 1, (*longest).max(fault.until - fault.from));
        }
        let kinds = kinds
            .iter()
            .map(|(kind, (count, longest))| format!("{kind:?} {count} (at most {:.1} s)", longest.as_secs_f64()));
        writeln!(f, "faults        {}", kinds.collect::<Vec<_>>().join(", "))?;
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
