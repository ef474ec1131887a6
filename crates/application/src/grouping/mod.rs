//! Work that is done together: what comes while earlier work is under way waits, and is then taken all at once.

mod batcher;
mod queue;

pub(crate) use batcher::{Batcher, Ticket, Work};
pub(crate) use queue::Limits;
