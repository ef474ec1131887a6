//! What belongs to no other context: nodes by id, notifications, idempotency.

mod idempotency;
mod node;
mod notification;
mod query;

pub(crate) use idempotency::replay;
pub(crate) use node::Node;
pub(crate) use notification::Notification;
pub use query::PlatformQuery;
