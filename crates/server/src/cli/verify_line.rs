use std::path::Path;
use std::time::Duration;

use nexusflow_domain::problem::Problem;
use nexusflow_domain::workflow::verification::{TraceStep, Verdict};
use serde::Serialize;

/// What there is to say about a graph.
pub(super) enum Finding {
    /// What verification found.
    Verdict(Verdict),
    /// Steps without a way in or out, which leave nothing to explore.
    Broken(Vec<Problem>),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told<'a> {
    file: &'a str,
    /// Of the file, counted from 1: where the graph begins.
    line: usize,
    verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    violation: Option<&'static str>,
    reason: String,
    trace: &'a [TraceStep],
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_is_shortest: Option<bool>,
    millis: f64,
}

/// The finding as a JSON object on one line.
pub(super) fn verdict_line(path: &Path, line: usize, finding: &Finding, took: Duration) -> String {
    let file = path.to_string_lossy();
    let mut told = Told {
        file: &file,
        line,
        verdict: "SOUND",
        violation: None,
        reason: "every run can be completed, every step can occur, no edge ever holds two tokens".to_owned(),
        trace: &[],
        trace_is_shortest: None,
        millis: (took.as_secs_f64() * 1e6).round() / 1e3,
    };
    match finding {
        Finding::Verdict(Verdict::Sound) => {}
        Finding::Verdict(Verdict::Unsound { violation, trace }) => {
            told.verdict = "UNSOUND";
            told.violation = Some(violation.code());
            told.reason = violation.to_string();
            told.trace = &trace.steps;
            told.trace_is_shortest = Some(trace.is_shortest);
        }
        Finding::Verdict(Verdict::Unknown { limit }) => {
            told.verdict = "UNKNOWN";
            told.reason = limit.to_string();
        }
        Finding::Broken(problems) => {
            told.verdict = "UNSOUND";
            let texts: Vec<String> = problems.iter().map(|p| format!("{}: {}", p.path, p.message)).collect();
            told.reason = texts.join("; ");
        }
    }
    // Strings, numbers and lists of them always have a JSON form.
    serde_json::to_string(&told).unwrap_or_default()
}
