//! Definitions: workflows, their versions, publication.

mod catalogue;
mod model;
mod ports;
mod service;

pub use catalogue::{Catalogue, PublishedVersion};
pub use model::{
    Draft, NewWorkflow, PublishedRows, ReferencedNames, StepRow, TransitionRow, Workflow, WorkflowChange,
    WorkflowFilter, WorkflowVersion,
};
pub use ports::WorkflowReader;
pub use service::WorkflowService;
