//! What fuzzing does with bytes, a function each: it fails by panicking, whatever the bytes are.
//!
//! The fuzzer in `fuzz/` and the tests here call the same functions, the tests on seeded inputs. To add a target:
//! a function here, a file in `fuzz/fuzz_targets`, and its name in `fuzz/Cargo.toml` and in the test.

#![expect(clippy::missing_panics_doc, reason = "that is how a target fails")]

mod commands;
mod document;
mod expression;
mod people;
mod player;
mod workflow;

pub use commands::commands;
pub use document::document;
pub use expression::{cel, condition};
pub use workflow::Workflow;
