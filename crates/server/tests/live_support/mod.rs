//! The program as a process, its API as a client sees it, and a network that can fail between it and
//! its database.

#![allow(dead_code, unused_imports, clippy::allow_attributes, reason = "every test binary uses a part of it")]

mod api;
mod office;
mod program;
mod proxy;

pub use api::{Answer, Api};
pub use office::{ADMIN, Office, PASSWORD};
pub use program::{Running, program, refusal};
pub use proxy::{Network, Proxy};
