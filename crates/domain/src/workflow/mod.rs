//! Workflow definitions: the document people exchange, the compiled graph requests run on, its
//! validation, and the token game that moves a request through it.

mod advance;
mod candidate;
pub mod condition;
mod directory;
mod document;
mod graph;
mod graph_problems;
mod key;
mod mined;
mod reachability;
mod sla;
mod sla_problems;
mod status;
mod validate;
pub mod verification;

pub use advance::{AdvanceError, MAX_MOVES, Marking, Move, advance};
pub use candidate::{Candidate, CandidateDocument, Separation};
pub use directory::{Directory, RoleFacts};
pub use document::{
    EndKind, JoinDocument, SplitDocument, StepDocument, StepKindDocument, TransitionDocument, WorkflowDocument,
};
pub use graph::{Graph, HumanKind, HumanStep, Join, Split, Step, StepIx, StepKind, Transition, TransitionIx};
pub use key::{InvalidOutcome, InvalidStepKey, Outcome, StepKey};
pub use mined::{ImportReport, MinedGraph, choice_variable, import_mined_graph};
pub use sla::{EscalationAction, EscalationRung, NotifyTarget, Priority, Sla, StepSla};
pub use status::{VersionStatus, WorkflowStatus};
pub use validate::{MAX_STEPS, MAX_TRANSITIONS, compile};
