use async_graphql::{ComplexObject, Context, ID, InputObject, Result, SimpleObject};
use nexusflow_application::access;
use nexusflow_domain::ids::DelegationId;

use crate::context::loader;
use crate::error::argument_id;
use crate::identity::User;
use crate::loader::Linked;
use crate::scalar::DateTime;
use crate::workflow::Workflow;

/// A person's leave to act on behalf of another, for a period, on the steps that wait for people. What
/// somebody may do for another he cannot pass on.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Delegation {
    #[graphql(skip)]
    model: access::Delegation,
    /// The delegation.
    pub(crate) id: ID,
    /// The first instant.
    starts_at: DateTime,
    /// The first instant at which it is over, unless it was revoked before.
    ends_at: DateTime,
    /// Why.
    reason: String,
    /// When it was set up.
    created_at: DateTime,
    /// When it was revoked.
    revoked_at: Option<DateTime>,
}

#[ComplexObject]
impl Delegation {
    /// On whose behalf.
    async fn delegator(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        self.model.delegator.find(ctx).await
    }

    /// Who may act.
    async fn delegate(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        self.model.delegate.find(ctx).await
    }

    /// In this workflow only; null in all.
    async fn workflow(&self, ctx: &Context<'_>) -> Result<Option<Workflow>> {
        let Some(workflow) = self.model.workflow else { return Ok(None) };
        workflow.find(ctx).await
    }

    /// Who set it up.
    async fn created_by(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        self.model.created_by.find(ctx).await
    }

    /// Who revoked it.
    async fn revoked_by(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        let Some(user) = self.model.revoked_by else { return Ok(None) };
        user.find(ctx).await
    }
}

impl From<access::Delegation> for Delegation {
    fn from(delegation: access::Delegation) -> Self {
        Self {
            id: delegation.id.to_string().into(),
            starts_at: delegation.starts_at.into(),
            ends_at: delegation.ends_at.into(),
            reason: delegation.reason.clone(),
            created_at: delegation.created_at.into(),
            revoked_at: delegation.revoked_at.map(Into::into),
            model: delegation,
        }
    }
}

impl Linked for DelegationId {
    type Node = Delegation;

    async fn find(self, ctx: &Context<'_>) -> Result<Option<Delegation>> {
        Ok(loader(ctx)?.load_one(self).await?.map(Into::into))
    }
}

/// Which delegations a list shows; every given part must hold.
#[derive(Debug, Clone, Default, InputObject)]
pub struct DelegationFilter {
    /// On behalf of this person.
    delegator_id: Option<ID>,
    /// To this person.
    delegate_id: Option<ID>,
    /// In force at this instant.
    in_force_at: Option<DateTime>,
}

impl DelegationFilter {
    pub(super) fn read(self) -> Result<access::DelegationFilter> {
        let delegator = self.delegator_id.map(|id| argument_id(&id, "filter.delegatorId")).transpose()?;
        let delegate = self.delegate_id.map(|id| argument_id(&id, "filter.delegateId")).transpose()?;
        Ok(access::DelegationFilter { delegator, delegate, in_force_at: self.in_force_at.map(|at| at.0) })
    }
}
