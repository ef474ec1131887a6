//! Reads by id that are gathered: what calls ask for at the same time is read by one statement.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::future::join_all;
use nexusflow_domain::ids::RequestId;

use crate::StoreError;
use crate::access::{RequestScope, Scope};
use crate::grouping::{Batcher, Limits, Work};
use crate::request::{Request, RequestReader, RequestStep, StepReader};

const READS: Limits =
    Limits { lanes: 4, fill: 16, waiting: 16_384, weight: usize::MAX, batch: 128, aim: Duration::from_millis(50) };

/// Gathers reads of requests and of their steps.
pub(super) struct GatheredReads {
    requests: Batcher<Gathered<RequestsById>>,
    steps: Batcher<Gathered<StepsById>>,
}

impl GatheredReads {
    pub fn new(requests: Arc<dyn RequestReader>, steps: Arc<dyn StepReader>) -> Self {
        Self {
            requests: Batcher::new(Gathered(RequestsById(requests)), READS),
            steps: Batcher::new(Gathered(StepsById(steps)), READS),
        }
    }

    /// As [`RequestReader::requests`].
    pub async fn requests(&self, scope: &RequestScope, ids: &[RequestId]) -> Result<Vec<Request>, StoreError> {
        ask(&self.requests, scope.clone(), ids).await
    }

    /// As [`StepReader::steps_of`], but request by request.
    pub async fn steps_of(&self, scope: &Scope, requests: &[RequestId]) -> Result<Vec<RequestStep>, StoreError> {
        ask(&self.steps, *scope, requests).await
    }
}

async fn ask<R: ByRequest>(
    batcher: &Batcher<Gathered<R>>,
    scope: R::Scope,
    ids: &[RequestId],
) -> Result<Vec<R::Row>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    batcher.submit((scope, ids))?.answer().await?
}

/// What is read by the ids of requests.
#[async_trait]
trait ByRequest: Send + Sync + 'static {
    type Scope: Clone + PartialEq + Send + Sync + 'static;
    type Row: Clone + Send + 'static;

    async fn read(&self, scope: &Self::Scope, ids: &[RequestId]) -> Result<Vec<Self::Row>, StoreError>;

    fn request(row: &Self::Row) -> RequestId;
}

struct RequestsById(Arc<dyn RequestReader>);

#[async_trait]
impl ByRequest for RequestsById {
    type Scope = RequestScope;
    type Row = Request;

    async fn read(&self, scope: &RequestScope, ids: &[RequestId]) -> Result<Vec<Request>, StoreError> {
        self.0.requests(scope, ids).await
    }

    fn request(row: &Request) -> RequestId {
        row.id
    }
}

struct StepsById(Arc<dyn StepReader>);

#[async_trait]
impl ByRequest for StepsById {
    type Scope = Scope;
    type Row = RequestStep;

    async fn read(&self, scope: &Scope, ids: &[RequestId]) -> Result<Vec<RequestStep>, StoreError> {
        self.0.steps_of(scope, ids).await
    }

    fn request(row: &RequestStep) -> RequestId {
        row.request
    }
}

struct Gathered<R>(R);

#[async_trait]
impl<R: ByRequest> Work for Gathered<R> {
    type Item = (R::Scope, Vec<RequestId>);
    type Answer = Result<Vec<R::Row>, StoreError>;
    type Key = RequestId;

    fn key(_: &Self::Item) -> Option<RequestId> {
        None
    }

    fn weight(_: &Self::Item) -> usize {
        0
    }

    /// One statement for each scope.
    async fn run(&self, items: Vec<Self::Item>) -> Vec<Self::Answer> {
        let mut scopes: Vec<(&R::Scope, Vec<usize>)> = Vec::new();
        for (place, (scope, _)) in items.iter().enumerate() {
            match scopes.iter_mut().find(|(known, _)| *known == scope) {
                Some((_, places)) => places.push(place),
                None => scopes.push((scope, vec![place])),
            }
        }
        let read = scopes.iter().map(async |(scope, places)| {
            let mut ids: Vec<RequestId> =
                places.iter().filter_map(|&place| items.get(place)).flat_map(|(_, ids)| ids.iter().copied()).collect();
            ids.sort_unstable();
            ids.dedup();
            (places, self.0.read(scope, &ids).await)
        });
        let mut answers: BTreeMap<usize, Self::Answer> = BTreeMap::new();
        for (places, rows) in join_all(read).await {
            match rows {
                Ok(rows) => {
                    let rows = by_request::<R>(rows);
                    let asked = places.iter().filter_map(|&place| Some((place, items.get(place)?)));
                    answers.extend(asked.map(|(place, (_, ids))| (place, Ok(of::<R>(&rows, ids)))));
                }
                Err(error) => answers.extend(places.iter().copied().zip(error.shared().map(Err))),
            }
        }
        answers.into_values().collect()
    }
}

/// The rows of each request, in the statement's order.
fn by_request<R: ByRequest>(rows: Vec<R::Row>) -> BTreeMap<RequestId, Vec<R::Row>> {
    let mut found: BTreeMap<RequestId, Vec<R::Row>> = BTreeMap::new();
    for row in rows {
        found.entry(R::request(&row)).or_default().push(row);
    }
    found
}

fn of<R: ByRequest>(rows: &BTreeMap<RequestId, Vec<R::Row>>, ids: &[RequestId]) -> Vec<R::Row> {
    ids.iter().filter_map(|id| rows.get(id)).flatten().cloned().collect()
}
