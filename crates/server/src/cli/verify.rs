use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use nexusflow_domain::workflow::verification::{DEFAULT_BYTES, EndSemantics, Limits, verify, verify_graph};

use super::arguments::VerifyArgs;
use super::verify_input::{Candidate, Located, Translated, candidates, translate};
use super::verify_line::{Finding, verdict_line};
use crate::output;

/// How long one graph may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// A line of JSON for each graph on standard output; what is no graph is an error on standard error,
/// and makes the exit code 1. What a graph's verdict is does not.
pub(super) fn run(args: &VerifyArgs) -> anyhow::Result<ExitCode> {
    let mut failed = false;
    for path in &args.files {
        for candidate in candidates(path) {
            match candidate.and_then(|candidate| decide(path, &candidate, args.end_semantics.into())) {
                Ok(line) => output::line(line)?,
                Err(error) => {
                    failed = true;
                    output::error(&error.into());
                }
            }
        }
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn decide(path: &Path, candidate: &Candidate, ends: EndSemantics) -> Result<String, Located> {
    let begun = Instant::now();
    let expired = || begun.elapsed() >= PATIENCE;
    let limits = Limits { expired: &expired, bytes: DEFAULT_BYTES };
    let finding = match translate(path, candidate, ends)? {
        Translated::Net(net) => Finding::Verdict(verify(&net, limits)),
        Translated::Graph(graph) => Finding::Verdict(verify_graph(&graph, ends, limits)),
        Translated::Broken(problems) => Finding::Broken(problems),
    };
    Ok(verdict_line(path, candidate.line, &finding, begun.elapsed()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_says_where_the_graph_is() {
        let candidate = Candidate { line: 3, text: br#"{"nodes": [{"id": "a"}], "edges": []}"#.to_vec() };
        let line = decide(Path::new("some.jsonl"), &candidate, EndSemantics::Bpmn).unwrap();
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!((&value["file"], &value["line"]), (&"some.jsonl".into(), &3.into()));
        assert_eq!(value["verdict"], "SOUND");
        assert!(value["millis"].is_number() && value["trace"] == serde_json::json!([]), "{line}");
    }
}
