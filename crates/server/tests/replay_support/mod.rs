//! Logs, and the comparison of an audit export with a log.

#![allow(dead_code, unused_imports, clippy::allow_attributes, reason = "every test binary uses a part of it")]

mod export;
mod log;

pub use export::compare_export;
pub use log::{Log, full};
