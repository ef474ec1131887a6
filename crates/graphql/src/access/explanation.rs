use async_graphql::SimpleObject;
use nexusflow_application::access;

use crate::access::Permission;

/// Why somebody may or may not do something.
#[derive(Debug, Clone, SimpleObject)]
pub struct AccessExplanation {
    /// Whether it is allowed.
    allowed: bool,
    /// The permission in question.
    permission: Permission,
    /// Names of the roles held that grant it, sorted.
    granted_by: Vec<String>,
    /// Names of the organization's roles that would grant it, sorted.
    roles_that_grant: Vec<String>,
    /// Names of the roles held, sorted.
    roles_held: Vec<String>,
}

impl From<access::AccessExplanation> for AccessExplanation {
    fn from(explanation: access::AccessExplanation) -> Self {
        Self {
            allowed: explanation.allowed,
            permission: explanation.permission.into(),
            granted_by: explanation.granted_by,
            roles_that_grant: explanation.roles_that_grant,
            roles_held: explanation.roles_held,
        }
    }
}
