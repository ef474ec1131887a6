//! Logs, databases, and the comparison of an audit export with a log.

mod database;
mod export;
mod log;

pub use database::{PostgresDatabase, SqliteDatabase};
pub use export::compare_export;
pub use log::{Log, full};
