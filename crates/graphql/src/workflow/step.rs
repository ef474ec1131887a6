use async_graphql::{ComplexObject, Context, ID, Result, SimpleObject};
use nexusflow_application::workflow::ReferencedNames;
use nexusflow_domain::ids::{RoleId, UserId, WorkflowVersionId};
use nexusflow_domain::workflow::{CandidateDocument, StepDocument, StepKey, StepKindDocument, WaitDocument};

use super::flow::{self, GatheredBranches, StepBoundary, StepMilestone, StepTimer};
use super::kinds::{CandidateKind, EndKind, StepJoin, StepSplit, WorkflowStepKind};
use super::work::{StepCall, StepJob, StepMessage, StepMulti};
use crate::access::Role;
use crate::context::loader;
use crate::identity::User;
use crate::loader::{Compiled, Linked};
use crate::node_id::WorkflowStepKey;
use crate::scalar::{Duration, Json, int};

/// A node of a version's graph.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
#[expect(clippy::struct_excessive_bools, reason = "fields of the API, each with a meaning of its own")]
pub struct WorkflowStep {
    #[graphql(skip)]
    role: Option<RoleId>,
    #[graphql(skip)]
    user: Option<UserId>,
    /// The node.
    pub(crate) id: ID,
    /// Its name for machines, unique within the version.
    key: String,
    /// For people.
    name: String,
    /// For people.
    description: String,
    /// What it does.
    kind: WorkflowStepKind,
    /// When it starts.
    join: StepJoin,
    /// Joins `SOME` and `AT_LEAST`: the branches that they gather.
    gathers: Option<GatheredBranches>,
    /// Which transitions it takes.
    split: StepSplit,
    /// Tasks, approvals, services and agents: what they can end with.
    outcomes: Vec<String>,
    /// Tasks and approvals: who is asked to act.
    candidate_kind: Option<CandidateKind>,
    /// The name of the role or the e-mail address of the person asked.
    candidate_name: Option<String>,
    /// Separation of duties: whether the requester may not act.
    not_requester: bool,
    /// Separation of duties: keys of the steps whose deciders may not act.
    not_decider_of: Vec<String>,
    /// Tasks and approvals: the time allowed.
    due_in: Option<Duration>,
    /// End steps: how the request ends.
    end: Option<EndKind>,
    /// `ERROR` ends: the code that boundary events catch.
    error_code: Option<String>,
    /// Waits: for which time.
    timer: Option<StepTimer>,
    /// Waits: for which message.
    message: Option<StepMessage>,
    /// Waits: whether for a call of the execution's own address.
    webhook: bool,
    /// Services and agents: what is to be done.
    job: Option<StepJob>,
    /// Calls: of which workflow.
    call: Option<StepCall>,
    /// Steps that are worked once for each item of a list.
    multi: Option<StepMulti>,
    /// What the step is given: CEL expressions by name; null for what its kind gives by default.
    input: Option<Json>,
    /// Which variables the step sets: CEL expressions by name; null for what its kind sets by default.
    output: Option<Json>,
    /// Boundary events: on what, and when they fire.
    boundary: Option<StepBoundary>,
    /// Tasks and approvals: of those with the same mutex only one is being worked at a time.
    mutex: Option<String>,
    /// Tasks and approvals: may only be worked while this holds.
    enabled_while: Option<StepMilestone>,
    /// How often the step may start in one request.
    max_visits: Option<i32>,
    /// Whether several tokens may arrive here on one transition.
    allow_multiple: bool,
    /// Whether an operator may not skip it.
    required: bool,
    /// A display hint; the graph alone decides what runs when.
    order: i32,
    /// Free configuration for clients, such as form fields.
    config: Option<Json>,
}

#[ComplexObject]
impl WorkflowStep {
    /// The role asked; null in a draft, whose names are not resolved yet.
    async fn required_role(&self, ctx: &Context<'_>) -> Result<Option<Role>> {
        let Some(role) = self.role else { return Ok(None) };
        role.find(ctx).await
    }

    /// The person asked; null in a draft, whose names are not resolved yet.
    async fn assignee(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        let Some(user) = self.user else { return Ok(None) };
        user.find(ctx).await
    }
}

impl WorkflowStep {
    /// A node of a version, in which these names are resolved.
    pub(super) fn of(version: WorkflowVersionId, names: &ReferencedNames, step: &StepDocument) -> Self {
        let (candidate_kind, candidate_name) = candidate(step.candidate.as_ref());
        let (join, gathers) = flow::join(&step.join);
        let name = candidate_name.as_deref().unwrap_or_default();
        let (timer, message, webhook) = match &step.wait {
            Some(WaitDocument::Timer(timer)) => (Some(timer.into()), None, false),
            Some(WaitDocument::Message(message)) => (None, Some(message.into()), false),
            Some(WaitDocument::Webhook {}) => (None, None, true),
            None => (None, None, false),
        };
        Self {
            role: names.roles.get(name).filter(|_| candidate_kind == Some(CandidateKind::Role)).copied(),
            user: names.users.get(&name.to_lowercase()).copied(),
            id: WorkflowStepKey { version, key: step.key.clone() }.to_string().into(),
            key: step.key.to_string(),
            name: step.name.clone(),
            description: step.description.clone(),
            kind: step.kind.into(),
            join,
            gathers,
            split: step.split.into(),
            outcomes: step.effective_outcomes().into_iter().map(Into::into).collect(),
            candidate_kind,
            candidate_name,
            not_requester: step.separation.not_requester,
            not_decider_of: step.separation.not_decider_of.iter().map(ToString::to_string).collect(),
            due_in: step.sla.as_ref().map(|sla| Duration(sla.due_in)),
            end: (step.kind == StepKindDocument::End).then(|| step.end.into()),
            error_code: step.error_code.clone(),
            timer,
            message,
            webhook,
            job: step.service.as_ref().map(Into::into).or_else(|| step.agent.as_ref().map(Into::into)),
            call: step.call.as_ref().map(Into::into),
            multi: step.multi.as_ref().map(Into::into),
            input: step.input.clone().map(Json),
            output: step.output.clone().map(Json),
            boundary: step.boundary.as_ref().map(Into::into),
            mutex: step.mutex.clone(),
            enabled_while: step.enabled_while.as_ref().map(Into::into),
            max_visits: step.max_visits.map(int),
            allow_multiple: step.allow_multiple,
            required: step.required,
            order: step.order,
            config: (!step.config.is_null()).then(|| Json(step.config.clone())),
        }
    }
}

fn candidate(candidate: Option<&CandidateDocument>) -> (Option<CandidateKind>, Option<String>) {
    match candidate {
        Some(CandidateDocument::Role(name)) => (Some(CandidateKind::Role), Some(name.clone())),
        Some(CandidateDocument::User(email)) => (Some(CandidateKind::User), Some(email.clone())),
        Some(CandidateDocument::Requester {}) => (Some(CandidateKind::Requester), None),
        None => (None, None),
    }
}

/// A node by its global id, of a draft too.
pub(crate) async fn workflow_step(ctx: &Context<'_>, id: &WorkflowStepKey) -> Result<Option<WorkflowStep>> {
    let Some(version) = loader(ctx)?.load_one(id.version).await? else { return Ok(None) };
    let step = version.document.steps.iter().find(|step| step.key == id.key);
    Ok(step.map(|step| WorkflowStep::of(version.id, &version.names, step)))
}

/// The node with this key of a version that requests run on.
pub(crate) async fn published_step(
    ctx: &Context<'_>,
    version: WorkflowVersionId,
    key: &StepKey,
) -> Result<Option<WorkflowStep>> {
    let Some(version) = loader(ctx)?.load_one(Compiled(version)).await? else { return Ok(None) };
    let step = version.document.steps.iter().find(|step| step.key == *key);
    Ok(step.map(|step| WorkflowStep::of(version.id, &version.names, step)))
}
