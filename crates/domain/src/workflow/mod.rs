//! Workflow definitions: the document people exchange, the compiled graph requests run on, its
//! validation, and the token game that moves a request through it.

mod action_step;
mod advance;
mod call_step;
mod candidate;
mod compile_action;
mod compile_flow;
mod compile_quorum;
mod compile_work;
pub mod condition;
mod directory;
mod document;
pub mod expression;
mod flow;
mod graph;
mod graph_problems;
mod job_step;
mod joins;
mod key;
mod message;
mod mined;
mod multi;
mod position;
mod quorum;
mod reachability;
mod sla;
mod sla_problems;
mod staffing;
mod status;
mod step;
mod token;
mod typing;
mod validate;
pub mod verification;

pub use action_step::{
    Action, ActionKind, BUILT_IN, Body, BodyDocument, EmailAction, EmailDocument, HttpAction, HttpDocument, HttpMethod,
    InlineAction, NotifyDocument,
};
pub use advance::{AdvanceError, Entry, MAX_BRANCHES, MAX_MOVES, Made, Move, Player, Taken, advance, make};
pub use call_step::{CallDocument, CallStep, CalledVersion, MAX_CALL_DEPTH};
pub use candidate::{Candidate, CandidateDocument, Separation};
pub use directory::{Directory, Holders, RoleFacts};
pub use document::{EndKind, ScopeDocument, StepDocument, StepKindDocument, TransitionDocument, WorkflowDocument};
pub use flow::{
    BoundaryDocument, JoinDocument, LateArrivals, Milestone, SplitDocument, TimerDocument, TriggerDocument,
    WaitDocument,
};
pub use graph::{Graph, Scope, StepIx, Transition, TransitionIx};
pub use job_step::{AgentDocument, Backoff, JobKind, JobStep, Retry, ServiceDocument};
pub use joins::waiting;
pub use key::{InvalidOutcome, InvalidStepKey, Outcome, StepKey};
pub use message::{MessageDocument, MessageWait};
pub use mined::{ImportReport, MinedGraph, choice_variable, import_mined_graph};
pub use multi::{Completion, CompletionDocument, Multi, MultiDocument, MultiMode, Remaining};
pub use position::{Occupant, Position};
pub use quorum::{ApprovalDocument, Electorate, Quorum, QuorumDocument, QuorumRule, Vote};
pub use sla::{EscalationAction, EscalationRung, NotifyTarget, Priority, Sla, StepSla};
pub use staffing::staffing_problems;
pub use status::{VersionStatus, WorkflowStatus};
pub use step::{
    Boundary, HumanKind, HumanStep, Join, Split, Step, StepKind, Timer, Trigger, UNNAMED_ERROR, VISIT_LIMIT, Wait,
};
pub use token::{Frame, FrameId, Frames, Marking, Token};
pub use typing::type_warnings;
pub use validate::{MAX_STEPS, MAX_TRANSITIONS, compile};
