use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use nexusflow_domain::Timestamp;
use nexusflow_domain::access::Permission;
use nexusflow_domain::ids::{OrganizationId, RequestId, RoleId, UserId};
use nexusflow_domain::insight::Origin;
use nexusflow_domain::request::{Command, Refusal, RequestState, counted_roles};
use nexusflow_domain::workflow::WorkflowStatus;
use uuid::Uuid;

use crate::access::Scope;
use crate::idempotency::{IdempotencyEntry, Replay};
use crate::request::committer::Outcome;
use crate::request::latest::{Held, Known, weight};
use crate::request::{
    Address, CommitConflict, CommitUnit, Lease, LoadedRequest, Request, RequestService, SubscriptionChange, Written,
};
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

/// Where the state to decide on comes from.
#[derive(Clone, Copy)]
enum Basis {
    /// From memory, if it is there.
    Latest,
    /// From the store, unless something is on its way there.
    Store,
}

/// How sure it is that a state is the stored one.
enum Standing {
    /// It was just read.
    Stored,
    /// It was stored when it was last heard of.
    Remembered,
    /// It is on its way.
    Submitted(Outcome),
}

/// What was decided.
enum Decided {
    Writes(Box<CommitUnit>),
    Nothing,
    /// With the permission that working the step needs.
    Refused(Option<Permission>, Refusal),
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
    /// What was written, and when.
    pub left: Option<(Arc<LoadedRequest>, Timestamp)>,
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

    /// As [`Self::execute`], for whoever wants to know what became of the request.
    pub(super) async fn write(
        &self,
        acting: Acting<'_>,
        id: RequestId,
        command: &Command,
        stored: Option<IdempotencyEntry>,
    ) -> Result<Written> {
        let Done { opened, left, .. } = self.attempt(acting, id, command, stored).await?;
        // Messages that were kept for it go on with it.
        let left = left.filter(|_| opened.is_empty());
        self.hand_over(acting.organization(), opened).await;
        let request = left.map(|(left, at)| Request::of(&left.state, left.created_at, at));
        Ok(Written { id, request })
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
        let mut basis = Basis::Latest;
        for _ in 0..MAX_ATTEMPTS {
            let slot = self.latest.slot(request);
            let mut held = slot.hold().await;
            let (loaded, standing) = self.loaded(scope, request, command, &mut held, basis).await?;
            let decided = self.decided(acting, scope, &loaded, command).await?;
            let Decided::Writes(unit) = decided else {
                drop(held);
                match standing {
                    Standing::Stored => return self.unwritten(acting, request, decided).await,
                    // It was stored once; whether it is now only the store knows.
                    Standing::Remembered => basis = Basis::Store,
                    // What it was decided on is stored, if ever, before the caller is answered.
                    Standing::Submitted(outcome) => {
                        if arrives(outcome).await {
                            return self.unwritten(acting, request, decided).await;
                        }
                    }
                }
                continue;
            };
            let unit = CommitUnit { idempotency: stored.clone(), ..*unit };
            let (news, weight, next) =
                (self.work.news(&unit), weight(&unit.state), Arc::new(LoadedRequest::after(&unit)));
            let left = Some((next.clone(), unit.at));
            let done = Done { written: true, received: unit.receives.is_some(), opened: opened(&unit), left };
            let submitted = self.committer.submit(unit, weight)?;
            held.submitted(next, submitted.outcome.clone());
            drop(held);
            self.latest.weigh(request, &slot, weight);
            match submitted.answer().await {
                Ok(()) => {
                    self.work.tell(news);
                    return Ok(done);
                }
                Err(CommitConflict::LeaseLost) => match acting {
                    Acting::LeaseHolder(_, lease) => return Err(Refused::LeaseLost { job: lease.job }.into()),
                    // Whoever holds the lease now does the work.
                    Acting::Person { .. } | Acting::Outside { .. } | Acting::Worker { .. } => {
                        return Ok(Done { written: true, ..Done::default() });
                    }
                },
                Err(CommitConflict::MessageTaken) => return Ok(Done::default()),
                Err(CommitConflict::Stale) => {}
                Err(CommitConflict::IdempotencyKeyTaken) => return Err(Refused::Contended.into()),
                Err(CommitConflict::WorkflowGone) => return Err(closed(WorkflowStatus::Paused)),
                Err(CommitConflict::Store(error)) => return Err(error.into()),
            }
        }
        Err(Refused::Contended.into())
    }

    /// Authorises and decides on a state.
    async fn decided(
        &self,
        acting: Acting<'_>,
        scope: Scope,
        loaded: &LoadedRequest,
        command: &Command,
    ) -> Result<Decided> {
        let version = self.version(&scope, &loaded.state, command).await?;
        let worked = self.authorise_work(acting, loaded, &version, command).await?;
        let holders = self.holders(&loaded.state, &version, command).await?;
        Ok(match self.decide(acting, loaded, &version, &holders, command) {
            Ok(Some(unit)) => Decided::Writes(Box::new(unit)),
            Ok(None) => Decided::Nothing,
            Err(refusal) => Decided::Refused(worked, refusal),
        })
    }

    /// What a decision that writes nothing means to the caller.
    async fn unwritten(&self, acting: Acting<'_>, request: RequestId, decided: Decided) -> Result<Done> {
        match decided {
            Decided::Refused(worked, refusal) => Err(self.refused(acting, request, worked, refusal).await?),
            Decided::Nothing | Decided::Writes(_) => Ok(Done::default()),
        }
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
        Ok(roles.into_iter().map(|role| (role, snapshot.holders_of(role, Some(state.workflow)))).collect())
    }

    /// The state to decide on.
    async fn loaded(
        &self,
        scope: Scope,
        request: RequestId,
        command: &Command,
        held: &mut Held<'_>,
        basis: Basis,
    ) -> Result<(Arc<LoadedRequest>, Standing)> {
        if matches!(command, Command::Start(_)) {
            return Ok((Arc::new(LoadedRequest::blank()), Standing::Stored));
        }
        let is_own = |loaded: &LoadedRequest| loaded.state.organization == scope.organization();
        match (held.known(), basis) {
            (Some(Known::Submitted(loaded, outcome)), _) if is_own(&loaded) => {
                Ok((loaded, Standing::Submitted(outcome)))
            }
            (Some(Known::Stored(loaded)), Basis::Latest) if is_own(&loaded) => Ok((loaded, Standing::Remembered)),
            _ => {
                let found = self.committer.load(scope, request).await?;
                Ok((Arc::new(found.ok_or_else(|| not_found(request))?), Standing::Stored))
            }
        }
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

/// Whether what is on its way is written.
async fn arrives(mut outcome: Outcome) -> bool {
    outcome.wait_for(Option::is_some).await.is_ok_and(|written| *written == Some(true))
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
