//! The engine's pure core: a request's state, its events, and the two total functions
//! [`decide`] (what a command leads to, or why it is refused) and [`evolve`] (what an event makes of
//! the state). Folding [`evolve`] over a request's journal gives its state exactly.

mod action;
mod action_call;
mod agenda;
mod boundary;
mod branch;
mod command;
mod decide;
mod due;
mod escalation;
mod event;
mod evolve;
mod explore;
mod failure;
mod instances;
mod mapping;
mod message;
mod open_step;
mod opening;
mod operate;
mod policy;
mod readiness;
mod refusal;
mod route;
mod run;
mod state;
mod status;
mod stuck;
mod vote;
mod waiting;
mod work;

pub use action_call::{ActionCall, CallBody, HttpCall, Mail};
pub use agenda::Subscriber;
pub use branch::{Branching, Way, branching};
pub use command::{ActionFailure, CallEnd, Command, Context, JobFailure, StartRequest};
pub use decide::{Decision, decide};
pub use escalation::{EscalationRecord, EscalationResult};
pub use event::{Notice, RequestEvent};
pub use evolve::{evolve, fold};
pub use explore::{Choice, ExplainedEvent, Explanation, ExplorationTooLarge, explain};
pub use failure::{CALL_CANCELLED, CALL_FAILED, CALL_REFUSED, FailureReason};
pub use open_step::{
    ArmedMessage, ArmedTimer, AwaitedMessage, AwaitedStep, Instance, InstanceEnd, Instances, JobWork, OpenScope,
    OpenStep, Pursuit, Work,
};
pub use policy::{Asking, excluded_users, may_act};
pub use refusal::Refusal;
pub use state::{Lifecycle, OpenedLate, Parent, RequestState};
pub use status::{DeadlineClock, RequestStatus, RequestStepStatus};
pub use stuck::stuck;
pub use vote::counted_roles;
pub use waiting::{WaitReason, WaitingFor, waiting_for};
