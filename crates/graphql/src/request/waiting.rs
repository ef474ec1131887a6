use async_graphql::{ComplexObject, Context, Enum, Result, SimpleObject};
use nexusflow_application::request::{StuckRequest as Stuck, Waits};
use nexusflow_application::workflow::PublishedVersion;
use nexusflow_domain::ids::{JobPauseId, RequestId, RoleId, UserId};
use nexusflow_domain::request::{WaitReason, WaitingFor as Wait};
use nexusflow_domain::workflow::{BUILT_IN, Candidate, StepKey};

use crate::access::Role;
use crate::connection::list_cost;
use crate::context::loader;
use crate::identity::User;
use crate::loader::Linked;
use crate::node_id::RequestStepKey;
use crate::request::{JobPause, Request, RequestStep};
use crate::scalar::{DateTime, int};

/// What kind of thing a request waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum WaitKind {
    /// Its start, at a later time.
    Start,
    /// Somebody to resume it.
    Resumption,
    /// A person to act, or further votes.
    Person,
    /// Another step to end, on which this one's milestone depends.
    Milestone,
    /// Somebody who works another step with the same mutex.
    Mutex,
    /// A time.
    Time,
    /// A message.
    Message,
    /// A call of the execution's address.
    Webhook,
    /// A worker.
    Job,
    /// An operator to resume its work, which is paused.
    Pause,
    /// Another request.
    Call,
    /// Its instances, which wait for something themselves.
    Instances,
    /// Other branches to arrive.
    Branches,
    /// A scope with the same mutex to be left.
    Scope,
    /// An operator to retry or skip a step that failed.
    Operator,
}

/// One thing that a request waits for.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct WaitingFor {
    #[graphql(skip)]
    execution: Option<RequestStepKey>,
    #[graphql(skip)]
    asked: (Option<RoleId>, Option<UserId>),
    #[graphql(skip)]
    taken_by: Option<UserId>,
    #[graphql(skip)]
    called: Option<RequestId>,
    #[graphql(skip)]
    held_by: Vec<JobPauseId>,
    /// What kind of thing.
    kind: WaitKind,
    /// The same in a sentence, for people.
    message: String,
    /// The key of the step at which it waits; null when the whole request waits.
    step_key: Option<String>,
    /// Since when.
    since: Option<DateTime>,
    /// When at the latest time alone changes something.
    until: Option<DateTime>,
    /// Keys of the steps or the scope on which that depends.
    depends_on: Vec<String>,
    /// How many have voted, where several people decide.
    votes: Option<i32>,
    /// How many of those asked may not act: by separation of duties, or because they have voted.
    excluded: i32,
}

#[ComplexObject]
impl WaitingFor {
    /// The execution that waits; null when the whole request does.
    async fn request_step(&self, ctx: &Context<'_>) -> Result<Option<RequestStep>> {
        let Some(step) = self.execution else { return Ok(None) };
        step.find(ctx).await
    }

    /// The role asked.
    async fn role(&self, ctx: &Context<'_>) -> Result<Option<Role>> {
        let Some(role) = self.asked.0 else { return Ok(None) };
        role.find(ctx).await
    }

    /// The person asked.
    async fn user(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        let Some(user) = self.asked.1 else { return Ok(None) };
        user.find(ctx).await
    }

    /// The called request whose end it waits for; null when it waits for none, or there is none that the
    /// caller may see.
    async fn called_request(&self, ctx: &Context<'_>) -> Result<Option<Request>> {
        let Some(called) = self.called else { return Ok(None) };
        called.find(ctx).await
    }

    /// The pauses that hold its work back; empty when none does. To see them needs `MANAGE_REQUEST`.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn pauses(&self, ctx: &Context<'_>) -> Result<Option<Vec<JobPause>>> {
        let mut found = loader(ctx)?.load_many(self.held_by.iter().copied()).await?;
        Ok(Some(self.held_by.iter().filter_map(|id| found.remove(id)).map(Into::into).collect()))
    }

    /// Who has taken the step.
    async fn claimed_by(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        let Some(user) = self.taken_by else { return Ok(None) };
        user.find(ctx).await
    }
}

impl WaitingFor {
    pub(super) fn of(request: RequestId, requester: UserId, version: &PublishedVersion, wait: Wait) -> Self {
        let name = |key: &StepKey| {
            let step = version.graph.find(key).map(|ix| version.graph.step(ix).name.clone());
            let scope = || version.graph.scopes().find(|scope| scope.key == *key).map(|scope| scope.name.clone());
            step.or_else(scope).unwrap_or_else(|| key.to_string())
        };
        let told = Told::of(&wait.reason, &name, &|role| version.graph.role_name(role).map(ToOwned::to_owned));
        let (mut asked, mut taken_by, mut votes, mut excluded) = ((None, None), None, None, 0);
        if let WaitReason::Person { candidate, claimed_by, excluded: who, votes: cast } = &wait.reason {
            asked = match candidate {
                Candidate::Role(role) => (Some(*role), None),
                Candidate::User(user) => (None, Some(*user)),
                Candidate::Requester => (None, Some(requester)),
            };
            (taken_by, votes, excluded) = (*claimed_by, cast.map(int), int(who.len()));
        }
        let called = match wait.reason {
            WaitReason::Call(child) => Some(child),
            _ => None,
        };
        let place = wait.step.as_ref().map(|step| format!("{}: ", name(step))).unwrap_or_default();
        Self {
            execution: wait.request_step.map(|step| RequestStepKey { request, step }),
            asked,
            taken_by,
            called,
            held_by: Vec::new(),
            kind: told.kind,
            message: format!("{place}{}", told.message),
            step_key: wait.step.map(|step| step.to_string()),
            since: wait.since.map(Into::into),
            until: wait.until.map(Into::into),
            depends_on: told.depends_on,
            votes,
            excluded,
        }
    }
}

impl WaitingFor {
    /// The same while pauses hold its work back.
    fn held_back(mut self, by: Vec<JobPauseId>) -> Self {
        if !by.is_empty() {
            self.kind = WaitKind::Pause;
            self.message.push_str("; this work is paused until an operator resumes it");
        }
        Self { held_by: by, ..self }
    }
}

/// A reason in words.
struct Told {
    kind: WaitKind,
    message: String,
    depends_on: Vec<String>,
}

impl Told {
    fn of(
        reason: &WaitReason,
        name: &dyn Fn(&StepKey) -> String,
        role_name: &dyn Fn(RoleId) -> Option<String>,
    ) -> Self {
        let told = |kind, message: String, on: &[&StepKey]| Self {
            kind,
            message,
            depends_on: on.iter().map(ToString::to_string).collect(),
        };
        match reason {
            WaitReason::Start => told(WaitKind::Start, "waits for its start".to_owned(), &[]),
            WaitReason::Resumption => {
                told(WaitKind::Resumption, "is suspended until somebody resumes it".to_owned(), &[])
            }
            WaitReason::Person { claimed_by: Some(_), .. } => {
                told(WaitKind::Person, "waits for the person who has taken it".to_owned(), &[])
            }
            WaitReason::Person { candidate, votes, .. } => {
                let whom = match candidate {
                    Candidate::Role(role) => {
                        role_name(*role).map_or_else(|| "another role".to_owned(), |name| format!("the role {name}"))
                    }
                    Candidate::User(_) => "one person".to_owned(),
                    Candidate::Requester => "the requester".to_owned(),
                };
                let what = votes.map_or_else(String::new, |cast| format!(" to vote ({cast} have)"));
                told(WaitKind::Person, format!("waits for {whom}{what}"), &[])
            }
            WaitReason::Milestone(step) => {
                told(WaitKind::Milestone, format!("can be worked once {:?} has ended", name(step)), &[step])
            }
            WaitReason::Mutex(step) => {
                told(WaitKind::Mutex, format!("can be worked once {:?} is finished or released", name(step)), &[step])
            }
            WaitReason::Time => told(WaitKind::Time, "waits for a time".to_owned(), &[]),
            WaitReason::Message { name, key } => {
                told(WaitKind::Message, format!("waits for the message {name:?} with the key {key:?}"), &[])
            }
            WaitReason::Webhook => told(WaitKind::Webhook, "waits for a call of its address".to_owned(), &[]),
            WaitReason::Job { job_type, failed, last_error } => {
                let failed = match last_error {
                    Some(error) => format!(" ({failed} attempts have failed, the last one: {error})"),
                    None => String::new(),
                };
                let whom = match job_type.strip_prefix(BUILT_IN) {
                    Some(action) => format!("waits for NexusFlow to carry out {action:?}"),
                    None => format!("waits for a worker of jobs of the type {job_type:?}"),
                };
                told(WaitKind::Job, format!("{whom}{failed}"), &[])
            }
            WaitReason::Call(child) => {
                told(WaitKind::Call, format!("waits for the request {child} that it called"), &[])
            }
            WaitReason::Instances { ended, total } => {
                told(WaitKind::Instances, format!("waits for its instances; {ended} of {total} have ended"), &[])
            }
            WaitReason::Branches(steps) => {
                let names: Vec<String> = steps.iter().map(|step| format!("{:?}", name(step))).collect();
                let message = format!("waits for the branches of {}", names.join(", "));
                told(WaitKind::Branches, message, &steps.iter().collect::<Vec<_>>())
            }
            WaitReason::Scope(scope) => {
                told(WaitKind::Scope, format!("waits until {:?} has been left", name(scope)), &[scope])
            }
            WaitReason::Operator { failure } => {
                told(WaitKind::Operator, format!("failed and waits for an operator: {failure}"), &[])
            }
        }
    }
}

/// A request that nothing can move any more, short of an operator.
#[derive(Debug, Clone, SimpleObject)]
pub struct StuckRequest {
    /// The request.
    request: Request,
    /// What it waits for in vain.
    waiting_for: Vec<WaitingFor>,
}

impl From<Stuck> for StuckRequest {
    fn from(stuck: Stuck) -> Self {
        let Stuck { request, waits, version } = stuck;
        let told = |wait| WaitingFor::of(request.id, request.requester, &version, wait);
        let waiting_for = waits.into_iter().map(told).collect();
        Self { request: request.into(), waiting_for }
    }
}

/// Everything that a request waits for.
pub(super) fn told(request: RequestId, requester: UserId, waits: Waits) -> Vec<WaitingFor> {
    let Waits { version, waits, mut pauses } = waits;
    let told = |wait: Wait| {
        let held_by = wait.request_step.and_then(|step| pauses.remove(&step)).unwrap_or_default();
        WaitingFor::of(request, requester, &version, wait).held_back(held_by)
    };
    waits.into_iter().map(told).collect()
}
