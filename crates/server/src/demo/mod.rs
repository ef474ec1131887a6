//! `nexusflow demo`: a municipality with a building-permit process, on a database of its own.
//!
//! The first run sets the organization up and plays generated requests through the use cases, on a
//! virtual clock that goes from some weeks ago to now. A later run finds what is there and adds only
//! what is missing. Then the demo serves, on real time. All its people share a documented password,
//! hence it listens on loopback unless told otherwise.

mod args;
mod building_permit;
mod cast;
mod folk;
mod mail;
mod play;
mod random;
mod run;
mod schedule;
mod serve;
mod setup;
mod summary;
mod work;

pub use args::DemoArgs;
pub use run::{prepare, run};
pub use summary::Summary;
