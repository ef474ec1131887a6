//! The GraphQL API: types, resolvers, loaders, SDL, and how they are reached.
//!
//! Types are ours and made `From` the application's models; resolvers hold no logic: they read
//! their input, call one use case and shape the answer. What a client can act on comes back as data
//! ([`error::DomainError`]), what it cannot as a top-level error with a code ([`http::Code`]).
//! Modules are named after the contexts of the design. To add a field: put it on its object's file,
//! describe it, name who may read it in `access/guards`, and write the schema file anew
//! (`cargo xtask schema --write`).

pub mod access;
mod connection;
mod context;
pub mod error;
pub mod http;
mod identity;
mod insight;
pub mod limits;
mod loader;
mod node_id;
mod platform;
mod request;
mod scalar;
mod schema;
mod workflow;

pub use context::{Caller, caller_data, require_call};
pub use node_id::{AuditRecordKey, EscalationKey, RequestStepKey, WorkflowStepKey};
pub use request::JournalPoll;
pub use schema::{ApiSchema, MutationRoot, QueryRoot, SubscriptionRoot, schema_builder, sdl};
