use std::sync::Arc;

use nexusflow_domain::ids::JobPauseId;
use nexusflow_domain::workflow::JobKind;
use serde_json::json;

use crate::access::{Permit, actions};
use crate::administration::{AdministrationCommit, Change};
use crate::application::Ports;
use crate::idempotency::Replay;
use crate::input::{InputCheck, Length};
use crate::request::{JobPause, JobPauseReader, PausedWork, RequestService};
use crate::{Call, Page, PageRequest, Refused, Result};

const OPERATION: &str = "pauseJobs";
const REASON_LENGTH: Length = 1..=1_000;
const TARGET_LENGTH: Length = 1..=300;
/// How many pauses a tenant may have at a time: every claim compares what is due with all of them.
const MOST: u32 = 100;
/// The most parked jobs counted.
const PARKED_CAP: u32 = 1_000;

/// Pausing the work of steps, and resuming it. All of it needs `MANAGE_REQUEST`, of one workflow's work there.
///
/// Nothing is lost meanwhile: jobs go on waiting, and no attempt is used up. What is being carried out already when
/// a pause begins is carried out to its end. Timers, calls, messages and webhooks are not paused.
pub struct JobPauseService {
    requests: Arc<RequestService>,
    pauses: Arc<dyn JobPauseReader>,
}

impl JobPauseService {
    pub(crate) fn new(ports: &Ports, requests: Arc<RequestService>) -> Self {
        Self { requests, pauses: ports.job_pauses.clone() }
    }

    /// Holds work back from now on.
    #[tracing::instrument(skip_all)]
    pub async fn pause(
        &self,
        call: &Call,
        work: PausedWork,
        reason: &str,
        replay: Option<Replay>,
    ) -> Result<JobPauseId> {
        let permit = self.require(call, &work).await?;
        let registrar = &self.requests.registrar;
        if let Some(id) = registrar.replayed(call, OPERATION, replay.as_ref()).await? {
            return Ok(JobPauseId::from_uuid(id));
        }
        let reason = reason.trim();
        InputCheck::default()
            .length("reason", reason, &REASON_LENGTH)
            .optional_length("target", work.target.as_deref(), &TARGET_LENGTH)
            .finish()?;
        if let Some(workflow) = work.workflow
            && self.requests.workflows.workflows(&permit.scope(), &[workflow]).await?.is_empty()
        {
            return Err(Refused::NotFound { kind: "workflow", id: workflow.to_string() }.into());
        }
        let others = self.pauses.list_job_pauses(&permit.scope(), &PageRequest::first(MOST)).await?;
        if others.edges.len() >= MOST as usize {
            let message = format!("there are {MOST} pauses already; resume some of them, or pause more at once");
            return Err(Refused::WrongState { message, state: "FULL".to_owned() }.into());
        }
        let pause = JobPause {
            id: registrar.next_id(),
            organization: permit.organization(),
            work,
            reason: reason.to_owned(),
            created_by: call.principal.user,
            created_at: registrar.now(),
        };
        let (id, detail) = (pause.id, detail(&pause));
        let entry = registrar.entry(call, "JOBS_PAUSED", Some(("job_pause", id.uuid()))).changing(None, Some(detail));
        let stored = registrar.idempotency(call, OPERATION, replay, id.uuid());
        let commit = AdministrationCommit::of_job_pauses(&permit, vec![Change::PauseJobs(pause)], vec![entry]);
        registrar.commit(commit.with_idempotency(stored)).await?;
        Ok(id)
    }

    /// Ends a pause: what it has parked may begin at once, unless another pause holds it back too.
    #[tracing::instrument(skip_all, fields(%pause))]
    pub async fn resume(&self, call: &Call, pause: JobPauseId, reason: Option<&str>) -> Result<()> {
        let reason = reason.map(str::trim);
        InputCheck::default().optional_length("reason", reason, &REASON_LENGTH).finish()?;
        let member = self.requests.authorizer.member(call);
        let Some(found) = self.pauses.job_pauses(&member.scope(), &[pause]).await?.pop() else {
            self.requests.authorizer.require::<actions::ManageRequest>(call).await?;
            return Err(Refused::NotFound { kind: "pause", id: pause.to_string() }.into());
        };
        let permit = self.require(call, &found.work).await?;
        let registrar = &self.requests.registrar;
        let entry = registrar.entry(call, "JOBS_RESUMED", Some(("job_pause", pause.uuid())));
        let entry = entry.changing(Some(detail(&found)), Some(json!({ "reason": reason })));
        let commit = AdministrationCommit::of_job_pauses(&permit, vec![Change::ResumeJobs(pause)], vec![entry]);
        registrar.commit(commit).await?;
        self.requests.work.tell_resumed(permit.organization());
        Ok(())
    }

    /// Those of the given pauses that there are.
    pub async fn pauses(&self, call: &Call, ids: &[JobPauseId]) -> Result<Vec<JobPause>> {
        let found = self.pauses.job_pauses(&self.requests.authorizer.member(call).scope(), ids).await?;
        for pause in &found {
            self.require(call, &pause.work).await?;
        }
        Ok(found)
    }

    /// A page of pauses, the newest first.
    pub async fn list(&self, call: &Call, page: &PageRequest) -> Result<Page<JobPause>> {
        let permit = self.requests.authorizer.require::<actions::ManageRequest>(call).await?;
        Ok(self.pauses.list_job_pauses(&permit.scope(), page).await?)
    }

    /// How many jobs pauses have parked, each counted up to 1,000. What came due and no claim has looked at since is
    /// not among them.
    pub async fn parked_jobs(&self, call: &Call, pauses: &[JobPauseId]) -> Result<Vec<(JobPauseId, u32)>> {
        self.pauses(call, pauses).await?;
        Ok(self.pauses.parked_jobs(&self.requests.authorizer.member(call).scope(), pauses, PARKED_CAP).await?)
    }

    /// In the workflow whose work it is, or everywhere.
    async fn require(&self, call: &Call, work: &PausedWork) -> Result<Permit<actions::ManageRequest>> {
        self.requests.authorizer.require_for(call, work.workflow, None).await
    }
}

fn detail(pause: &JobPause) -> serde_json::Value {
    let PausedWork { workflow, step_kind, target } = &pause.work;
    let step_kind = step_kind.map(JobKind::as_str);
    json!({ "workflow": workflow, "stepKind": step_kind, "target": target, "reason": pause.reason })
}
