//! Random flow graphs as workflows, and requests driven through them by moves of free choice.

mod forms;
pub mod player;
pub mod workflow;
