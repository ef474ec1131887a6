//! The ports that only read, one file each.
//!
//! Every statement names the tenant (`organization_id = $1`), on `PostgreSQL` besides row-level
//! security, on `SQLite` instead of it. Lists are keyset pages ([`paging`]), whose statements an
//! index delivers in order, so that they cost the same whatever the number of rows.

mod access;
mod audit;
mod audit_rows;
mod delegations;
mod identity;
mod inbox;
mod job_pauses;
mod messages;
mod notifications;
mod organizations;
mod paging;
#[cfg(test)]
pub(crate) mod plans;
mod reading;
mod request_rows;
mod requests;
mod search;
mod sessions;
mod sql;
mod step_rows;
mod steps;
mod verifications;
mod workflow_documents;
mod workflow_rows;
mod workflows;
