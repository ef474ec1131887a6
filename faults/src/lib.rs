//! The fault harness: real servers under load, which are killed, frozen, cut from their database, and whose
//! clocks jump; and a checker, which proves from what is left that nothing was lost and nothing done twice.
//!
//! It knows NexusFlow from the outside only: its program, its API over HTTP and its exported journal, and judges
//! by what it noted itself. `cargo xtask faults` runs it, and the server's tests do so in a short form. To add a
//! fault: a variant of [`evidence::FaultKind`] and its arm in `storm.rs`. To add a rule: a function in `checks`.

mod actors;
mod addresses;
mod api;
mod checks;
mod database;
mod documents;
mod ending;
mod evidence;
mod journal;
mod office;
mod random;
mod run;
mod sabotage;
mod server;
mod sink;
mod storm;
mod verdict;

pub use database::DatabaseKind;
pub use run::{Finished, Plan, run};
pub use sabotage::Sabotage;
pub use verdict::Verdict;
