use async_graphql::{ID, InputObject, Result};
use nexusflow_application::identity;

use crate::error::argument_id;

/// Which members a list shows; every given part must hold.
#[derive(Debug, Clone, Default, InputObject)]
pub struct UserFilter {
    /// Name or address contains this, whatever the case.
    search: Option<String>,
    /// Only holders of this role, in all workflows or in some.
    role_id: Option<ID>,
    /// Only those who hold the role, or without one any, for this workflow only.
    workflow_id: Option<ID>,
}

impl UserFilter {
    pub(super) fn read(self) -> Result<identity::UserFilter> {
        let role = self.role_id.map(|role| argument_id(&role, "filter.roleId")).transpose()?;
        let workflow = self.workflow_id.map(|workflow| argument_id(&workflow, "filter.workflowId")).transpose()?;
        Ok(identity::UserFilter { search: self.search, role, workflow })
    }
}
