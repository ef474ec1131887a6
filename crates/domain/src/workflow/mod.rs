//! Workflow definitions: the document people exchange, the compiled graph requests run on, its
//! validation, and the token game that moves a request through it.

mod advance;
mod candidate;
mod compile_flow;
mod compile_quorum;
pub mod condition;
mod directory;
mod document;
pub mod expression;
mod flow;
mod graph;
mod graph_problems;
mod joins;
mod key;
mod mined;
mod position;
mod quorum;
mod reachability;
mod sla;
mod sla_problems;
mod staffing;
mod status;
mod token;
mod typing;
mod validate;
pub mod verification;

pub use advance::{AdvanceError, Entry, MAX_BRANCHES, MAX_MOVES, Made, Move, Player, Taken, advance, make};
pub use candidate::{Candidate, CandidateDocument, Separation};
pub use directory::{Directory, Holders, RoleFacts};
pub use document::{EndKind, ScopeDocument, StepDocument, StepKindDocument, TransitionDocument, WorkflowDocument};
pub use flow::{
    BoundaryDocument, JoinDocument, LateArrivals, Milestone, SplitDocument, TimerDocument, TriggerDocument,
    WaitDocument,
};
pub use graph::{
    Boundary, Graph, HumanKind, HumanStep, Join, Scope, Split, Step, StepIx, StepKind, Timer, Transition, TransitionIx,
    Trigger, UNNAMED_ERROR, VISIT_LIMIT,
};
pub use joins::waiting;
pub use key::{InvalidOutcome, InvalidStepKey, Outcome, StepKey};
pub use mined::{ImportReport, MinedGraph, choice_variable, import_mined_graph};
pub use position::{Occupant, Position};
pub use quorum::{ApprovalDocument, Electorate, Quorum, QuorumDocument, QuorumRule, Vote};
pub use sla::{EscalationAction, EscalationRung, NotifyTarget, Priority, Sla, StepSla};
pub use staffing::staffing_problems;
pub use status::{VersionStatus, WorkflowStatus};
pub use token::{Frame, FrameId, Frames, Marking, Token};
pub use typing::type_warnings;
pub use validate::{MAX_STEPS, MAX_TRANSITIONS, compile};
