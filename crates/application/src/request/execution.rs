use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{OrganizationId, RequestId, RoleId, UserId};
use nexusflow_domain::insight::{Hash, Origin};
use nexusflow_domain::request::{Command, RequestState, counted_roles};
use nexusflow_domain::workflow::WorkflowStatus;
use uuid::Uuid;

use crate::access::Scope;
use crate::idempotency::{IdempotencyEntry, Replay};
use crate::request::{Address, CommitConflict, CommitUnit, Lease, LoadedRequest, RequestService, SubscriptionChange};
use crate::workflow::PublishedVersion;
use crate::{Call, Error, Refused, Result, StoreError};

/// How often a decision is made again when somebody else was faster.
const MAX_ATTEMPTS: u32 = 4;

/// Who acts in an execution, and under which lease.
#[derive(Clone, Copy)]
pub(super) enum Acting<'a> {
    /// A person.
    Person {
        /// Who.
        call: &'a Call,
        /// For whom; `None` leaves it to the policy.
        on_behalf_of: Option<UserId>,
    },
    /// A worker that signed in, under its claim of a job.
    LeaseHolder(&'a Call, Lease),
    /// Whoever knows the address of a step.
    Outside {
        /// The tenant.
        scope: Scope,
        /// From where the call came.
        origin: &'a Origin,
    },
    /// NexusFlow itself.
    Worker {
        /// The tenant.
        scope: Scope,
        /// The claim of a job under which it acts.
        lease: Option<Lease>,
    },
}

impl Acting<'_> {
    const fn organization(self) -> OrganizationId {
        match self {
            Self::Person { call, .. } | Self::LeaseHolder(call, _) => call.principal.organization,
            Self::Outside { scope, .. } | Self::Worker { scope, .. } => scope.organization(),
        }
    }
}

/// What became of a command.
#[derive(Default)]
pub(super) struct Done {
    /// Whether anything was written.
    pub written: bool,
    /// Whether a message was received.
    pub received: bool,
    /// Where messages are waited for since.
    pub opened: Vec<Address>,
}

impl RequestService {
    /// A person's command.
    pub(super) async fn act(
        &self,
        call: &Call,
        request: RequestId,
        command: &Command,
        stored: Option<IdempotencyEntry>,
    ) -> Result<()> {
        let acting = Acting::Person { call, on_behalf_of: None };
        self.execute(acting, request, command, stored).await.map(drop)
    }

    /// When time alone changes something about a request; `None` when never, or when it is gone.
    pub(super) async fn wakes_at(
        &self,
        organization: OrganizationId,
        request: RequestId,
    ) -> Result<Option<Timestamp>, StoreError> {
        let loaded = self.store.load(&[(Scope::system(organization), request)]).await?.pop();
        Ok(loaded.and_then(|loaded| loaded.state.wakes_at()))
    }

    /// Load, authorise, decide, commit; again when somebody else was faster; then messages that are kept
    /// for what waits now are delivered. Returns whether anything was written.
    pub(super) async fn execute(
        &self,
        acting: Acting<'_>,
        request: RequestId,
        command: &Command,
        stored: Option<IdempotencyEntry>,
    ) -> Result<bool> {
        let done = self.attempt(acting, request, command, stored).await?;
        self.hand_over(acting.organization(), done.opened).await;
        Ok(done.written)
    }

    /// As [`Self::execute`], but leaves it to the caller to deliver messages.
    pub(super) async fn attempt(
        &self,
        acting: Acting<'_>,
        request: RequestId,
        command: &Command,
        stored: Option<IdempotencyEntry>,
    ) -> Result<Done> {
        let scope = match acting {
            Acting::Person { call, .. } | Acting::LeaseHolder(call, _) => self.authorizer.member(call).scope(),
            Acting::Outside { scope, .. } | Acting::Worker { scope, .. } => scope,
        };
        for _ in 0..MAX_ATTEMPTS {
            let loaded = self.load(&scope, request, command).await?;
            let version = self.version(&scope, &loaded.state, command).await?;
            let worked = self.authorise_work(acting, &loaded, &version, command).await?;
            let holders = self.holders(&loaded.state, &version, command).await?;
            let unit = match self.decide(acting, &loaded, &version, &holders, command) {
                Ok(None) => return Ok(Done::default()),
                Ok(Some(unit)) => CommitUnit { idempotency: stored.clone(), ..unit },
                Err(refusal) => return Err(self.refused(acting, request, worked, refusal).await?),
            };
            let done = Done { written: true, received: unit.receives.is_some(), opened: opened(&unit) };
            let news = self.work.news(&unit);
            let mut answers = self.store.commit(vec![unit]).await?;
            match answers.pop() {
                Some(Ok(())) => {
                    self.work.tell(news);
                    return Ok(done);
                }
                Some(Err(CommitConflict::LeaseLost)) => match acting {
                    Acting::LeaseHolder(_, lease) => return Err(Refused::LeaseLost { job: lease.job }.into()),
                    // Whoever holds the lease now does the work.
                    Acting::Person { .. } | Acting::Outside { .. } | Acting::Worker { .. } => {
                        return Ok(Done { written: true, ..Done::default() });
                    }
                },
                Some(Err(CommitConflict::MessageTaken)) => return Ok(Done::default()),
                Some(Err(CommitConflict::Stale)) => {}
                Some(Err(CommitConflict::IdempotencyKeyTaken)) | None => return Err(Refused::Contended.into()),
                Some(Err(CommitConflict::WorkflowGone)) => return Err(closed(WorkflowStatus::Paused)),
                Some(Err(CommitConflict::Store(error))) => return Err(error.into()),
            }
        }
        Err(Refused::Contended.into())
    }

    /// Who holds the roles whose votes the command counts.
    async fn holders(
        &self,
        state: &RequestState,
        version: &PublishedVersion,
        command: &Command,
    ) -> Result<BTreeMap<RoleId, BTreeSet<UserId>>> {
        let roles = counted_roles(&version.graph, state, command);
        if roles.is_empty() {
            return Ok(BTreeMap::new());
        }
        let snapshot = match command {
            // Nobody counts again what a recount misses.
            Command::FireTimers | Command::Resume => self.authorizer.fresh_snapshot(state.organization).await?,
            _ => self.authorizer.snapshot(state.organization).await?,
        };
        Ok(roles.into_iter().map(|role| (role, snapshot.holders_of(role))).collect())
    }

    async fn load(&self, scope: &Scope, request: RequestId, command: &Command) -> Result<LoadedRequest> {
        if matches!(command, Command::Start(_)) {
            return Ok(LoadedRequest { state: RequestState::blank(), head: Hash::GENESIS });
        }
        let found = self.store.load(&[(*scope, request)]).await?.pop();
        found.ok_or_else(|| not_found(request).into())
    }

    async fn version(&self, scope: &Scope, state: &RequestState, command: &Command) -> Result<Arc<PublishedVersion>> {
        let id = match command {
            Command::Start(start) => start.workflow_version,
            _ => state.workflow_version,
        };
        Ok(self.catalogue.of_request(scope, id).await?)
    }

    /// What a concurrent call with the same key and input did, when this one was refused because of it.
    pub(super) async fn decided_meanwhile(
        &self,
        call: &Call,
        operation: &str,
        replay: Option<&Replay>,
        error: Error,
    ) -> Result<Uuid> {
        if error.refused().is_none() {
            return Err(error);
        }
        self.registrar.replayed(call, operation, replay).await?.ok_or(error)
    }
}

fn opened(unit: &CommitUnit) -> Vec<Address> {
    let opened = unit.subscriptions.iter().filter_map(|change| match change {
        SubscriptionChange::Put(subscription) => Some(subscription.address()),
        SubscriptionChange::Remove(_) => None,
    });
    opened.collect()
}

pub(super) fn not_found(request: RequestId) -> Refused {
    Refused::NotFound { kind: "request", id: request.to_string() }
}

pub(super) fn closed(status: WorkflowStatus) -> Error {
    let message = format!("the workflow is {status}; only an ACTIVE one takes new requests");
    Refused::WrongState { message, state: status.to_string() }.into()
}
