use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Result, ensure};
use nexusflow_domain::ids::{RequestId, RequestStepId, WorkflowId};
use uuid::Uuid;

use crate::database::Database;
use crate::engine::{Engine, OpenStep};
use crate::load::Load;
use crate::workflows::TASKS;

/// Ids per look.
const CHUNK: usize = 1_000;

/// Requests of the long workflow that take one transition each, wave after wave. Which steps are open is
/// looked up between waves, so that a transition is nothing but its own call.
pub struct Waves<'a> {
    database: &'a Database,
    requests: Requests<'a>,
}

enum Requests<'a> {
    /// Started when those before have no transition left but their last one.
    Started { engine: &'a Engine, workflow: WorkflowId, size: usize, started: Vec<RequestId>, left: usize },
    /// Others for each wave.
    Given(Box<dyn FnMut() -> Result<Vec<RequestId>> + 'a>),
}

impl<'a> Waves<'a> {
    /// Waves of so many requests, which are started when they are needed.
    pub const fn new(engine: &'a Engine, database: &'a Database, workflow: WorkflowId, size: usize) -> Self {
        Self { database, requests: Requests::Started { engine, workflow, size, started: Vec::new(), left: 0 } }
    }

    /// Waves of the requests that a function gives.
    pub fn of(database: &'a Database, requests: impl FnMut() -> Result<Vec<RequestId>> + 'a) -> Self {
        Self { database, requests: Requests::Given(Box::new(requests)) }
    }

    /// Waves for as long as the waves themselves take so much time.
    pub async fn run(
        &mut self,
        length: Duration,
        mut wave: impl AsyncFnMut(Vec<OpenStep>) -> Result<Load>,
    ) -> Result<Load> {
        let mut load = Load::default();
        while load.elapsed < length {
            let steps = self.next().await?;
            load.append(wave(steps).await?);
        }
        Ok(load)
    }

    async fn next(&mut self) -> Result<Vec<OpenStep>> {
        match &mut self.requests {
            Requests::Started { engine, workflow, size, started, left } => {
                if *left == 0 {
                    *started = engine.start(*workflow, *size).await?;
                    *left = TASKS - 1;
                }
                *left -= 1;
                open_steps(self.database, started).await
            }
            Requests::Given(requests) => open_steps(self.database, &requests()?).await,
        }
    }
}

/// The open steps of requests that have one each, in the order of the requests.
pub async fn open_steps(database: &Database, requests: &[RequestId]) -> Result<Vec<OpenStep>> {
    let mut steps = Vec::with_capacity(requests.len());
    for chunk in requests.chunks(CHUNK) {
        let ids: Vec<Uuid> = chunk.iter().map(|request| request.uuid()).collect();
        let list = database.id_list(&ids);
        let sql = format!("SELECT request_id, id FROM request_steps WHERE status = 'ACTIVE' AND request_id IN {list}");
        for row in database.rows(&sql, []).await? {
            let (request, step) = (row.try_get_by_index::<Uuid>(0)?, row.try_get_by_index::<Uuid>(1)?);
            steps.push(OpenStep { request: RequestId::from_uuid(request), step: RequestStepId::from_uuid(step) });
        }
    }
    ensure!(steps.len() == requests.len(), "expected {} open steps, found {}", requests.len(), steps.len());
    let place: HashMap<RequestId, usize> = requests.iter().copied().zip(0..).collect();
    steps.sort_unstable_by_key(|open| place.get(&open.request).copied());
    Ok(steps)
}
