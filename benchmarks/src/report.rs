use std::time::Duration;

/// The median and the 95th percentile of a measure's samples.
#[derive(Debug, Clone, Copy)]
pub struct Summary {
    pub median: Duration,
    pub p95: Duration,
}

impl Summary {
    /// Of at least one sample.
    pub fn of(mut samples: Vec<Duration>) -> Self {
        samples.sort_unstable();
        let at = |percent: usize| samples[(samples.len() - 1) * percent / 100];
        Self { median: at(50), p95: at(95) }
    }

    /// How many times as long the median takes as another's.
    pub fn ratio(self, other: Self) -> f64 {
        self.median.as_secs_f64() / other.median.as_secs_f64()
    }
}

/// One line of the table.
#[derive(Debug)]
pub struct Row {
    pub database: &'static str,
    pub measure: String,
    pub summary: Summary,
    /// Against what, and the ratio of the medians.
    pub ratio: Option<(String, f64)>,
}

/// The table, ratios beside figures.
pub fn table(rows: &[Row]) -> String {
    let head = format!("{:<11}{:<52}{:>12}{:>12}  ratio\n", "database", "measure", "median", "95 %");
    let lines = rows.iter().map(|row| {
        let ratio = row.ratio.as_ref().map_or_else(String::new, |(against, ratio)| format!("{ratio:.2} × {against}"));
        let (median, p95) = (millis(row.summary.median), millis(row.summary.p95));
        format!("{:<11}{:<52}{median:>12}{p95:>12}  {ratio}\n", row.database, row.measure)
    });
    [head].into_iter().chain(lines).collect()
}

fn millis(duration: Duration) -> String {
    format!("{:.3} ms", duration.as_secs_f64() * 1_000.0)
}
