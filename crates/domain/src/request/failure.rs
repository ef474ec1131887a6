use serde::{Deserialize, Serialize};

use crate::workflow::{Graph, StepKey, UNNAMED_ERROR, VISIT_LIMIT};

/// Why a request failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FailureReason {
    /// An error end was reached.
    ErrorEnd(StepKey),
    /// Tokens wait at a join that nothing can reach any more.
    Deadlock(StepKey),
    /// A step would have started more often than it may.
    VisitLimit(StepKey),
    /// Timers that are always due already followed each other without end.
    EndlessTimers(StepKey),
}

/// The code of the error that a CALL step throws whose request failed without an error of its own.
pub const CALL_FAILED: &str = "CALL_FAILED";
/// The code of the error that a CALL step throws whose request was cancelled.
pub const CALL_CANCELLED: &str = "CALL_CANCELLED";
/// The code of the error that a CALL step throws whose request could not be started.
pub const CALL_REFUSED: &str = "CALL_REFUSED";

impl FailureReason {
    /// The code of the error that a request's caller is told.
    pub fn code<'a>(&self, graph: &'a Graph) -> &'a str {
        match self {
            Self::ErrorEnd(end) => {
                let code = graph.find(end).and_then(|ix| graph.step(ix).error_code.as_deref());
                code.unwrap_or(UNNAMED_ERROR)
            }
            Self::VisitLimit(_) => VISIT_LIMIT,
            Self::Deadlock(_) | Self::EndlessTimers(_) => CALL_FAILED,
        }
    }
}
