use arbitrary::Arbitrary;
use chrono::{DateTime, TimeDelta};
use nexusflow_domain::duration::Duration;
use nexusflow_domain::ids::{IdSource, MessageId, RequestId, RequestStepId, WorkflowId, WorkflowVersionId};
use nexusflow_domain::request::{
    CallEnd, Command, Context, DeadlineClock, Decision, JobFailure, RequestEvent, RequestState, StartRequest, decide,
    evolve, fold,
};
use nexusflow_domain::workflow::{Graph, Outcome, Priority, StepKey};
use nexusflow_domain::{JsonMap, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::people::{holders, organization, person, user};

/// Something that is tried; what it is tried on is picked by number among what there is.
#[derive(Debug, Arbitrary)]
pub enum Attempt {
    Start { in_minutes: Option<u8>, variables: Variables },
    Fire,
    Wait(u16),
    Claim { by: u8, step: u8 },
    Release { by: u8, step: u8, forced: bool },
    Complete { by: u8, step: u8, outcome: u8, variables: Variables },
    Deliver { place: u8, variables: Variables },
    CallWebhook { step: u8, variables: Variables },
    CompleteJob { step: u8, has_outcome: bool, variables: Variables },
    FailJob { step: u8, has_code: bool, is_final: bool, retry_after: Option<u8> },
    CallStarted { step: u8 },
    CallEnded { step: u8, is_failed: bool, variables: Variables },
    AddInstance { step: u8 },
    CloseInstances { step: u8 },
    Skip { step: u8, outcome: Option<u8> },
    Retry { step: u8 },
    CancelStep { step: u8 },
    CancelScope { scope: u8 },
    Jump { cancel: u8, to: u8 },
    Suspend { clock: u8 },
    Resume,
    Cancel { meant: u8 },
}

/// Variables that mean something to the workflows, or nothing.
#[derive(Debug, Clone, Copy, Arbitrary)]
pub struct Variables {
    amount: Option<i8>,
    again: Option<bool>,
    items: u8,
    odd: bool,
}

/// A request, its journal and its time.
pub struct Player<'g> {
    graph: &'g Graph,
    state: RequestState,
    journal: Vec<RequestEvent>,
    now: Timestamp,
    ids: Ids,
}

#[derive(Clone)]
struct Ids(u128);

impl IdSource for Ids {
    fn next_id(&mut self) -> Uuid {
        self.0 += 1;
        Uuid::from_u128(0x0197_0000_0000_7000_8000_0000_0000_0000 + self.0)
    }
}

impl Attempt {
    /// Without which nothing else means anything.
    pub const FIRST: Self =
        Self::Start { in_minutes: None, variables: Variables { amount: Some(2), again: None, items: 3, odd: false } };
}

impl<'g> Player<'g> {
    pub fn new(graph: &'g Graph) -> Self {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap_or_default();
        Self { graph, state: RequestState::blank(), journal: Vec::new(), now, ids: Ids(0) }
    }

    pub fn attempt(&mut self, attempt: &Attempt) {
        if let Attempt::Wait(seconds) = attempt {
            self.now += TimeDelta::seconds(i64::from(*seconds));
        } else if let Some((by, command)) = self.command(attempt) {
            self.perform(by, &command);
        }
    }

    /// Does whatever an open step waits for; nothing else of it is taken.
    pub fn help(&mut self, number: u8) {
        self.now += TimeDelta::seconds(i64::from(number));
        let variables = Variables { amount: Some(2), again: Some(number.is_multiple_of(4)), items: number, odd: false };
        for outcome in 0..5 {
            self.attempt(&Attempt::Complete { by: number.wrapping_add(outcome), step: number, outcome, variables });
        }
        self.attempt(&Attempt::CompleteJob { step: number, has_outcome: false, variables });
        self.attempt(&Attempt::Deliver { place: number, variables });
        self.attempt(&Attempt::CallWebhook { step: number, variables });
        self.attempt(&Attempt::CallStarted { step: number });
        self.attempt(&Attempt::CallEnded { step: number, is_failed: false, variables });
        self.attempt(&Attempt::Fire);
    }

    /// The fold of the whole journal, as it is written, is the state, which is read as it was written.
    pub fn check(&self) {
        let events = self.journal.iter().map(again);
        assert_eq!(fold(&events.collect::<Vec<RequestEvent>>()), self.state, "the fold of the journal");
        assert_eq!(self.state.version, self.journal.len() as u64);
        let written = serde_json::to_string(&self.state).unwrap_or_else(|error| panic!("{:?}: {error}", self.state));
        let mut read: RequestState =
            serde_json::from_str(&written).unwrap_or_else(|error| panic!("{written}: {error}"));
        read.variables.clone_from(&self.state.variables);
        assert_eq!(read, self.state);
    }

    /// Decides twice alike, then does what was decided.
    fn perform(&mut self, by: Option<u8>, command: &Command) {
        let mut other_ids = self.ids.clone();
        let (principal, holders) = (by.map(person), holders());
        let decided = |ids: &mut Ids| {
            let principal = principal.as_ref();
            let mut context = Context { now: self.now, principal, on_behalf_of: None, holders: &holders, ids };
            decide(self.graph, self.state.clone(), command, &mut context)
        };
        let (first, second) = (decided(&mut self.ids), decided(&mut other_ids));
        assert_eq!(first, second, "{command:?} is decided in one way");
        let Ok(Decision { events, state }) = first else { return };
        for event in events {
            assert_eq!(again(&event), event);
            self.state = evolve(std::mem::replace(&mut self.state, RequestState::blank()), &event);
            self.journal.push(event);
        }
        assert_eq!(self.state, state, "what the events of {command:?} make of the state");
    }

    fn command(&self, attempt: &Attempt) -> Option<(Option<u8>, Command)> {
        let reason = || "to see what happens".to_owned();
        Some(match *attempt {
            Attempt::Start { in_minutes, variables } => (Some(0), self.start(in_minutes, variables)),
            Attempt::Fire => (None, Command::FireTimers),
            Attempt::Claim { by, step } => (Some(by), Command::Claim { step: self.step(step)? }),
            Attempt::Release { by, step, forced } => (Some(by), Command::Release { step: self.step(step)?, forced }),
            Attempt::Complete { by, step, outcome, variables } => {
                let (step, variables) = (self.step(step)?, variables.map());
                let outcome = outcome_of(outcome)?;
                (Some(by), Command::Complete { step, outcome, comment: None, variables })
            }
            Attempt::Deliver { place, variables } => {
                let places = self.state.subscriptions();
                let to = nth(places.keys(), place)?.clone();
                let message = MessageId::from_uuid(Uuid::from_u128(u128::from(place) + 1));
                (None, Command::Deliver { to, message, payload: variables.map() })
            }
            Attempt::CallWebhook { step, variables } => {
                (None, Command::CallWebhook { step: self.step(step)?, payload: variables.map() })
            }
            Attempt::CompleteJob { step, has_outcome, variables } => {
                let step = self.step(step)?;
                let outcome = if has_outcome { outcome_of(0) } else { None };
                (Some(1), Command::CompleteJob { step, outcome, result: variables.map() })
            }
            Attempt::FailJob { step, has_code, is_final, retry_after } => {
                let code = has_code.then(|| "BROKEN".to_owned());
                let retry_after = retry_after.and_then(|seconds| Duration::from_seconds(i64::from(seconds)));
                let failure = JobFailure { code, message: reason(), is_final, retry_after };
                (Some(1), Command::FailJob { step: self.step(step)?, failure })
            }
            Attempt::CallStarted { step } => (None, Command::CallStarted { step: self.step(step)?, child: child() }),
            Attempt::CallEnded { step, is_failed, variables } => {
                let failed = || CallEnd::Failed { code: "CALL_FAILED".to_owned(), message: reason() };
                let end = if is_failed { failed() } else { CallEnd::Completed { variables: variables.map() } };
                (None, Command::CallEnded { step: self.step(step)?, child: child(), end })
            }
            Attempt::AddInstance { step } => {
                (Some(0), Command::AddInstance { step: self.step(step)?, item: json!("one more") })
            }
            Attempt::CloseInstances { step } => {
                (Some(0), Command::CloseInstances { step: self.step(step)?, reason: reason() })
            }
            Attempt::Skip { step, outcome } => {
                let step = self.step(step)?;
                let outcome = outcome.and_then(outcome_of);
                (Some(0), Command::Skip { step, outcome, reason: reason() })
            }
            Attempt::Retry { step } => (Some(0), Command::Retry { step: self.step(step)? }),
            Attempt::CancelStep { step } => (Some(0), Command::CancelStep { step: self.step(step)?, reason: reason() }),
            Attempt::CancelScope { scope } => {
                let scope = nth(self.state.scopes.keys(), scope)?.clone();
                (Some(0), Command::CancelScope { scope, reason: reason() })
            }
            Attempt::Jump { cancel, to } => {
                let cancel = self.step(cancel).into_iter().collect();
                (Some(0), Command::Jump { cancel, to: self.key(to)?, reason: reason() })
            }
            Attempt::Suspend { clock } => {
                let clock = *nth(DeadlineClock::ALL.iter(), clock)?;
                (Some(0), Command::Suspend { reason: None, clock })
            }
            Attempt::Resume => (Some(0), Command::Resume),
            // Nothing comes after it, so it is rare.
            Attempt::Cancel { meant: 0 } => (Some(0), Command::Cancel { reason: None }),
            Attempt::Wait(_) | Attempt::Cancel { .. } => return None,
        })
    }

    fn start(&self, in_minutes: Option<u8>, variables: Variables) -> Command {
        Command::Start(StartRequest {
            id: RequestId::from_uuid(Uuid::from_u128(0xD000)),
            organization: organization(),
            workflow: WorkflowId::from_uuid(Uuid::from_u128(0xD001)),
            workflow_version: WorkflowVersionId::from_uuid(Uuid::from_u128(0xD002)),
            requester: user(0),
            parent: None,
            title: "A request".to_owned(),
            reference: None,
            priority: Priority::Normal,
            variables: variables.map(),
            starts_at: in_minutes.map(|minutes| self.now + TimeDelta::minutes(i64::from(minutes))),
            due_at: None,
        })
    }

    fn step(&self, number: u8) -> Option<RequestStepId> {
        nth(self.state.open.keys(), number).copied()
    }

    fn key(&self, number: u8) -> Option<StepKey> {
        let count = self.graph.steps().len();
        self.graph.steps().nth(usize::from(number).checked_rem(count)?).map(|(_, step)| step.key.clone())
    }
}

impl Variables {
    fn map(self) -> JsonMap {
        let mut all = JsonMap::new();
        all.insert("items".to_owned(), json!((0..self.items % 6).collect::<Vec<u8>>()));
        all.insert("key".to_owned(), json!("k"));
        all.extend(self.amount.map(|amount| ("amount".to_owned(), json!(amount))));
        all.extend(self.again.map(|again| ("again".to_owned(), json!(again))));
        if self.odd {
            all.insert("items".to_owned(), Value::Null);
            all.insert("amount".to_owned(), json!("much"));
        }
        all
    }
}

/// One of the outcomes that steps have, on whichever step.
fn outcome_of(number: u8) -> Option<Outcome> {
    nth(["COMPLETED", "DONE", "APPROVED", "NOT", "REJECTED"].iter(), number)?.parse().ok()
}

fn child() -> RequestId {
    RequestId::from_uuid(Uuid::from_u128(0xD00D))
}

/// One of so many, if there is any.
fn nth<T>(mut of: impl Iterator<Item = T> + Clone, number: u8) -> Option<T> {
    let count = of.clone().count();
    of.nth(usize::from(number).checked_rem(count)?)
}

/// As it comes back from the journal.
fn again(event: &RequestEvent) -> RequestEvent {
    let written = serde_json::to_string(event).unwrap_or_else(|error| panic!("{event:?}: {error}"));
    serde_json::from_str(&written).unwrap_or_else(|error| panic!("{written}: {error}"))
}
