use async_graphql::{ComplexObject, ID, OneofObject, Result, SimpleObject};
use nexusflow_application::access;
use nexusflow_domain::ids::{DelegationId, RoleId, UserId};

use super::denial::AccessDenial;
use crate::access::{Permission, RoleGrant};
use crate::error::argument_id;
use crate::loader::Link;
use crate::node_id::RequestStepKey;
use crate::scalar::int;

/// What a question about access is about: exactly one of these.
#[derive(Debug, Clone, OneofObject)]
pub enum AccessResourceInput {
    /// A workflow.
    #[graphql(name = "workflowId")]
    Workflow(ID),
    /// A request.
    #[graphql(name = "requestId")]
    Request(ID),
    /// An execution of a step.
    #[graphql(name = "requestStepId")]
    Step(ID),
}

impl AccessResourceInput {
    pub(super) fn read(&self) -> Result<access::Resource> {
        Ok(match self {
            Self::Workflow(id) => access::Resource::Workflow(argument_id(id, "resource.workflowId")?),
            Self::Request(id) => access::Resource::Request(argument_id(id, "resource.requestId")?),
            Self::Step(id) => {
                let RequestStepKey { request, step } = argument_id(id, "resource.requestStepId")?;
                access::Resource::Step(request, step)
            }
        })
    }
}

/// Why somebody may or may not do something.
#[derive(Debug, SimpleObject)]
pub struct AccessExplanation {
    /// Whether it is allowed.
    allowed: bool,
    /// The permission in question.
    permission: Permission,
    /// Every role held there that makes it so; when it is not allowed, those that contribute.
    grants: Vec<AccessGrant>,
    /// Why not; null when it is allowed, and of somebody who is no active member.
    denial: Option<AccessDenial>,
    /// When a role is missing: those of which one would be enough, by name.
    options: Vec<AccessOption>,
    /// Names of the roles held there that grant the permission, sorted.
    granted_by: Vec<String>,
    /// Names of the organization's roles that would grant it, sorted.
    roles_that_grant: Vec<String>,
    /// Names of the roles held there, sorted.
    roles_held: Vec<String>,
}

/// A role held that counts for an answer about access.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub struct AccessGrant {
    #[graphql(skip)]
    holder: UserId,
    /// The role, where it is held, by whom it was given and when.
    grant: RoleGrant,
    /// Whether the role is granted the permission.
    grants_permission: bool,
    /// Whether the step asks holders of the role.
    makes_candidate: bool,
    /// The delegation through which the person acts for the role's holder, unless that is the person; null too when
    /// the caller may not see it.
    delegation: Option<Link<DelegationId>>,
}

#[ComplexObject]
impl AccessGrant {
    /// Who holds the role.
    async fn holder(&self) -> Option<Link<UserId>> {
        Some(Link(self.holder))
    }
}

/// A role that somebody lacks for something.
#[derive(Debug, SimpleObject)]
pub struct AccessOption {
    /// The role.
    role: Option<Link<RoleId>>,
    /// How many active members hold it there.
    holders: i32,
}

/// Somebody who may do something.
#[derive(Debug, SimpleObject)]
pub struct AccessHolder {
    /// Who.
    user: Option<Link<UserId>>,
    /// Every role held that makes it so.
    grants: Vec<AccessGrant>,
}

impl From<access::AccessExplanation> for AccessExplanation {
    fn from(explanation: access::AccessExplanation) -> Self {
        Self {
            allowed: explanation.allowed,
            permission: explanation.permission.into(),
            grants: explanation.grants.into_iter().map(Into::into).collect(),
            denial: explanation.denial.as_ref().map(Into::into),
            options: explanation.options.into_iter().map(Into::into).collect(),
            granted_by: explanation.granted_by,
            roles_that_grant: explanation.roles_that_grant,
            roles_held: explanation.roles_held,
        }
    }
}

impl From<access::AccessGrant> for AccessGrant {
    fn from(found: access::AccessGrant) -> Self {
        Self {
            holder: found.grant.mapping.user,
            grant: found.grant.into(),
            grants_permission: found.contribution.grants_permission,
            makes_candidate: found.contribution.makes_candidate,
            delegation: found.delegation.map(Link),
        }
    }
}

impl From<access::GrantOption> for AccessOption {
    fn from(option: access::GrantOption) -> Self {
        Self { role: Some(Link(option.role)), holders: int(option.holders) }
    }
}

impl From<access::AccessHolder> for AccessHolder {
    fn from(holder: access::AccessHolder) -> Self {
        Self { user: Some(Link(holder.user)), grants: holder.grants.into_iter().map(Into::into).collect() }
    }
}
