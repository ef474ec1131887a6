use super::{EndSemantics, Limit, Limits, Verdict, is_exact, net_of_graph, verify};
use crate::problem::{Problem, ProblemCode};
use crate::workflow::Graph;

/// Whether a compiled graph is sound. Where its net is an approximation, only soundness is certain.
pub fn verify_graph(graph: &Graph, ends: EndSemantics, limits: Limits<'_>) -> Verdict {
    match verify(&net_of_graph(graph, ends), limits) {
        Verdict::Unsound { violation, .. } if !is_exact(graph) => {
            Verdict::Unknown { limit: Limit::Approximation(violation.to_string()) }
        }
        verdict => verdict,
    }
}

impl Verdict {
    /// The problem that keeps the graph from being published; `None` unless it is unsound.
    pub fn problem(&self) -> Option<Problem> {
        let Self::Unsound { violation, trace } = self else { return None };
        let steps: Vec<String> = trace
            .steps
            .iter()
            .map(|step| match &step.outcome {
                Some(outcome) => format!("{} ({outcome})", step.name),
                None => step.name.clone(),
            })
            .collect();
        let run = if steps.is_empty() { String::new() } else { format!(", after {}", steps.join(" → ")) };
        Some(Problem::new(ProblemCode::Unsound, "steps", format!("{violation}{run}")))
    }

    /// SOUND, UNSOUND or UNKNOWN, with the reason where there is one: for the audit log.
    pub fn in_words(&self) -> String {
        match self {
            Self::Sound => "SOUND".to_owned(),
            Self::Unsound { violation, .. } => format!("UNSOUND: {violation}"),
            Self::Unknown { limit } => format!("UNKNOWN: {limit}"),
        }
    }
}
