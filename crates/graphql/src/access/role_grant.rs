use async_graphql::SimpleObject;
use nexusflow_application::access;
use nexusflow_domain::ids::{RoleId, UserId, WorkflowId};

use crate::loader::Link;
use crate::scalar::DateTime;

/// That a member holds a role: in all workflows, or in one.
#[derive(Debug, SimpleObject)]
pub struct RoleGrant {
    /// The role.
    role: Option<Link<RoleId>>,
    /// In this workflow only; null in all, and in what belongs to none. Null too, with `isLimited`, when the workflow
    /// was deleted or the caller may not see it.
    workflow: Option<Link<WorkflowId>>,
    /// Whether it is held in one workflow only.
    is_limited: bool,
    /// Who gave it; null when it came with the organization.
    granted_by: Option<Link<UserId>>,
    /// Since when it is held.
    granted_at: DateTime,
}

impl From<access::RoleGrant> for RoleGrant {
    fn from(grant: access::RoleGrant) -> Self {
        Self {
            role: Some(Link(grant.mapping.role)),
            workflow: grant.mapping.workflow.map(Link),
            is_limited: grant.mapping.workflow.is_some(),
            granted_by: grant.granted_by.map(Link),
            granted_at: grant.granted_at.into(),
        }
    }
}
