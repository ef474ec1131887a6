//! Definitions: workflows, their versions, publication.

mod coverage;
mod create_workflow;
mod document;
mod edit_workflow;
mod expected_version;
mod filter;
mod flow;
mod kinds;
mod mutation;
mod problem;
mod publication;
mod query;
mod soundness;
mod status_mutations;
mod step;
mod transition;
mod version;
mod work;
#[expect(clippy::module_inception, reason = "the file is named after the object in it")]
mod workflow;

pub use mutation::WorkflowMutation;
pub(crate) use problem::Problem;
pub use query::WorkflowQuery;
pub(crate) use step::{WorkflowStep, published_step, workflow_step};
pub(crate) use version::WorkflowVersion;
pub(crate) use workflow::Workflow;
