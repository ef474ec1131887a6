//! A server on a loopback port, with a schema of its own that can do what a test needs: fail, panic,
//! wait, cost. The application behind it stands on fakes.

#![expect(dead_code, unused_imports, reason = "no test file uses everything")]

mod schema;
mod server;
mod socket;

pub use server::{Answer, GRAPHQL, Server, answer};
pub use socket::Socket;
