//! Definitions: workflows, their versions, publication.

mod catalogue;
mod drafts;
mod model;
mod ports;
mod publication;
mod service;
mod statuses;
mod validation;

pub use catalogue::{Catalogue, PublishedVersion};
pub use model::{
    Draft, NewWorkflow, PublishedRows, ReferencedNames, StepRow, TransitionRow, Workflow, WorkflowChange,
    WorkflowFilter, WorkflowVersion,
};
pub use ports::WorkflowReader;
pub use service::WorkflowService;
pub use validation::Validation;
