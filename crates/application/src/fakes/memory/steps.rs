use async_trait::async_trait;
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{RequestId, RequestStepId};
use nexusflow_domain::request::{RequestStatus, RequestStepStatus};
use nexusflow_domain::workflow::{HumanKind, StepKindDocument};

use crate::access::{Member, Permit, Scope, actions};
use crate::fakes::MemoryStore;
use crate::fakes::memory::paging::{by_id, by_time, page};
use crate::fakes::memory::world::{RequestRow, StepRow, World};
use crate::request::{
    Escalation, FailedStepFilter, InboxFilter, InboxItem, OpenWork, RequestStep, StepReader, working_voices,
};
use crate::{Page, PageRequest, StoreError};

#[async_trait]
impl StepReader for MemoryStore {
    async fn steps(&self, scope: &Scope, ids: &[(RequestId, RequestStepId)]) -> Result<Vec<RequestStep>, StoreError> {
        let world = self.world().await?;
        let rows =
            world.steps.iter().filter(|(key, row)| row.organization == scope.organization() && ids.contains(key));
        Ok(rows.map(|(_, row)| row.step.clone()).collect())
    }

    async fn steps_of(&self, scope: &Scope, requests: &[RequestId]) -> Result<Vec<RequestStep>, StoreError> {
        let world = self.world().await?;
        let rows = world.steps.values().filter(|row| row.organization == scope.organization());
        let steps = rows.map(|row| &row.step).filter(|step| requests.contains(&step.request));
        let mut steps: Vec<_> = steps.cloned().collect();
        steps.sort_by_key(|step| step.id);
        Ok(steps)
    }

    async fn escalations_of(&self, scope: &Scope, requests: &[RequestId]) -> Result<Vec<Escalation>, StoreError> {
        let world = self.world().await?;
        let visible =
            |request: &RequestId| requests.contains(request) && world.request(scope.organization(), *request).is_some();
        let rows = world.escalations.iter().filter(|(request, _)| visible(request));
        let mut escalations: Vec<_> = rows.flat_map(|(_, of_request)| of_request).cloned().collect();
        escalations.sort_by_key(|escalation| escalation.id);
        Ok(escalations)
    }

    async fn inbox(
        &self,
        permit: &Permit<Member>,
        now: Timestamp,
        filter: &InboxFilter,
        request: &PageRequest,
    ) -> Result<Page<InboxItem>, StoreError> {
        let world = self.world().await?;
        let principal = permit.principal();
        let voices = working_voices(principal, now, filter.kind);
        let items = world.steps.values().filter_map(|row| {
            let of = world.request(principal.organization, row.step.request)?;
            let kind = kind_of(&world, of, row);
            let fits = is_open(row, of)
                && filter.workflow.is_none_or(|workflow| of.state.workflow == workflow)
                && filter.claimed.is_none_or(|claimed| row.step.claimed_by.is_some() == claimed)
                && filter.kind.is_none_or(|wanted| kind == Some(wanted));
            let request = of.view();
            let work = OpenWork { step: &row.step, request: &request, kind, excluded: &row.excluded };
            let voice = work.voice_of(principal.user, &voices).filter(|_| fits)?;
            let on_behalf_of = Some(voice.user).filter(|user| *user != principal.user);
            Some(InboxItem { step: row.step.clone(), on_behalf_of, request })
        });
        Ok(page(items, false, request, |item| by_time(item.step.deadline, item.step.id.uuid())))
    }

    async fn failed_steps(
        &self,
        permit: &Permit<actions::ManageRequest>,
        filter: &FailedStepFilter,
        request: &PageRequest,
    ) -> Result<Page<RequestStep>, StoreError> {
        let world = self.world().await?;
        let rows = world.steps.values().filter(|row| {
            row.organization == permit.organization()
                && row.step.status == RequestStepStatus::Failed
                && world.requests.get(&row.step.request).is_some_and(|of| fits(filter, &row.step, of))
        });
        Ok(page(rows.map(|row| row.step.clone()), false, request, |step| by_id(step.id.uuid())))
    }
}

fn fits(filter: &FailedStepFilter, step: &RequestStep, of: &RequestRow) -> bool {
    let job = step.job.as_ref();
    let error = step.comment.as_deref().unwrap_or_default().to_lowercase();
    filter.job_type.as_ref().is_none_or(|wanted| job.is_some_and(|job| job.job_type == *wanted))
        && filter.target.as_ref().is_none_or(|wanted| job.is_some_and(|job| job.target.as_ref() == Some(wanted)))
        && filter.workflow.is_none_or(|wanted| of.state.workflow == wanted)
        && filter.error_contains.as_ref().is_none_or(|text| error.contains(&text.to_lowercase()))
        && filter.failed_before.is_none_or(|before| step.completed_at.is_some_and(|at| at < before))
        && (!filter.retryable || of.state.status() == RequestStatus::InProgress)
}

/// What the version that the request runs on says of the step.
fn kind_of(world: &World, of: &RequestRow, row: &StepRow) -> Option<HumanKind> {
    let version = &world.versions.get(&of.state.workflow_version)?.version;
    let step = version.document.steps.iter().find(|step| step.key == row.step.step)?;
    match step.kind {
        StepKindDocument::Task => Some(HumanKind::Task),
        StepKindDocument::Approval => Some(HumanKind::Approval),
        StepKindDocument::Start
        | StepKindDocument::End
        | StepKindDocument::Decision
        | StepKindDocument::Wait
        | StepKindDocument::Service
        | StepKindDocument::Agent
        | StepKindDocument::Call
        | StepKindDocument::Race
        | StepKindDocument::Boundary => None,
    }
}

fn is_open(row: &StepRow, of: &RequestRow) -> bool {
    let step = &row.step;
    step.is_human && step.status == RequestStepStatus::Active && of.state.status() == RequestStatus::InProgress
}
