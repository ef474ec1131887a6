//! Definitions: workflows, their versions, publication.

mod catalogue;
mod drafts;
mod model;
mod ports;
mod publication;
mod service;
mod statuses;

pub use catalogue::{Catalogue, PublishedVersion};
pub use model::{
    Draft, NewWorkflow, PublishedRows, ReferencedNames, StepRow, TransitionRow, Workflow, WorkflowChange,
    WorkflowFilter, WorkflowVersion,
};
pub use ports::WorkflowReader;
pub use service::WorkflowService;
