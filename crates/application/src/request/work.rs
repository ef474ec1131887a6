use nexusflow_domain::JsonMap;
use nexusflow_domain::access::{Permission, Reach};
use nexusflow_domain::ids::{RequestId, RequestStepId, UserId};
use nexusflow_domain::request::Command;
use nexusflow_domain::workflow::Outcome;

use crate::idempotency::Replay;
use crate::input::{InputCheck, Length};
use crate::request::execution::Acting;
use crate::request::{RequestService, Written};
use crate::{Call, Result};

const COMMENT_LENGTH: Length = 0..=10_000;
const OPERATION: &str = "completeStep";

/// How a step is completed.
#[derive(Debug, Clone, PartialEq)]
pub struct Completion {
    /// With what.
    pub outcome: Outcome,
    /// At most 10,000 characters.
    pub comment: Option<String>,
    /// Variables to set; `null` removes one.
    pub variables: JsonMap,
    /// For whom; `None` as the step was claimed, else for oneself if one may, else for whom one may.
    pub on_behalf_of: Option<UserId>,
}

impl RequestService {
    /// Takes an open step; for whom as in [`Completion`].
    #[tracing::instrument(skip_all, fields(%request, %step))]
    pub async fn claim(
        &self,
        call: &Call,
        request: RequestId,
        step: RequestStepId,
        on_behalf_of: Option<UserId>,
    ) -> Result<Written> {
        self.write(Acting::Person { call, on_behalf_of }, request, &Command::Claim { step }, None).await
    }

    /// Gives an open step back, as whoever claimed it; whoever may manage requests takes it from
    /// anybody.
    #[tracing::instrument(skip_all, fields(%request, %step))]
    pub async fn release(&self, call: &Call, request: RequestId, step: RequestStepId) -> Result<()> {
        let forced = self.manages(call, request).await?;
        self.act(call, request, &Command::Release { step, forced }, None).await
    }

    /// Whether the caller may manage the request.
    async fn manages(&self, call: &Call, request: RequestId) -> Result<bool> {
        Ok(match self.authorizer.reach(call, Permission::ManageRequest).await? {
            Reach::Everywhere => true,
            reach if reach.is_nowhere() => false,
            Reach::Within(workflows) => {
                let scope = self.authorizer.request_scope(call).await?;
                let found = self.reader.requests(&scope, &[request]).await?.pop();
                found.is_some_and(|found| workflows.contains(&found.workflow))
            }
        })
    }

    /// Ends an open step with an outcome.
    #[tracing::instrument(skip_all, fields(%request, %step))]
    pub async fn complete(
        &self,
        call: &Call,
        request: RequestId,
        step: RequestStepId,
        completion: Completion,
        replay: Option<Replay>,
    ) -> Result<Written> {
        let done_before = Written { id: request, request: None };
        if self.registrar.replayed(call, OPERATION, replay.as_ref()).await?.is_some() {
            return Ok(done_before);
        }
        InputCheck::default().optional_length("comment", completion.comment.as_deref(), &COMMENT_LENGTH).finish()?;
        let Completion { outcome, comment, variables, on_behalf_of } = completion;
        let command = Command::Complete { step, outcome, comment, variables };
        let stored = self.registrar.idempotency(call, OPERATION, replay.clone(), request.uuid());
        match self.write(Acting::Person { call, on_behalf_of }, request, &command, stored).await {
            Ok(written) => Ok(written),
            Err(error) => self.decided_meanwhile(call, OPERATION, replay.as_ref(), error).await.map(|_| done_before),
        }
    }
}
