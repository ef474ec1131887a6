use std::sync::Arc;

use nexusflow_domain::access::{Denied, Permission};
use nexusflow_domain::ids::{OrganizationId, RequestId, RequestStepId};
use nexusflow_domain::insight::{Hash, Origin};
use nexusflow_domain::problem::Problem;
use nexusflow_domain::request::{Command, Context, DeadlineClock, Refusal, RequestState, StartRequest, decide, evolve};
use nexusflow_domain::workflow::{HumanKind, Outcome, WorkflowStatus};
use nexusflow_domain::{JsonMap, Timestamp};
use serde_json::json;

use crate::access::{Authorizer, Scope, actions};
use crate::administration::AdministrationStore;
use crate::application::Ports;
use crate::idempotency::{self, IdempotencyEntry, Replay};
use crate::identity::check_length;
use crate::platform::{Clock, IdGenerator, Ids};
use crate::request::journal::Chronicler;
use crate::request::projection::{Projection, Projector};
use crate::request::{CommitConflict, CommitUnit, LoadedRequest, NewRequest, RequestReader, RequestStore, Wake};
use crate::workflow::{Catalogue, PublishedVersion, WorkflowReader};
use crate::{Call, Error, Refused, Result, StoreError};

/// How often a decision is made again when somebody else was faster.
const MAX_ATTEMPTS: u32 = 4;
const TITLE_LENGTH: std::ops::RangeInclusive<usize> = 1..=300;
const REFERENCE_LENGTH: std::ops::RangeInclusive<usize> = 1..=200;
const COMMENT_LENGTH: std::ops::RangeInclusive<usize> = 0..=10_000;

/// How a step is completed.
#[derive(Debug, Clone, PartialEq)]
pub struct Completion {
    /// With what.
    pub outcome: Outcome,
    /// At most 10,000 characters.
    pub comment: Option<String>,
    /// Variables to set; `null` removes one.
    pub variables: JsonMap,
}

/// Everything that changes requests. Every path goes through [`RequestService::execute`].
pub struct RequestService {
    authorizer: Authorizer,
    store: Arc<dyn RequestStore>,
    reader: Arc<dyn RequestReader>,
    workflows: Arc<dyn WorkflowReader>,
    administration: Arc<dyn AdministrationStore>,
    catalogue: Catalogue,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
}

/// Who acts in an execution, and under which lease.
#[derive(Clone, Copy)]
pub(super) enum Acting<'a> {
    /// A person.
    Person(&'a Call),
    /// A worker that claimed the request's timer.
    Timer {
        /// The tenant.
        scope: Scope,
        /// The lease.
        fence: u64,
    },
}

impl RequestService {
    pub(crate) fn new(ports: &Ports, authorizer: Authorizer, catalogue: Catalogue) -> Self {
        Self {
            authorizer,
            store: ports.requests.clone(),
            reader: ports.request_reader.clone(),
            workflows: ports.workflows.clone(),
            administration: ports.administration.clone(),
            catalogue,
            clock: ports.clock.clone(),
            ids: ports.ids.clone(),
        }
    }

    /// Starts a request on the workflow's active version.
    #[tracing::instrument(skip_all, fields(workflow = %new.workflow))]
    pub async fn start(&self, call: &Call, new: NewRequest, replay: Option<Replay>) -> Result<RequestId> {
        let subject = Some(("workflow", new.workflow.uuid()));
        let permit = self.authorizer.require_for::<actions::StartRequest>(call, subject).await?;
        if let Some(result) = self.replayed(call, "startRequest", replay.as_ref()).await? {
            return Ok(RequestId::from_uuid(idempotency::stored_id(&result)?));
        }
        let not_found = || Refused::NotFound { kind: "workflow", id: new.workflow.to_string() };
        let workflow = self.workflows.workflows(&permit.scope(), &[new.workflow]).await?.pop().ok_or_else(not_found)?;
        let (WorkflowStatus::Active, Some(version)) = (workflow.status, workflow.active_version) else {
            return Err(closed(workflow.status));
        };
        let title = new.title.unwrap_or(workflow.name);
        check_texts(&title, new.reference.as_deref())?;
        let start = StartRequest {
            id: self.ids.next(),
            organization: permit.organization(),
            workflow: new.workflow,
            workflow_version: version,
            requester: call.principal.user,
            title,
            reference: new.reference,
            priority: new.priority,
            variables: new.variables,
            starts_at: new.starts_at,
            due_at: new.due_at,
        };
        let id = start.id;
        let stored = replay.clone().map(|r| r.entry(call, "startRequest", json!({ "id": id }), self.clock.now()));
        match self.act(call, id, &Command::Start(start), stored).await {
            Ok(()) => Ok(id),
            Err(error) => {
                let result = self.decided_meanwhile(call, "startRequest", replay.as_ref(), error).await?;
                Ok(RequestId::from_uuid(idempotency::stored_id(&result)?))
            }
        }
    }

    /// Takes an open step.
    #[tracing::instrument(skip_all, fields(%request, %step))]
    pub async fn claim(&self, call: &Call, request: RequestId, step: RequestStepId) -> Result<()> {
        self.act(call, request, &Command::Claim { step }, None).await
    }

    /// Gives an open step back; whoever may manage requests takes it from anybody.
    #[tracing::instrument(skip_all, fields(%request, %step))]
    pub async fn release(&self, call: &Call, request: RequestId, step: RequestStepId) -> Result<()> {
        let forced = self.authorizer.allows(&call.principal, Permission::ManageRequest).await?;
        self.act(call, request, &Command::Release { step, forced }, None).await
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
    ) -> Result<()> {
        if self.replayed(call, "completeStep", replay.as_ref()).await?.is_some() {
            return Ok(());
        }
        let mut problems = Vec::new();
        check_length(completion.comment.as_deref().unwrap_or(""), &COMMENT_LENGTH, "comment", &mut problems);
        refuse(problems)?;
        let Completion { outcome, comment, variables } = completion;
        let command = Command::Complete { step, outcome, comment, variables };
        let stored = replay.clone().map(|r| r.entry(call, "completeStep", json!({ "id": request }), self.clock.now()));
        match self.act(call, request, &command, stored).await {
            Ok(()) => Ok(()),
            Err(error) => self.decided_meanwhile(call, "completeStep", replay.as_ref(), error).await.map(drop),
        }
    }

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

    async fn act(
        &self,
        call: &Call,
        request: RequestId,
        command: &Command,
        stored: Option<IdempotencyEntry>,
    ) -> Result<()> {
        self.execute(Acting::Person(call), request, command, stored).await.map(drop)
    }

    /// When time alone changes something about a request; `None` when never, or when it is gone.
    pub(super) async fn wakes_at(
        &self,
        organization: OrganizationId,
        request: RequestId,
    ) -> Result<Option<Timestamp>, StoreError> {
        let loaded = self.store.load(&Scope::system(organization), &[request]).await?.pop();
        Ok(loaded.and_then(|loaded| loaded.state.wakes_at()))
    }

    /// Load, authorise, decide, commit; again when somebody else was faster. Returns whether anything
    /// was written.
    pub(super) async fn execute(
        &self,
        acting: Acting<'_>,
        request: RequestId,
        command: &Command,
        stored: Option<IdempotencyEntry>,
    ) -> Result<bool> {
        let scope = match acting {
            Acting::Person(call) => self.authorizer.member(call).scope(),
            Acting::Timer { scope, .. } => scope,
        };
        for _ in 0..MAX_ATTEMPTS {
            let loaded = self.load(&scope, request, command).await?;
            let version = self.version(&scope, &loaded.state, command).await?;
            let worked = self.authorise_work(acting, &loaded, &version, command).await?;
            let unit = match self.decide(acting, &loaded, &version, command) {
                Ok(None) => return Ok(false),
                Ok(Some(unit)) => CommitUnit { idempotency: stored.clone(), ..unit },
                Err(refusal) => return Err(self.refused(acting, request, worked, refusal).await?),
            };
            let mut answers = self.store.commit(vec![unit]).await?;
            match answers.pop() {
                // Whoever holds a lost lease now does the work.
                Some(Ok(()) | Err(CommitConflict::LeaseLost)) => return Ok(true),
                Some(Err(CommitConflict::Stale)) => {}
                Some(Err(CommitConflict::IdempotencyKeyTaken)) | None => return Err(Refused::Contended.into()),
                Some(Err(CommitConflict::WorkflowGone)) => return Err(closed(WorkflowStatus::Paused)),
                Some(Err(CommitConflict::Store(error))) => return Err(error.into()),
            }
        }
        Err(Refused::Contended.into())
    }

    async fn load(&self, scope: &Scope, request: RequestId, command: &Command) -> Result<LoadedRequest> {
        if matches!(command, Command::Start(_)) {
            return Ok(LoadedRequest { state: RequestState::blank(), head: Hash::GENESIS });
        }
        let found = self.store.load(scope, &[request]).await?.pop();
        found.ok_or_else(|| not_found(request).into())
    }

    async fn version(&self, scope: &Scope, state: &RequestState, command: &Command) -> Result<Arc<PublishedVersion>> {
        let id = match command {
            Command::Start(start) => start.workflow_version,
            _ => state.workflow_version,
        };
        let version = self.catalogue.version(scope, id).await?;
        Ok(version.ok_or_else(|| StoreError::Corrupt {
            table: "workflow_versions",
            id: id.to_string(),
            message: "the version of a request is missing".to_owned(),
        })?)
    }

    /// The unit to commit; `None` when nothing changes.
    fn decide(
        &self,
        acting: Acting<'_>,
        loaded: &LoadedRequest,
        version: &PublishedVersion,
        command: &Command,
    ) -> Result<Option<CommitUnit>, Refusal> {
        let now = self.clock.now();
        let (principal, origin, fence) = match acting {
            Acting::Person(call) => (Some(&call.principal), call.origin.clone(), None),
            Acting::Timer { fence, .. } => (None, Origin::default(), Some(fence)),
        };
        let mut ids = Ids(&*self.ids);
        let mut context = Context { now, principal, ids: &mut ids };
        let actor = context.actor();
        let events = decide(&version.graph, &loaded.state, command, &mut context)?;
        if events.is_empty() {
            return Ok(None);
        }
        let mut chronicler = Chronicler { ids: &*self.ids, at: now, actor, origin, head: loaded.head };
        let projection = Projection::default();
        let mut projector = Projector { version, ids: &*self.ids, at: now, projection };
        let mut state = loaded.state.clone();
        let mut records = Vec::with_capacity(events.len());
        for event in &events {
            let after = evolve(state.clone(), event);
            records.push(chronicler.record(event, &state, &after));
            projector.apply(event, &after);
            state = after;
        }
        let Projection { steps, escalations, notifications } = projector.projection;
        let (before, after) = (loaded.state.wakes_at(), state.wakes_at());
        // A worker's claim ends with its commit, so its job is always written anew.
        let wake = match after {
            _ if before == after && fence.is_none() => Wake::Unchanged,
            Some(at) => Wake::At(at),
            None => Wake::Never,
        };
        let expected_version = loaded.state.version;
        Ok(Some(CommitUnit {
            expected_version,
            state,
            records,
            steps,
            escalations,
            notifications,
            wake,
            fence,
            idempotency: None,
            at: now,
        }))
    }

    /// Checks the permission that working the command's step needs, and names it. `None` when the
    /// command works no open step: then `decide` has the answer.
    async fn authorise_work(
        &self,
        acting: Acting<'_>,
        loaded: &LoadedRequest,
        version: &PublishedVersion,
        command: &Command,
    ) -> Result<Option<Permission>> {
        let (Acting::Person(call), Some(step)) = (acting, worked_step(command)) else { return Ok(None) };
        let Some(open) = loaded.state.open.get(&step) else { return Ok(None) };
        let human = version.graph.find(&open.step).and_then(|ix| version.graph.step(ix).human());
        let subject = Some(("request", loaded.state.id.uuid()));
        match human.map(|human| human.kind) {
            Some(HumanKind::Approval) => {
                self.authorizer.require_for::<actions::ApproveRequest>(call, subject).await?;
                Ok(Some(Permission::ApproveRequest))
            }
            Some(HumanKind::Task) | None => {
                self.authorizer.require_for::<actions::CompleteTask>(call, subject).await?;
                Ok(Some(Permission::CompleteTask))
            }
        }
    }

    async fn require_management(&self, call: &Call, request: RequestId, requester_may: bool) -> Result<()> {
        let scope = self.authorizer.request_scope(call).await?;
        let found = self.reader.requests(&scope, &[request]).await?.pop().ok_or_else(|| not_found(request))?;
        if !(requester_may && found.requester == call.principal.user) {
            let subject = Some(("request", request.uuid()));
            self.authorizer.require_for::<actions::ManageRequest>(call, subject).await?;
        }
        Ok(())
    }

    /// What the caller learns of a refusal; a denial is put on record.
    async fn refused(
        &self,
        acting: Acting<'_>,
        request: RequestId,
        worked: Option<Permission>,
        refusal: Refusal,
    ) -> Result<Error, StoreError> {
        let (Acting::Person(call), Some(permission), Refusal::NotPermitted { reason, granting_role }) =
            (acting, worked, &refusal)
        else {
            return Ok(Refused::Request(refusal).into());
        };
        let snapshot = self.authorizer.snapshot(call.principal.organization).await?;
        let roles_that_grant = granting_role.and_then(|role| snapshot.roles.get(&role).cloned()).into_iter().collect();
        let denied = Denied { permission, roles_that_grant, reason: reason.clone() };
        self.authorizer.denied(call, denied, Some(("request", request.uuid()))).await
    }

    /// What a concurrent call with the same key and input did, when this one was refused because of it.
    async fn decided_meanwhile(
        &self,
        call: &Call,
        operation: &str,
        replay: Option<&Replay>,
        error: Error,
    ) -> Result<serde_json::Value> {
        if error.refused().is_none() {
            return Err(error);
        }
        self.replayed(call, operation, replay).await?.ok_or(error)
    }

    async fn replayed(
        &self,
        call: &Call,
        operation: &str,
        replay: Option<&Replay>,
    ) -> Result<Option<serde_json::Value>> {
        idempotency::replayed(&*self.administration, call, operation, replay).await
    }
}

/// The open step that a command works as a candidate.
fn worked_step(command: &Command) -> Option<RequestStepId> {
    match command {
        Command::Claim { step } | Command::Complete { step, .. } | Command::Release { step, forced: false } => {
            Some(*step)
        }
        Command::Start(_)
        | Command::FireTimers
        | Command::Release { forced: true, .. }
        | Command::Suspend { .. }
        | Command::Resume
        | Command::Cancel { .. } => None,
    }
}

fn not_found(request: RequestId) -> Refused {
    Refused::NotFound { kind: "request", id: request.to_string() }
}

fn closed(status: WorkflowStatus) -> Error {
    let message = format!("the workflow is {status}; only an ACTIVE one takes new requests");
    Refused::WrongState { message, state: status.to_string() }.into()
}

fn check_texts(title: &str, reference: Option<&str>) -> Result<()> {
    let mut problems = Vec::new();
    check_length(title.trim(), &TITLE_LENGTH, "title", &mut problems);
    if let Some(reference) = reference {
        check_length(reference, &REFERENCE_LENGTH, "reference", &mut problems);
    }
    refuse(problems)
}

fn check_reason(reason: Option<&str>) -> Result<()> {
    let mut problems = Vec::new();
    check_length(reason.unwrap_or(""), &COMMENT_LENGTH, "reason", &mut problems);
    refuse(problems)
}

fn refuse(problems: Vec<Problem>) -> Result<()> {
    if problems.is_empty() { Ok(()) } else { Err(Refused::InvalidInput(problems).into()) }
}
