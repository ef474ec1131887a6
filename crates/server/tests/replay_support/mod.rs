//! Logs, databases, and the comparison of an audit export with a log.

mod database;
mod export;
mod log;

pub use database::{PostgresDatabase, SqliteDatabase};
pub use export::compare_export;
pub use log::{Log, full};

/// Tells whoever reads the test's output.
#[expect(clippy::print_stdout, reason = "a skipped test says so, and a long one how long it took")]
pub fn say(text: &str) {
    println!("{text}");
}
