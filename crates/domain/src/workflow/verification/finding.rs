//! A verdict as it is stored with a published version and told to clients.

use serde::{Deserialize, Serialize};

use super::{TraceStep, Verdict};
use crate::problem::{Problem, ProblemCode};
use crate::text_enum::text_enum;

text_enum! {
    /// Whether a graph is sound.
    Soundness {
        /// Every run can be completed, properly; every step can occur.
        Sound = "SOUND",
        /// Some run cannot, or some step never occurs.
        Unsound = "UNSOUND",
        /// It could not be decided.
        Unknown = "UNKNOWN",
    }
}

/// What verification found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// The verdict.
    pub soundness: Soundness,
    /// What is wrong, or why it is not known; none of a sound graph.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// A run that shows what is wrong; empty where nothing shows it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trace: Vec<TraceStep>,
}

impl From<&Verdict> for Finding {
    fn from(verdict: &Verdict) -> Self {
        let (soundness, reason, trace) = match verdict {
            Verdict::Sound => (Soundness::Sound, None, Vec::new()),
            Verdict::Unsound { violation, trace } => {
                (Soundness::Unsound, Some(violation.to_string()), trace.steps.clone())
            }
            Verdict::Unknown { limit } => (Soundness::Unknown, Some(limit.to_string()), Vec::new()),
        };
        Self { soundness, reason, trace }
    }
}

impl Finding {
    /// What whoever publishes the graph should know although it keeps nobody from it.
    pub fn warning(&self) -> Option<Problem> {
        let reason = self.reason.as_ref().filter(|_| self.soundness == Soundness::Unknown)?;
        let message = format!("whether every run can be completed is not known: {reason}");
        Some(Problem::new(ProblemCode::SoundnessUnknown, "steps", message))
    }
}
