use nexusflow_domain::access::{DenialReason, Denied, Permission};
use nexusflow_domain::ids::{RequestId, RequestStepId};
use nexusflow_domain::request::{Command, OpenStep, Refusal};
use nexusflow_domain::workflow::HumanKind;

use crate::request::execution::Acting;
use crate::request::{LoadedRequest, RequestService};
use crate::workflow::PublishedVersion;
use crate::{Error, Refused, Result, StoreError};

impl RequestService {
    /// Checks the permission that working the command's step needs, and names it. `None` when the
    /// command works no open step: then `decide` has the answer.
    pub(super) async fn authorise_work(
        &self,
        acting: Acting<'_>,
        loaded: &LoadedRequest,
        version: &PublishedVersion,
        command: &Command,
    ) -> Result<Option<Permission>> {
        let (Acting::Person { call, .. }, Some(step)) = (acting, worked_step(command)) else { return Ok(None) };
        let Some(open) = loaded.state.open.get(&step) else { return Ok(None) };
        let permission = needed(version, open);
        // What one has claimed one may give back, whatever one may still do.
        let gives_back = matches!(command, Command::Release { .. }) && open.is_claim_of(call.principal.user);
        // In whose name one acts is decided with everything else, and the permission of that person then.
        let workflow = Some(loaded.state.workflow);
        let mut delegators = call.principal.delegators.iter();
        let is_lent = delegators.any(|delegator| delegator.rights.allow(permission, workflow));
        if !gives_back && !is_lent {
            let subject = Some(("request", loaded.state.id.uuid()));
            self.authorizer.require_permission(call, permission, workflow, subject).await?;
        }
        Ok(Some(permission))
    }

    /// What the caller learns of a refusal; a denial is put on record.
    pub(super) async fn refused(
        &self,
        acting: Acting<'_>,
        request: RequestId,
        worked: Option<Permission>,
        refusal: Refusal,
    ) -> Result<Error, StoreError> {
        // A job is as open as its step: where the step does not wait for it any more, its lease is lost.
        if let (
            Acting::LeaseHolder(_, lease),
            Refusal::StepNotOpen { .. } | Refusal::NotAwaited { .. } | Refusal::WrongStatus { .. },
        ) = (acting, &refusal)
        {
            return Ok(Refused::LeaseLost { job: lease.job }.into());
        }
        let (Acting::Person { call, .. }, Some(permission), Refusal::NotPermitted { reason, granting_role }) =
            (acting, worked, &refusal)
        else {
            return Ok(Refused::Request(refusal).into());
        };
        let organization = call.principal.organization;
        let roles_that_grant = if matches!(reason, DenialReason::MissingPermission(_)) {
            self.authorizer.roles_that_grant(organization, permission).await?
        } else {
            let snapshot = self.authorizer.snapshot(organization).await?;
            granting_role.and_then(|role| snapshot.roles.get(&role).cloned()).into_iter().collect()
        };
        let denied = Denied { permission, roles_that_grant, reason: reason.clone() };
        self.authorizer.denied(call, denied, Some(("request", request.uuid()))).await
    }
}

/// What working a step needs by its kind.
fn needed(version: &PublishedVersion, open: &OpenStep) -> Permission {
    let human = version.graph.find(&open.step).and_then(|ix| version.graph.step(ix).human());
    human.map_or(HumanKind::Task, |human| human.kind).permission()
}

/// The open step that a command works as a candidate.
fn worked_step(command: &Command) -> Option<RequestStepId> {
    match command {
        Command::Claim { step } | Command::Complete { step, .. } | Command::Release { step, forced: false } => {
            Some(*step)
        }
        Command::Start(_)
        | Command::FireTimers
        | Command::Deliver { .. }
        | Command::CallWebhook { .. }
        | Command::CompleteJob { .. }
        | Command::FailJob { .. }
        | Command::CompleteAction { .. }
        | Command::FailAction { .. }
        | Command::CallStarted { .. }
        | Command::CallEnded { .. }
        | Command::AddInstance { .. }
        | Command::CloseInstances { .. }
        | Command::Release { forced: true, .. }
        | Command::Skip { .. }
        | Command::Retry { .. }
        | Command::CancelStep { .. }
        | Command::CancelScope { .. }
        | Command::Jump { .. }
        | Command::Suspend { .. }
        | Command::Resume
        | Command::Cancel { .. } => None,
    }
}
