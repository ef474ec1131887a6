//! Casbin behind the application's [`PolicyEngine`](nexusflow_application::access::PolicyEngine).
//!
//! One small model (`model.conf`: RBAC with domains) and one enforcer per organization, built from a
//! snapshot of its mappings and swapped as a whole when they change; a check reads the snapshot that
//! is there and writes nothing. It knows the ports of `application` and neither a database nor HTTP.
//!
//! To add a rule that roles cannot express, add it to the domain's policy function instead: Casbin
//! answers one question, whether one of the roles that somebody holds there is granted a permission.

mod cache;
mod compiled;
mod engine;
mod strings;

pub use engine::{CasbinPolicy, PolicySettings};
