//! The model of a database.

mod access;
mod administration;
mod audit;
mod changes;
mod delegations;
mod identity;
mod job_pauses;
mod jobs;
mod mails;
mod maintenance;
mod messages;
mod notifications;
mod organizations;
mod owners;
mod paging;
mod recount;
mod requests;
mod sessions;
mod steps;
mod store;
mod unit;
mod unit_steps;
mod verifications;
mod workflow_changes;
mod workflows;
mod world;

pub use store::MemoryStore;
