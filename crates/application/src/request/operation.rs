use nexusflow_domain::ids::{RequestId, RequestStepId};
use nexusflow_domain::request::Command;
use nexusflow_domain::workflow::{Outcome, StepKey};
use serde_json::Value;

use crate::input::{InputCheck, Length};
use crate::request::RequestService;
use crate::{Call, Result};

const REASON_LENGTH: Length = 1..=10_000;

/// What operators do to a request that does not go on as drawn. Each needs `MANAGE_REQUEST` and says
/// why, for the journal.
impl RequestService {
    /// Leaves an open step out that the workflow does not require.
    #[tracing::instrument(skip_all, fields(%request, %step))]
    pub async fn skip_step(
        &self,
        call: &Call,
        request: RequestId,
        step: RequestStepId,
        outcome: Option<Outcome>,
        reason: String,
    ) -> Result<()> {
        self.operate(call, request, Some(&reason)).await?;
        self.act(call, request, &Command::Skip { step, outcome, reason }, None).await
    }

    /// Adds an instance to an open step of several that its workflow lets grow.
    #[tracing::instrument(skip_all, fields(%request, %step))]
    pub async fn add_instance(&self, call: &Call, request: RequestId, step: RequestStepId, item: Value) -> Result<()> {
        self.operate(call, request, None).await?;
        self.act(call, request, &Command::AddInstance { step, item }, None).await
    }

    /// Ends an open step of several instances with what there is.
    #[tracing::instrument(skip_all, fields(%request, %step))]
    pub async fn close_instances(
        &self,
        call: &Call,
        request: RequestId,
        step: RequestStepId,
        reason: String,
    ) -> Result<()> {
        self.operate(call, request, Some(&reason)).await?;
        self.act(call, request, &Command::CloseInstances { step, reason }, None).await
    }

    /// Ends an open step and the branch it is on.
    #[tracing::instrument(skip_all, fields(%request, %step))]
    pub async fn cancel_step(
        &self,
        call: &Call,
        request: RequestId,
        step: RequestStepId,
        reason: String,
    ) -> Result<()> {
        self.operate(call, request, Some(&reason)).await?;
        self.act(call, request, &Command::CancelStep { step, reason }, None).await
    }

    /// Ends everything in a scope.
    #[tracing::instrument(skip_all, fields(%request, %scope))]
    pub async fn cancel_scope(&self, call: &Call, request: RequestId, scope: StepKey, reason: String) -> Result<()> {
        self.operate(call, request, Some(&reason)).await?;
        self.act(call, request, &Command::CancelScope { scope, reason }, None).await
    }

    /// Ends open steps and starts another step instead.
    #[tracing::instrument(skip_all, fields(%request, %to))]
    pub async fn jump(
        &self,
        call: &Call,
        request: RequestId,
        cancel: Vec<RequestStepId>,
        to: StepKey,
        reason: String,
    ) -> Result<()> {
        self.operate(call, request, Some(&reason)).await?;
        self.act(call, request, &Command::Jump { cancel, to, reason }, None).await
    }

    pub(super) async fn operate(&self, call: &Call, request: RequestId, reason: Option<&str>) -> Result<()> {
        self.require_management(call, request, false).await?;
        InputCheck::default().optional_length("reason", reason.map(str::trim), &REASON_LENGTH).finish()
    }
}
