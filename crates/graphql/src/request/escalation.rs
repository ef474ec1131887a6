use async_graphql::{ComplexObject, Context, Error, ID, Result, SimpleObject};
use nexusflow_application::request;

use super::kinds::EscalationAction;
use crate::context::loader;
use crate::loader::{EscalationsOf, Linked};
use crate::node_id::{EscalationKey, RequestStepKey};
use crate::request::{Request, RequestStep};
use crate::scalar::{DateTime, Json, int};

/// The record of a missed deadline and what was done about it.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Escalation {
    #[graphql(skip)]
    model: request::Escalation,
    /// The record.
    pub(crate) id: ID,
    /// Which rung of the ladder, from 0.
    rung: i32,
    /// Details: whom, to which role, which outcome, whether it worked.
    detail: Json,
    /// The deadline.
    missed_deadline: DateTime,
    /// When it was escalated.
    escalated_at: DateTime,
}

#[ComplexObject]
impl Escalation {
    /// What was done.
    #[expect(clippy::unused_async, reason = "resolvers are async")]
    async fn action(&self) -> Result<EscalationAction> {
        let action = EscalationAction::of(&self.model.action);
        action.ok_or_else(|| Error::new(format!("{}: unknown action {:?}", self.model.id, self.model.action)))
    }

    /// The late request.
    async fn request(&self, ctx: &Context<'_>) -> Result<Option<Request>> {
        self.model.request.find(ctx).await
    }

    /// The late execution of a step; null when the whole request is late.
    async fn step(&self, ctx: &Context<'_>) -> Result<Option<RequestStep>> {
        let Some(step) = self.model.request_step else { return Ok(None) };
        RequestStepKey { request: self.model.request, step }.find(ctx).await
    }
}

/// A record by its global id.
pub(crate) async fn escalation(ctx: &Context<'_>, id: EscalationKey) -> Result<Option<Escalation>> {
    let of_request = loader(ctx)?.load_one(EscalationsOf(id.request)).await?.unwrap_or_default();
    Ok(of_request.into_iter().find(|found| found.id == id.escalation).map(Into::into))
}

impl From<request::Escalation> for Escalation {
    fn from(escalation: request::Escalation) -> Self {
        Self {
            id: EscalationKey { request: escalation.request, escalation: escalation.id }.to_string().into(),
            rung: int(escalation.rung),
            detail: Json(escalation.detail.clone()),
            missed_deadline: escalation.missed_deadline.into(),
            escalated_at: escalation.escalated_at.into(),
            model: escalation,
        }
    }
}
