//! The pure heart of NexusFlow: vocabulary, graphs, and the two total functions
//! [`request::decide`] and [`request::evolve`] that every change of a request goes through.
//!
//! This crate does no I/O, knows no clock, cannot be async and sees no ORM. The current time, new
//! ids and the acting person come in through arguments. Modules are named after contexts; the same
//! names stand in every layer. To add a feature, find its context here first, then follow the name
//! outwards through `application` and the adapters.

pub mod access;
pub mod duration;
pub mod identity;
pub mod ids;
pub mod insight;
pub mod problem;
pub mod request;
mod text_enum;
pub mod workflow;

pub use text_enum::UnknownText;

/// An instant in UTC, kept to the microsecond (PostgreSQL's resolution) by the clock port.
pub type Timestamp = chrono::DateTime<chrono::Utc>;

/// A JSON object: request variables, step configuration.
pub type JsonMap = serde_json::Map<String, serde_json::Value>;
