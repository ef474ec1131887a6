//! The engine's pure core: a request's state, its events, and the two total functions
//! [`decide`] (what a command leads to, or why it is refused) and [`evolve`] (what an event makes of
//! the state). Folding [`evolve`] over a request's journal gives its state exactly.

mod boundary;
mod branch;
mod command;
mod decide;
mod due;
mod event;
mod evolve;
mod explore;
mod operate;
mod policy;
mod readiness;
mod refusal;
mod route;
mod run;
mod state;
mod stuck;
mod vote;
mod waiting;

pub use branch::{Branching, Way, branching};
pub use command::{Command, Context, StartRequest};
pub use decide::decide;
pub use event::{EscalationRecord, EscalationResult, FailureReason, RequestEvent};
pub use evolve::{evolve, fold};
pub use explore::{Choice, ExplainedEvent, Explanation, ExplorationTooLarge, explain};
pub use policy::{Asking, excluded_users, may_act};
pub use refusal::Refusal;
pub use state::{
    ArmedTimer, AwaitedStep, DeadlineClock, Lifecycle, OpenScope, OpenStep, Pursuit, RequestState, RequestStatus,
    RequestStepStatus, Work,
};
pub use stuck::stuck;
pub use vote::counted_roles;
pub use waiting::{WaitReason, WaitingFor, waiting_for};
