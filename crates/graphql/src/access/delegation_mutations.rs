use async_graphql::{Context, ID, InputObject, SimpleObject};
use nexusflow_application::access::NewDelegation;
use nexusflow_domain::ids::DelegationId;

use crate::context::{application, require_call};
use crate::error::{Answer, DomainError, parsed};
use crate::loader::Link;
use crate::platform::replay;
use crate::scalar::DateTime;

/// A member who is to act on behalf of another for a period.
#[derive(Debug, Clone, InputObject)]
pub struct DelegateInput {
    /// On whose behalf; the caller's unless told otherwise.
    delegator_id: Option<ID>,
    /// Who may act.
    delegate_id: ID,
    /// In this workflow only; in all unless told otherwise.
    workflow_id: Option<ID>,
    /// The first instant; now unless told otherwise.
    starts_at: Option<DateTime>,
    /// The first instant at which it is over; at most 366 days after the first.
    ends_at: DateTime,
    /// Why; 1 to 1,000 characters.
    reason: String,
    /// The same key and input give the first result again; another input with it is refused.
    idempotency_key: Option<String>,
}

/// What `delegate` did.
#[derive(Debug, SimpleObject)]
pub struct DelegatePayload {
    /// The new delegation.
    pub delegation: Option<Link<DelegationId>>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl DelegateInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<Link<DelegationId>> {
        let call = require_call(ctx)?;
        let replay = replay(&self, self.idempotency_key.as_deref());
        let new = NewDelegation {
            delegator: self.delegator_id.map(|id| parsed(&id, "delegatorId")).transpose()?,
            delegate: parsed(&self.delegate_id, "delegateId")?,
            workflow: self.workflow_id.map(|id| parsed(&id, "workflowId")).transpose()?,
            starts_at: self.starts_at.map(|at| at.0),
            ends_at: self.ends_at.0,
            reason: self.reason,
        };
        Ok(Link(application(ctx)?.access.delegate(call, new, replay).await?))
    }
}

/// A delegation to be ended before its time.
#[derive(Debug, Clone, InputObject)]
pub struct RevokeDelegationInput {
    /// Which delegation.
    delegation_id: ID,
}

/// What `revokeDelegation` did.
#[derive(Debug, SimpleObject)]
pub struct RevokeDelegationPayload {
    /// The revoked delegation.
    pub delegation: Option<Link<DelegationId>>,
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl RevokeDelegationInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<Link<DelegationId>> {
        let call = require_call(ctx)?;
        let delegation = parsed(&self.delegation_id, "delegationId")?;
        application(ctx)?.access.revoke_delegation(call, delegation).await?;
        Ok(Link(delegation))
    }
}
