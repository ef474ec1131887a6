use super::forgetting::forget_ended_branches;
use super::precision::left_out;
use super::token_game::play_out;
use super::{EndSemantics, Limit, Limits, Verdict, Violation, is_exact, net_of_graph, verify};
use crate::problem::{Problem, ProblemCode};
use crate::workflow::Graph;

/// Whether a compiled graph is sound. Where its net is an approximation, the
/// token game is played out; where that says nothing either, only what is certain is told.
pub fn verify_graph(graph: &Graph, ends: EndSemantics, limits: Limits<'_>) -> Verdict {
    let mut net = net_of_graph(graph, ends);
    let mut verdict = verify(&net, limits);
    let crowded = matches!(&verdict, Verdict::Unsound { violation: Violation::TwoTokens { .. }, .. });
    if crowded && forget_ended_branches(&mut net) {
        verdict = verify(&net, limits);
    }
    let unknown = match verdict {
        Verdict::Unsound { violation, .. } if !is_certain(graph, &violation) => {
            Limit::Approximation(violation.to_string())
        }
        Verdict::Sound => match left_out(graph) {
            Some(what) => Limit::LeftOut(what),
            None => return Verdict::Sound,
        },
        Verdict::Unsound { .. } | Verdict::Unknown { .. } => return verdict,
    };
    let played = if ends == EndSemantics::Bpmn { play_out(graph, limits) } else { None };
    played.unwrap_or(Verdict::Unknown { limit: unknown })
}

/// Whether a fault of the net is one of the graph. A step that never occurs in a net with more runs than
/// the graph does not occur in the graph either.
fn is_certain(graph: &Graph, violation: &Violation) -> bool {
    let has_every_run = || graph.gathering().is_empty() && left_out(graph).is_none();
    is_exact(graph) || (matches!(violation, Violation::DeadSteps { .. }) && has_every_run())
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
