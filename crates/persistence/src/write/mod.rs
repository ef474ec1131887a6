//! Writes, and what only writers and `NexusFlow` itself read: one file or folder per port.

mod administration;
mod audit;
#[cfg(test)]
mod claim_plans;
mod claims;
mod idempotency;
mod jobs;
mod mails;
mod maintenance;
mod messages;
mod policy;
mod recount;
mod request;
mod sessions;
mod sql;

pub(crate) use claims::HOLDS;
