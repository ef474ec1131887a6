//! The composition root of the `nexusflow` program: settings, telemetry, adapters put into the
//! application's ports, the HTTP server, background work and the command line.
//!
//! It may know every other crate, and holds no rule of the business. To add a setting: a field in
//! `settings/model.rs`; a command: a variant in `cli/arguments.rs` and a file beside it; a port: a
//! line in `compose.rs`.

pub mod cli;
pub mod compose;
pub mod database;
pub mod demo;
pub mod http;
pub mod output;
pub mod platform;
pub mod replay;
pub mod settings;
pub mod shutdown;
pub mod telemetry;
mod token_key;
pub mod worker;
