//! The pure core on one thread: events are decided and evolve the state; no storage, no journal rows.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow};
use chrono::DateTime;
use nexusflow_domain::access::{BuiltInRole, Held, Principal, Rights};
use nexusflow_domain::ids::{IdSource, OrganizationId, RequestId, RoleId, UserId, WorkflowId, WorkflowVersionId};
use nexusflow_domain::request::{Command, Context, RequestState, StartRequest, decide};
use nexusflow_domain::workflow::{Directory, Graph, Holders, Outcome, Priority, RoleFacts, compile};
use nexusflow_domain::{JsonMap, Timestamp};
use uuid::Uuid;

use crate::bench::Bench;
use crate::engine::{COMMENT, variables};
use crate::report::{Goal, Row};
use crate::stats::{Spread, number};
use crate::workflows::{ROLE, TASKS, tasks};

pub fn measure(bench: &Bench) -> Result<Vec<Row>> {
    let mut core = Core::new()?;
    core.run(bench.sizes.round / 4)?;
    let rates: Result<Vec<f64>> = (0..bench.sizes.rounds).map(|_| core.run(bench.sizes.round)).collect();
    let row = Row::figure("–", "pure core, decide and evolve, one thread", "/s", Spread::of(rates?));
    Ok(vec![row.aiming(Goal::AtLeast(1_000_000.0))])
}

struct Core {
    graph: Graph,
    person: Principal,
    now: Timestamp,
    ids: Counter,
}

impl Core {
    fn new() -> Result<Self> {
        let role = RoleId::from_uuid(Uuid::from_u128(1));
        let roles = BTreeMap::from([(ROLE.to_owned(), RoleFacts { id: role, holders: Holders::Somebody })]);
        let directory = Directory { roles, ..Directory::default() };
        let person = Principal {
            user: UserId::from_uuid(Uuid::from_u128(2)),
            organization: OrganizationId::from_uuid(Uuid::from_u128(3)),
            rights: Rights::from(Held {
                roles: [role].into(),
                permissions: BuiltInRole::User.permissions().into_iter().collect(),
            }),
            delegators: Vec::new(),
        };
        let graph = compile(&tasks()?, &directory).map_err(|problems| anyhow!("{problems:?}"))?;
        let now = DateTime::from_timestamp(1_800_000_000, 0).context("not an instant")?;
        Ok(Self { graph, person, now, ids: Counter(1_000) })
    }

    /// Steps that are completed per second, request after request.
    fn run(&mut self, length: Duration) -> Result<f64> {
        let started = self.started()?;
        let (begun, mut completed) = (Instant::now(), 0);
        while begun.elapsed() < length {
            let mut state = started.clone();
            while let Some((&step, _)) = state.open.first_key_value() {
                let (outcome, comment) = (Outcome::completed(), Some(COMMENT.to_owned()));
                let command = Command::Complete { step, outcome, comment, variables: JsonMap::new() };
                state = self.transition(state, &command)?;
                completed += 1;
            }
            black_box(state);
        }
        anyhow::ensure!(completed % TASKS == 0, "expected whole requests, completed {completed} steps");
        Ok(number(completed) / begun.elapsed().as_secs_f64())
    }

    fn transition(&mut self, state: RequestState, command: &Command) -> Result<RequestState> {
        let Self { graph, person, now, ids } = self;
        let holders = BTreeMap::new();
        let mut context = Context { now: *now, principal: Some(person), on_behalf_of: None, holders: &holders, ids };
        Ok(decide(graph, state, command, &mut context)?.state)
    }

    fn started(&mut self) -> Result<RequestState> {
        let start = StartRequest {
            id: RequestId::from_uuid(self.ids.next_id()),
            organization: self.person.organization,
            workflow: WorkflowId::from_uuid(self.ids.next_id()),
            workflow_version: WorkflowVersionId::from_uuid(self.ids.next_id()),
            requester: self.person.user,
            parent: None,
            title: "Benchmark".to_owned(),
            reference: None,
            priority: Priority::Normal,
            variables: variables()?,
            starts_at: None,
            due_at: None,
        };
        self.transition(RequestState::blank(), &Command::Start(start))
    }
}

/// The next id is the next number.
struct Counter(u128);

impl IdSource for Counter {
    fn next_id(&mut self) -> Uuid {
        self.0 += 1;
        Uuid::from_u128(self.0)
    }
}
