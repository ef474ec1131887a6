//! What the tests share: people, roles, a directory, documents, and a desk that drives one request.
#![expect(missing_docs, reason = "names of test helpers say it; the module is public so that each test may use a part")]
#![expect(clippy::missing_panics_doc, reason = "helpers of tests fail by panicking")]

pub mod flow;
pub mod instances;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta};
use nexusflow_domain::access::{BuiltInRole, Held, Principal, Rights};
use nexusflow_domain::ids::{
    IdSource, OrganizationId, RequestId, RequestStepId, RoleId, UserId, WorkflowId, WorkflowVersionId,
};
use nexusflow_domain::request::{
    Asking, Choice, Command, Context, DeadlineClock, Decision, Explanation, FailureReason, Refusal, RequestEvent,
    RequestState, RequestStatus, StartRequest, decide, evolve, fold,
};
use nexusflow_domain::workflow::{
    Directory, Graph, Holders, Outcome, Priority, RoleFacts, StepKey, WorkflowDocument, choice_variable, compile,
    waiting,
};
use nexusflow_domain::{JsonMap, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

/// The people of the tests, each with the roles that [`person`] gives them.
pub const REQUESTER: u8 = 1;
pub const CLERK: u8 = 2;
pub const SECOND_CLERK: u8 = 3;
pub const CHIEF: u8 = 4;
pub const STRANGER: u8 = 5;

/// An instant of the tests, in seconds after their beginning.
pub fn at(seconds: i64) -> Timestamp {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).expect("an instant of this century")
}

pub fn user(n: u8) -> UserId {
    UserId::from_uuid(Uuid::from_u128(0xA000 + u128::from(n)))
}

/// The role of this name: `clerk`, `chief`, or `deputy`, which only the chief holds as well.
pub fn role(name: &str) -> RoleId {
    let n = ["clerk", "chief", "deputy"].iter().position(|known| *known == name).expect("a role of the tests");
    RoleId::from_uuid(Uuid::from_u128(0xB000 + n as u128))
}

/// A person with the roles of the tests. The requester is a clerk too, so that separation of duties
/// has something to forbid.
pub fn person(n: u8) -> Principal {
    let names: &[&str] = match n {
        REQUESTER | CLERK | SECOND_CLERK => &["clerk"],
        CHIEF => &["chief", "deputy"],
        _ => &[],
    };
    Principal {
        user: user(n),
        organization: organization(),
        rights: Rights::from(Held {
            roles: names.iter().map(|name| role(name)).collect(),
            permissions: BuiltInRole::User.permissions().into_iter().collect(),
        }),
        delegators: Vec::new(),
    }
}

/// The question whether somebody may act, for himself or for whom he may.
pub fn asking(principal: &Principal, now: Timestamp) -> Asking<'_> {
    Asking { principal, now, on_behalf_of: None }
}

/// Who holds which role of the tests.
pub fn holders() -> BTreeMap<RoleId, BTreeSet<UserId>> {
    let mut holders: BTreeMap<RoleId, BTreeSet<UserId>> = BTreeMap::new();
    for who in [REQUESTER, CLERK, SECOND_CLERK, CHIEF].map(person) {
        for role in who.rights.everywhere.roles {
            holders.entry(role).or_default().insert(who.user);
        }
    }
    holders
}

pub fn organization() -> OrganizationId {
    OrganizationId::from_uuid(Uuid::from_u128(0xC000))
}

pub fn directory() -> Directory {
    let roles = ["clerk", "chief", "deputy"]
        .map(|name| (name.to_owned(), RoleFacts { id: role(name), holders: Holders::Somebody }));
    let users = [REQUESTER, CLERK, SECOND_CLERK, CHIEF, STRANGER].map(|n| (format!("p{n}@example.org"), user(n)));
    let workflow = WorkflowId::from_uuid(Uuid::from_u128(0xD003));
    let workflows = BTreeMap::from([("Check credit".to_owned(), workflow)]);
    Directory { roles: BTreeMap::from(roles), users: BTreeMap::from(users), workflows }
}

pub fn document(json: Value) -> WorkflowDocument {
    serde_json::from_value(json).expect("a workflow document")
}

pub fn graph(json: Value) -> Graph {
    compile(&document(json), &directory()).expect("a valid document")
}

/// A graph of `start`, the given steps and transitions, and `end`.
pub fn graph_of(steps: &[Value], transitions: &[Value]) -> Graph {
    graph(framed(steps, transitions))
}

/// A document of `start`, the given steps and transitions, and `end`.
pub fn framed(steps: &[Value], transitions: &[Value]) -> Value {
    let mut all = vec![json!({ "key": "start", "name": "Start", "kind": "START" })];
    all.extend_from_slice(steps);
    all.push(json!({ "key": "end", "name": "End", "kind": "END" }));
    json!({ "steps": all, "transitions": transitions })
}

/// A task for clerks, with further fields.
pub fn task(key: &str, more: &Value) -> Value {
    with(json!({ "key": key, "name": key.to_uppercase(), "kind": "TASK", "candidate": { "role": "clerk" } }), more)
}

/// An approval for chiefs, with further fields.
pub fn approval(key: &str, more: &Value) -> Value {
    with(json!({ "key": key, "name": key.to_uppercase(), "kind": "APPROVAL", "candidate": { "role": "chief" } }), more)
}

/// An unconditional transition.
pub fn edge(from: &str, to: &str) -> Value {
    json!({ "from": from, "to": to })
}

/// An object with the fields of another one laid over it.
pub fn with(mut base: Value, more: &Value) -> Value {
    if let (Some(base), Some(more)) = (base.as_object_mut(), more.as_object()) {
        base.extend(more.clone());
    }
    base
}

/// A JSON object.
pub fn map(json: &Value) -> JsonMap {
    json.as_object().cloned().expect("an object")
}

pub fn key(text: &str) -> StepKey {
    text.parse().expect("a step key")
}

pub fn outcome(text: &str) -> Outcome {
    text.parse().expect("an outcome")
}

/// Ids in order, so that every run of a test sees the same ones.
#[derive(Debug, Clone, Default)]
pub struct Ids(pub u128);

impl IdSource for Ids {
    fn next_id(&mut self) -> Uuid {
        self.0 += 1;
        Uuid::from_u128(0x0197_0000_0000_7000_8000_0000_0000_0000 + self.0)
    }
}

pub fn start_request() -> StartRequest {
    StartRequest {
        id: RequestId::from_uuid(Uuid::from_u128(0xD000)),
        organization: organization(),
        workflow: WorkflowId::from_uuid(Uuid::from_u128(0xD001)),
        workflow_version: WorkflowVersionId::from_uuid(Uuid::from_u128(0xD002)),
        requester: user(REQUESTER),
        parent: None,
        title: "A request".to_owned(),
        reference: None,
        priority: Priority::Normal,
        variables: JsonMap::new(),
        starts_at: None,
        due_at: None,
    }
}

pub fn suspend(clock: DeadlineClock) -> Command {
    Command::Suspend { reason: None, clock }
}

/// One request on its graph, with its journal and a clock that tests set.
pub struct Desk<'g> {
    pub graph: &'g Graph,
    pub state: RequestState,
    pub journal: Vec<RequestEvent>,
    pub now: Timestamp,
    pub ids: Ids,
}

impl<'g> Desk<'g> {
    /// A request that does not exist yet.
    pub fn new(graph: &'g Graph) -> Self {
        Self { graph, state: RequestState::blank(), journal: Vec::new(), now: at(0), ids: Ids::default() }
    }

    /// A request that was started with these variables.
    pub fn started(graph: &'g Graph, variables: &Value) -> Self {
        let mut desk = Self::new(graph);
        let start = StartRequest { variables: map(variables), ..start_request() };
        desk.act(REQUESTER, &Command::Start(start)).expect("the request starts");
        desk
    }

    /// What a command leads to, without doing it.
    pub fn decide(&mut self, who: Option<&Principal>, command: &Command) -> Result<Vec<RequestEvent>, Refusal> {
        self.decide_with(who, None, &holders(), command)
    }

    /// The same on behalf of somebody, with these holders of roles.
    pub fn decide_with(
        &mut self,
        principal: Option<&Principal>,
        on_behalf_of: Option<UserId>,
        holders: &BTreeMap<RoleId, BTreeSet<UserId>>,
        command: &Command,
    ) -> Result<Vec<RequestEvent>, Refusal> {
        let mut context = Context { now: self.now, principal, on_behalf_of, holders, ids: &mut self.ids };
        let Decision { events, state } = decide(self.graph, self.state.clone(), command, &mut context)?;
        assert_eq!(events.iter().fold(self.state.clone(), evolve), state);
        Ok(events)
    }

    /// Does what a command leads to and checks that the journal gives the same state.
    pub fn perform(&mut self, who: Option<&Principal>, command: &Command) -> Result<Vec<RequestEvent>, Refusal> {
        let events = self.decide(who, command)?;
        self.record(&events);
        Ok(events)
    }

    /// Does what was decided.
    pub fn record(&mut self, events: &[RequestEvent]) {
        for event in events {
            self.state = evolve(std::mem::replace(&mut self.state, RequestState::blank()), event);
        }
        self.journal.extend_from_slice(events);
    }

    /// A person acts.
    pub fn act(&mut self, who: u8, command: &Command) -> Result<Vec<RequestEvent>, Refusal> {
        self.perform(Some(&person(who)), command)
    }

    /// The clock stands at this second and timers fire.
    pub fn fire_at(&mut self, second: i64) -> Vec<RequestEvent> {
        self.now = at(second);
        self.perform(None, &Command::FireTimers).expect("timers are never refused")
    }

    /// The only open execution of a step.
    pub fn open(&self, step: &str) -> RequestStepId {
        let mut found = self.state.open.iter().filter(|(_, open)| open.step.as_str() == step).map(|(&id, _)| id);
        let id = found.next().unwrap_or_else(|| panic!("{step} is not open: {:?}", self.open_keys()));
        assert_eq!(found.next(), None, "{step} is open twice");
        id
    }

    /// The only execution to come of a step at which tokens wait.
    pub fn awaited(&self, step: &str) -> RequestStepId {
        let mut found =
            self.state.awaited.iter().filter(|(_, awaited)| awaited.step.as_str() == step).map(|(&id, _)| id);
        let id = found.next().unwrap_or_else(|| panic!("nothing waits at {step}"));
        assert_eq!(found.next(), None, "{step} waits twice");
        id
    }

    /// The keys of the open steps, sorted.
    pub fn open_keys(&self) -> Vec<&str> {
        let mut keys: Vec<&str> = self.state.open.values().map(|open| open.step.as_str()).collect();
        keys.sort_unstable();
        keys
    }

    /// The command that completes the open execution of a step.
    pub fn completion(&self, step: &str, with: &str, variables: &Value) -> Command {
        let step = self.open(step);
        Command::Complete { step, outcome: outcome(with), comment: None, variables: map(variables) }
    }

    /// A person completes a step.
    pub fn complete(&mut self, who: u8, step: &str, with: &str) -> Result<Vec<RequestEvent>, Refusal> {
        let command = self.completion(step, with, &json!({}));
        self.act(who, &command)
    }

    /// Checks that the journal gives the state, and that tokens rest only at joins that wait.
    pub fn check_fold(&self) {
        assert_eq!(fold(&self.journal), self.state);
        assert_eq!(self.state.version, self.journal.len() as u64);
        let resting = waiting(self.graph, &self.state.position(self.graph));
        let resting: BTreeSet<_> =
            resting.into_iter().map(|(ix, frame)| (self.graph.step(ix).key.clone(), frame)).collect();
        let awaited: BTreeSet<_> = self.state.awaited.values().map(|a| (a.step.clone(), a.frame)).collect();
        assert_eq!((resting, self.state.awaited.len()), (awaited.clone(), awaited.len()));
    }
}

/// Advances an instant by microseconds.
pub fn plus_micros(instant: Timestamp, micros: i64) -> Timestamp {
    instant + TimeDelta::microseconds(micros)
}

/// Drives a request through the choices of an explanation; it must end as the explanation says.
pub fn drive(graph: &Graph, explanation: &Explanation) {
    let mut desk = Desk::new(graph);
    let start = StartRequest { variables: chosen(&explanation.start), ..start_request() };
    desk.act(REQUESTER, &Command::Start(start)).expect("the request starts");
    desk.check_fold();
    for event in &explanation.events {
        let (&step, _) = desk.state.open.iter().find(|(_, open)| open.step == event.step).expect("the step is open");
        let (outcome, variables) = (event.outcome.clone(), chosen(&event.choices));
        desk.act(CLERK, &Command::Complete { step, outcome, comment: None, variables }).expect("the step completes");
        desk.check_fold();
    }
    let mut expected: Vec<&str> = explanation.open.iter().map(StepKey::as_str).collect();
    expected.sort_unstable();
    assert_eq!(desk.open_keys(), expected);
    let failed = desk.journal.iter().find_map(|event| match event {
        RequestEvent::RequestFailed { reason, .. } => Some(reason),
        _ => None,
    });
    match (explanation.completed, expected.is_empty()) {
        (true, _) if failed.is_none() => assert_eq!(desk.state.status(), RequestStatus::Completed),
        (true, _) => assert!(matches!(failed, Some(FailureReason::ErrorEnd(_)))),
        (false, false) => assert_eq!(desk.state.status(), RequestStatus::InProgress),
        (false, true) => assert!(matches!(failed, Some(FailureReason::Deadlock(_)))),
    }
    let completions = desk.journal.iter().filter(|event| matches!(event, RequestEvent::StepCompleted { .. }));
    assert_eq!(completions.count(), explanation.events.len());
}

fn chosen(choices: &[Choice]) -> JsonMap {
    choices.iter().map(|(step, next)| (choice_variable(step), Value::from(next.as_str()))).collect()
}
