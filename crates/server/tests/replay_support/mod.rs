//! Logs, and the comparison of an audit export with a log.

mod export;
mod log;

pub use export::compare_export;
pub use log::{Log, full};
