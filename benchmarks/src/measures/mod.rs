//! One module per measure; each works on databases of its own.

mod approval;
mod automatic;
mod core;
mod growth;
mod http;
mod latency;
mod lists;
mod memory;
mod nested;
mod nested_statement;
mod transitions;

use anyhow::Result;

use crate::bench::Bench;
use crate::database::Place;
use crate::report::Row;

/// What can be measured, by the names of the command line, in the order of the documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Measure {
    /// Step transitions through the engine's port, many callers
    Transitions,
    /// The same over HTTP
    Http,
    /// A transition of one caller alone
    Latency,
    /// Requests of automatic steps, from start to completion, and their processor time
    Automatic,
    /// Requests with an approval: the slowest approvals
    Approval,
    /// A page of requests with workflow and steps
    Nested,
    /// First pages of inbox and request list, at few and at many requests
    Lists,
    /// The first measure in a database that has grown (`PostgreSQL`)
    Growth,
    /// The pure core alone
    Core,
    /// Memory of the server, and its start
    Memory,
}

impl Measure {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Transitions => "transitions",
            Self::Http => "http",
            Self::Latency => "latency",
            Self::Automatic => "automatic",
            Self::Approval => "approval",
            Self::Nested => "nested",
            Self::Lists => "lists",
            Self::Growth => "growth",
            Self::Core => "core",
            Self::Memory => "memory",
        }
    }

    /// Whether there is something to measure there. The core knows no database: it is measured once.
    pub const fn is_for(self, place: &Place) -> bool {
        match self {
            Self::Core => !place.is_postgres(),
            Self::Growth => place.is_postgres(),
            _ => true,
        }
    }

    pub async fn run(self, bench: &Bench) -> Result<Vec<Row>> {
        match self {
            Self::Transitions => transitions::measure(bench).await,
            Self::Http => http::measure(bench).await,
            Self::Latency => latency::measure(bench).await,
            Self::Automatic => automatic::measure(bench).await,
            Self::Approval => approval::measure(bench).await,
            Self::Nested => nested::measure(bench).await,
            Self::Lists => lists::measure(bench).await,
            Self::Growth => growth::measure(bench).await,
            Self::Core => core::measure(bench),
            Self::Memory => memory::measure(bench).await,
        }
    }
}
