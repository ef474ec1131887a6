use crate::report::{Goal, Row};
use crate::stats::Spread;

const HEAD: [&str; 7] = ["database", "measure", "figure", "yardstick", "ratio", "goal", ""];

/// The rows as a table, ratios beside figures, goals beside ratios.
pub fn table(rows: &[Row]) -> String {
    let lines: Vec<[String; 7]> = [HEAD.map(str::to_owned)].into_iter().chain(rows.iter().map(line)).collect();
    let mut widths = [0; 7];
    for cells in &lines {
        for (width, cell) in widths.iter_mut().zip(cells) {
            *width = cell.chars().count().max(*width);
        }
    }
    let padded = lines.iter().map(|cells| {
        let cells: Vec<String> = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        cells.join("  ").trim_end().to_owned() + "\n"
    });
    padded.collect()
}

fn line(row: &Row) -> [String; 7] {
    let against = row.against.as_ref();
    let times = if against.is_some() { "×" } else { row.unit };
    let goal = row.goal.map(|goal| match goal {
        Goal::AtLeast(least) => format!("≥ {least} {times}"),
        Goal::AtMost(most) => format!("≤ {most} {times}"),
    });
    let met = row.met.map(|met| if met { "met" } else { "missed" });
    [
        row.database.to_owned(),
        row.measure.clone(),
        shown(row.figure, row.unit),
        against.map_or_else(String::new, |against| format!("{}: {}", against.name, shown(against.figure, row.unit))),
        against.map_or_else(String::new, |against| shown(against.ratio, "×")),
        goal.unwrap_or_default(),
        met.unwrap_or_default().to_owned(),
    ]
}

/// The median, and the spread where there is one.
fn shown(spread: Spread, unit: &str) -> String {
    let Spread { median, least, most } = spread;
    if least.to_bits() == most.to_bits() {
        return format!("{} {unit}", rounded(median));
    }
    format!("{} {unit} ({}–{})", rounded(median), rounded(least), rounded(most))
}

/// Three digits at least, none that say nothing.
fn rounded(value: f64) -> String {
    let digits = if value >= 100.0 {
        0
    } else if value >= 10.0 {
        1
    } else {
        3
    };
    format!("{value:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Against;

    #[test]
    fn ratios_stand_beside_figures_and_goals_beside_ratios() {
        let against = Against {
            name: "plain".to_owned(),
            figure: Spread::exactly(2_000.0),
            ratio: Spread { median: 6.25, least: 6.0, most: 6.5 },
        };
        let row = Row::figure("PostgreSQL", "transitions", "/s", Spread::exactly(12_500.4));
        let row = Row { against: Some(against), ..row }.aiming(Goal::AtLeast(6.0));
        let table = table(&[row]);
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(lines[0], "database    measure      figure    yardstick       ratio                  goal");
        assert_eq!(lines[1], "PostgreSQL  transitions  12500 /s  plain: 2000 /s  6.250 × (6.000–6.500)  ≥ 6 ×  met");
    }
}
