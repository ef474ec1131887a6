//! One contract suite per port: what every store must do, the in-memory fake, SQLite and PostgreSQL
//! alike.
//!
//! It knows the application and its fakes, never a store. A contract is an `async fn` over a
//! [`Harness`], an empty database behind the storage ports; it fails by panicking or by an error. A
//! store's tests hand [`contract_suites`] a function that makes such a database. To add a contract:
//! write it in its port's module and name it in the list in `suites.rs`, or a test here fails.

#![expect(clippy::missing_panics_doc, reason = "contracts fail by panicking")]
#![expect(missing_docs, reason = "the name of a contract says what it demands")]

mod bench;
mod hand;
mod harness;
mod paging;
mod suites;

pub mod access;
pub mod actions;
pub mod administration;
pub mod audit;
pub mod batches;
pub mod call_faults;
pub mod calls;
pub mod commits;
pub mod concurrency;
pub mod delegations;
pub mod documents;
pub mod flow;
pub mod grants;
pub mod idempotency;
pub mod identity;
pub mod inbox;
pub mod instances;
pub mod jobs;
pub mod limited_roles;
pub mod lists;
pub mod mails;
pub mod maintenance;
pub mod message_lists;
pub mod messages;
pub mod notifications;
pub mod pauses;
pub mod policy;
pub mod recounts;
pub mod retention;
pub mod retries;
pub mod sessions;
pub mod starts;
pub mod steps;
pub mod tenancy;
pub mod timers;
pub mod verifications;
pub mod versions;
pub mod workers;
pub mod workflows;

pub use bench::Bench;
pub use hand::Creation;
pub use harness::{Cleanup, Harness, StorePorts, run};
