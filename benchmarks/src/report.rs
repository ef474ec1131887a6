use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Serialize;

use crate::bench::Sizes;
use crate::cpu::Cpu;
use crate::database::Place;
use crate::rounds::Round;
use crate::stats::Spread;

/// Everything that a run found.
#[derive(Serialize)]
pub struct Report {
    /// Processors of the machine.
    pub processors: usize,
    /// Of the databases.
    pub versions: Vec<String>,
    pub sizes: Sizes,
    pub rows: Vec<Row>,
}

impl Report {
    pub fn new(sizes: Sizes) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        Self { processors, versions: Vec::new(), sizes, rows: Vec::new() }
    }

    /// Writes it as JSON; folders that are missing are made.
    pub fn write(&self, path: &Path) -> Result<()> {
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        let json = serde_json::to_string_pretty(self)? + "\n";
        fs::write(path, json).with_context(|| format!("cannot write {}", path.display()))
    }
}

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    pub database: &'static str,
    pub measure: String,
    pub unit: &'static str,
    pub figure: Spread,
    pub against: Option<Against>,
    /// Of the ratio where there is one, else of the figure.
    pub goal: Option<Goal>,
    /// Whether the goal is met.
    pub met: Option<bool>,
}

/// What the figure is compared with.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Against {
    pub name: String,
    pub figure: Spread,
    pub ratio: Spread,
}

/// What is aimed at.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Goal {
    AtLeast(f64),
    AtMost(f64),
}

/// How two figures make a ratio.
#[derive(Debug, Clone, Copy)]
pub enum Ratio {
    OursToTheirs,
    TheirsToOurs,
}

impl Row {
    /// A figure that stands for itself.
    pub fn figure(database: &'static str, measure: impl Into<String>, unit: &'static str, figure: Spread) -> Self {
        Self { database, measure: measure.into(), unit, figure, against: None, goal: None, met: None }
    }

    /// A figure of each round beside the yardstick's of the same round; the ratio is the median of the
    /// rounds' ratios.
    pub fn compared(
        database: &'static str,
        measure: impl Into<String>,
        unit: &'static str,
        (name, ratio): (&str, Ratio),
        (rounds, figure): (&[Round], impl Fn(&Round) -> (f64, f64)),
    ) -> Self {
        let pairs: Vec<(f64, f64)> = rounds.iter().map(figure).collect();
        let ratios = pairs.iter().map(|(ours, theirs)| match ratio {
            Ratio::OursToTheirs => ours / theirs,
            Ratio::TheirsToOurs => theirs / ours,
        });
        let theirs = Spread::of(pairs.iter().map(|(_, theirs)| *theirs));
        let against = Against { name: name.to_owned(), figure: theirs, ratio: Spread::of(ratios) };
        let figure = Spread::of(pairs.iter().map(|(ours, _)| *ours));
        Self { against: Some(against), ..Self::figure(database, measure, unit, figure) }
    }

    /// With a goal.
    pub fn aiming(self, goal: impl Into<Option<Goal>>) -> Self {
        let goal = goal.into();
        let value = self.against.as_ref().map_or(self.figure, |against| against.ratio).median;
        let met = goal.map(|goal| match goal {
            Goal::AtLeast(least) => value >= least,
            Goal::AtMost(most) => value <= most,
        });
        Self { goal, met, ..self }
    }
}

/// Milliseconds of processor time that each of our operations took.
fn cpu_row(place: &Place, measure: String, rounds: &[Round], part: impl Fn(Cpu) -> Duration) -> Row {
    Row::figure(place.name(), measure, "ms", Spread::of(rounds.iter().map(|round| round.ours.cpu_of(&part))))
}

/// What an operation costs in all and, where the database has processes of its own, in each part.
pub fn cpu_rows(place: &Place, measure: &str, rounds: &[Round]) -> Vec<Row> {
    let name = |part: &str| format!("{measure}: processor time of one{part}");
    let mut rows = vec![cpu_row(place, name(""), rounds, Cpu::total)];
    if place.is_postgres() {
        rows.push(cpu_row(place, name(", server"), rounds, |cpu| cpu.server));
        rows.push(cpu_row(place, name(", database"), rounds, |cpu| cpu.database));
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_about_the_ratio_where_there_is_one() {
        let alone = Row::figure("", "", "ms", Spread::exactly(5.0));
        assert_eq!(alone.clone().aiming(Goal::AtMost(5.0)).met, Some(true));
        assert_eq!(alone.clone().aiming(Goal::AtLeast(6.0)).met, Some(false));
        assert_eq!(alone.clone().aiming(None).met, None);
        let ratio = Spread::exactly(2.0);
        let against = Some(Against { name: String::new(), figure: Spread::exactly(2.5), ratio });
        assert_eq!(Row { against, ..alone }.aiming(Goal::AtMost(2.0)).met, Some(true));
    }
}
