//! `nexusflow replay`: a real event log through the real API.
//!
//! Every case becomes a request, every event a completion by the log's own people, who sign in and
//! call GraphQL over HTTP; the server's clock shows the log's time, and timers fire at their own.
//! The mined graph is imported as a workflow; which way each case takes through its choices is found
//! by searching the pure domain. A case that no run explains stops at its first impossible event.
//! Afterwards the server's records are read back and compared with the log.
//!
//! Timers fire up to the time of the log's last event and not beyond: what is open then stays open,
//! with its deadlines to come.

mod args;
mod check;
mod client;
mod drive;
mod host;
mod journal;
mod log;
mod operations;
mod plan;
mod probe;
mod report;
mod run;
mod setup;
mod staff;
mod table;
mod team;
mod timers;

pub use args::ReplayArgs;
pub(crate) use host::sqlite_url;
pub use report::{Deviation, Report};
pub(crate) use run::progress;
pub use run::{replay, run};
pub(crate) use timers::advance;
