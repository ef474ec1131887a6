//! Versioned changes of `NexusFlow`'s schema, for `PostgreSQL` and `SQLite`.
//!
//! It knows no other crate of `NexusFlow`, no entities and no ORM models: a migration is plain DDL per
//! database, in `src/sql`, because code that changes later must not change what an old migration did.
//!
//! Servers and tests call [`connect_and_up`] with a URL, or [`up`] with a connection that they hold
//! (a database in memory); [`status`] tells whether a database is up to date.
//!
//! # Adding a migration
//!
//! 1. Write `src/mYYYYMMDD_HHMMSS_verb_noun.rs` and its scripts, up and down, for both databases. Never
//!    change one that was released; expand first, contract in a later release.
//! 2. Append it to the list in `migrator.rs` and to the pinned list in `tests/names.rs`.
//! 3. Give a new table `organization_id`, first in its indexes, and on `PostgreSQL` row-level security,
//!    its two policies and its grants, as `sql/row_security/up.sql` does. A test walks all tables, and
//!    asks for sample rows in `tests/sql`.
//!
//! All pending migrations run in one transaction, so a migration cannot use `CREATE INDEX
//! CONCURRENTLY` or `VACUUM`.
//!
//! # Row-level security
//!
//! The application's login is a member of `nexusflow_app` (tenants' work) and `nexusflow_system`
//! (workers, sign-in, verification), and opens each transaction with
//! `SELECT set_config('role', 'nexusflow_app', true), set_config('nexusflow.organizations', $1, true)`,
//! where `$1` is a comma-separated list of ids. Without the setting nothing is seen and nothing can be
//! written.
//!
//! The login that migrates becomes a member of both roles. Another login needs
//! `GRANT nexusflow_app, nexusflow_system TO that_login` once; it then owns no table, and can call
//! [`status`] but not [`up`].

mod connection;
mod ddl;
mod m20261120_090000_configure_sqlite;
mod m20261120_090100_create_cluster_roles;
mod m20261120_090150_create_plans;
mod m20261120_090200_create_identity;
mod m20261120_090300_create_access;
mod m20261120_090400_create_workflow;
mod m20261120_090500_create_request;
mod m20261120_090550_create_messages;
mod m20261120_090600_create_insight;
mod m20261120_090700_create_platform;
mod m20261120_090800_create_partitions;
mod m20261120_090900_enable_row_security;
mod m20261121_090000_create_statistics_function;
mod m20261121_100000_create_delegations;
mod m20261122_090000_create_sessions;
mod m20261122_100000_create_verifications;
mod m20261122_100100_create_mails;
mod migrator;
mod run;
mod sqlite;

pub use connection::connect;
pub use migrator::Migrator;
pub use run::{MigrationState, connect_and_up, down, fresh, states, status, up};
/// What statements on a [`connect`]ion need, for tests that make databases of their own.
pub use sea_orm_migration::sea_orm::ConnectionTrait;
pub use sea_orm_migration::{DbErr, MigratorTrait};
