//! What the tests share: databases of their own, rows put there directly, the application on a store.

#![allow(dead_code, unused_imports, clippy::allow_attributes, reason = "every test binary uses a part of it")]

mod bench;
mod databases;

pub use bench::{Bench, connect, new_request};
pub use databases::{RequestRow, StepRow, Tenant, TestDatabase, at, id};
