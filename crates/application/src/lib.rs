//! Use cases and the ports they need.
//!
//! A use case reads: authorise, load, decide, commit. It takes a [`Call`] (who, from where) and
//! answers with data, a [`Refused`] that a client can act on, or a [`StoreError`] that it cannot.
//! Ports are coarse `dyn` traits named after what the use cases need; adapters implement them in
//! other crates and never see each other. Writes and private reads take a [`access::Permit`] or a
//! scope made from one, so that a forgotten check does not compile. To add a use case: put it in
//! its context's service, add what it needs to a port, then to the fake, the contract suite and the
//! stores.

pub mod access;
pub mod administration;
mod application;
mod call;
mod error;
#[cfg(feature = "fakes")]
pub mod fakes;
mod grouping;
mod idempotency;
pub mod identity;
mod input;
pub mod insight;
mod page;
pub mod platform;
pub mod request;
pub mod workflow;

pub use application::{Application, Ports};
pub use call::Call;
pub use error::{Error, Refused, Result, StoreError};
pub use idempotency::{IdempotencyEntry, IdempotencyRecord, Replay};
pub use page::{Cursor, CursorValue, Edge, Page, PageRequest};
