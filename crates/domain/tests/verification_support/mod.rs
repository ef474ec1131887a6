//! What the tests of verification share.
#![allow(dead_code, reason = "each test uses its part")]

pub mod brute_force;
pub mod data;
pub mod drawing;
pub mod flow_oracle;
pub mod random;
pub mod random_flow;
pub mod random_net;
pub mod replay;
