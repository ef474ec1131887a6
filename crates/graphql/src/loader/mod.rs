//! Loaders: per request, carrying the caller, one statement for all links of a kind.
//!
//! A key type says what is loaded: an id gives the node, `StepsOf` and its like give what belongs to
//! one. To add one: a key in `keys`, an `impl Loader` beside its context, a `Linked` for mutations'
//! answers if it is a node.

mod identity;
mod keys;
mod link;
mod reads;
mod request;
mod workflow;

pub use keys::{
    Compiled, DraftOf, EscalationsOf, GrantsOf, OwnPermissions, ParkedBy, PermissionsOf, StepsOf, VersionsOf,
};
pub use link::{Link, Linked};
pub use reads::{Loader, Loaders, Reads};
