//! The protocol graphql-transport-ws, as the library `graphql-ws` documents it. Our own
//! implementation, because async-graphql's closes with other codes than the protocol says, replaces
//! an operation when its id is used twice, and cannot tell a refused request from a failed field.

mod close;
mod connection;
mod messages;
mod operations;
mod socket;
mod upgrade;

pub(super) use upgrade::upgrade;
