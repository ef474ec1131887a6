//! The ports on `SQLite` and `PostgreSQL`, by `SeaORM` and, where it is hot, by hand-written SQL.
//!
//! Rows and columns stay in here: what leaves is the application's model, what comes in is a scope
//! or a permit. Every statement runs in a transaction that [`Database`] opened for certain tenants;
//! on `PostgreSQL` row-level security holds it to them, on `SQLite` each statement's own
//! `organization_id` does. Statements use `$1`-style parameters, which both databases understand.
//! To add a read or a write: extend the port, its fake and its contract suite, then the store here.

mod arguments;
mod database;
mod encoding;
mod error;
mod patience;
mod read;
mod rows;
mod store;
mod transaction;
mod write;

pub use database::{Database, DatabaseOptions};
pub use store::Store;

/// The migration that this release's statements need: the last one of the `migration` crate.
pub const SCHEMA: &str = "m20261122_100100_create_mails";
