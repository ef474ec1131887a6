use async_graphql::InputObject;
use nexusflow_application::workflow;

use super::kinds::WorkflowStatus;

/// Which workflows a list shows; every given part must hold.
#[derive(Debug, Clone, Default, InputObject)]
pub struct WorkflowFilter {
    /// In one of these states; all when empty.
    #[graphql(default)]
    statuses: Vec<WorkflowStatus>,
    /// The name contains this, whatever the case.
    search: Option<String>,
}

impl From<WorkflowFilter> for workflow::WorkflowFilter {
    fn from(filter: WorkflowFilter) -> Self {
        Self { statuses: filter.statuses.into_iter().map(Into::into).collect(), search: filter.search }
    }
}
