//! The one way to the store: what is decided at the same time is loaded and written together.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use nexusflow_domain::ids::RequestId;
use tokio::sync::watch;

use crate::StoreError;
use crate::access::Scope;
use crate::grouping::{Batcher, Limits, Ticket, Work};
use crate::request::{CommitConflict, CommitUnit, LoadedRequest, RequestStore};

const COMMITS: Limits =
    Limits { lanes: 1, fill: 64, waiting: 4_096, weight: 64 << 20, batch: 512, aim: Duration::from_millis(50) };
const LOADS: Limits =
    Limits { lanes: 2, fill: 16, waiting: 16_384, weight: usize::MAX, batch: 256, aim: Duration::from_millis(50) };

/// Whether a unit was written, once that is known.
pub(super) type Outcome = watch::Receiver<Option<bool>>;

/// Gathers loads and commits.
pub(super) struct Committer {
    loads: Batcher<Loads>,
    commits: Batcher<Commits>,
}

/// A unit on its way.
pub(super) struct Submitted {
    ticket: Ticket<Result<(), CommitConflict>>,
    /// For those who go on from it.
    pub outcome: Outcome,
}

impl Committer {
    pub fn new(store: &Arc<dyn RequestStore>) -> Self {
        let commits = Limits { lanes: store.writers(), ..COMMITS };
        Self {
            loads: Batcher::new(Loads(store.clone()), LOADS),
            commits: Batcher::new(Commits(store.clone()), commits),
        }
    }

    /// A request as it is stored now; `None` when there is no such one in the tenant.
    pub async fn load(&self, scope: Scope, request: RequestId) -> Result<Option<LoadedRequest>, StoreError> {
        self.loads.submit((scope, request))?.answer().await?
    }

    /// Sets out to write a unit. Units of one request are written in the order in which they are submitted.
    pub fn submit(&self, unit: CommitUnit, weight: usize) -> Result<Submitted, StoreError> {
        let (known, outcome) = watch::channel(None);
        let ticket = self.commits.submit(Commit { unit, weight, known })?;
        Ok(Submitted { ticket, outcome })
    }
}

impl Submitted {
    /// What became of the unit.
    pub async fn answer(self) -> Result<(), CommitConflict> {
        self.ticket.answer().await?
    }
}

struct Loads(Arc<dyn RequestStore>);

#[async_trait]
impl Work for Loads {
    type Item = (Scope, RequestId);
    type Answer = Result<Option<LoadedRequest>, StoreError>;
    type Key = RequestId;

    fn key(_: &Self::Item) -> Option<RequestId> {
        None
    }

    fn weight(_: &Self::Item) -> usize {
        0
    }

    async fn run(&self, items: Vec<Self::Item>) -> Vec<Self::Answer> {
        match self.0.load(&items).await {
            Ok(loaded) => {
                let found = |(scope, id): &Self::Item| {
                    let is_it =
                        |one: &&LoadedRequest| one.state.id == *id && one.state.organization == scope.organization();
                    Ok(loaded.iter().find(is_it).cloned())
                };
                items.iter().map(found).collect()
            }
            Err(error) => error.shared().map(Err).take(items.len()).collect(),
        }
    }
}

struct Commits(Arc<dyn RequestStore>);

struct Commit {
    unit: CommitUnit,
    weight: usize,
    known: watch::Sender<Option<bool>>,
}

#[async_trait]
impl Work for Commits {
    type Item = Commit;
    type Answer = Result<(), CommitConflict>;
    type Key = RequestId;

    fn key(item: &Commit) -> Option<RequestId> {
        Some(item.unit.state.id)
    }

    fn weight(item: &Commit) -> usize {
        item.weight
    }

    async fn run(&self, items: Vec<Commit>) -> Vec<Self::Answer> {
        let (units, known): (Vec<CommitUnit>, Vec<_>) = items.into_iter().map(|item| (item.unit, item.known)).unzip();
        let answers = match self.0.commit(units).await {
            Ok(answers) => answers,
            Err(error) => error.shared().map(|error| Err(error.into())).take(known.len()).collect(),
        };
        for (known, answer) in known.into_iter().zip(&answers) {
            known.send_replace(Some(answer.is_ok()));
        }
        answers
    }
}
