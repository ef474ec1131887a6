use nexusflow_domain::ids::RequestId;
use nexusflow_domain::request::{Command, DeadlineClock};

use crate::access::actions;
use crate::input::{InputCheck, Length};
use crate::request::RequestService;
use crate::request::execution::not_found;
use crate::{Call, Result};

const REASON_LENGTH: Length = 0..=10_000;

impl RequestService {
    /// Stops a request for a while.
    #[tracing::instrument(skip_all, fields(%request))]
    pub async fn suspend(
        &self,
        call: &Call,
        request: RequestId,
        reason: Option<String>,
        clock: DeadlineClock,
    ) -> Result<()> {
        self.require_management(call, request, false).await?;
        check_reason(reason.as_deref())?;
        self.act(call, request, &Command::Suspend { reason, clock }, None).await
    }

    /// Lets a suspended request go on.
    #[tracing::instrument(skip_all, fields(%request))]
    pub async fn resume(&self, call: &Call, request: RequestId) -> Result<()> {
        self.require_management(call, request, false).await?;
        self.act(call, request, &Command::Resume, None).await
    }

    /// Ends a request; its requester may, too.
    #[tracing::instrument(skip_all, fields(%request))]
    pub async fn cancel(&self, call: &Call, request: RequestId, reason: Option<String>) -> Result<()> {
        self.require_management(call, request, true).await?;
        check_reason(reason.as_deref())?;
        self.act(call, request, &Command::Cancel { reason }, None).await
    }

    pub(super) async fn require_management(&self, call: &Call, request: RequestId, requester_may: bool) -> Result<()> {
        let scope = self.authorizer.request_scope(call).await?;
        let found = self.reader.requests(&scope, &[request]).await?.pop().ok_or_else(|| not_found(request))?;
        if !(requester_may && found.requester == call.principal.user) {
            let subject = Some(("request", request.uuid()));
            self.authorizer.require_for::<actions::ManageRequest>(call, Some(found.workflow), subject).await?;
        }
        Ok(())
    }
}

fn check_reason(reason: Option<&str>) -> Result<()> {
    InputCheck::default().optional_length("reason", reason, &REASON_LENGTH).finish()
}
