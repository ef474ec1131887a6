//! The model of a database.

mod access;
mod administration;
mod audit;
mod changes;
mod delegations;
mod identity;
mod job_pauses;
mod jobs;
mod maintenance;
mod messages;
mod notifications;
mod owners;
mod paging;
mod recount;
mod requests;
mod steps;
mod store;
mod unit;
mod unit_steps;
mod workflow_changes;
mod workflows;
mod world;

pub use store::MemoryStore;
