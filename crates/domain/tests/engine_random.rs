//! Random workflows under random commands: what must hold after every one of them.

#[path = "support/blocks.rs"]
mod blocks;
pub mod support;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use blocks::{Block, Ladder, arbitrary_block, arbitrary_ladder, arbitrary_variables, document_of, ladder_of};
use chrono::TimeDelta;
use nexusflow_domain::access::Principal;
use nexusflow_domain::ids::RequestStepId;
use nexusflow_domain::request::{
    Command, DeadlineClock, EscalationResult, FailureReason, Refusal, RequestEvent, RequestState, StartRequest, evolve,
    may_act,
};
use nexusflow_domain::workflow::{Graph, HumanKind, Outcome, StepKey, Token};
use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestRunner};
use serde_json::{Value, json};
use support::{
    CHIEF, CLERK, Desk, REQUESTER, SECOND_CLERK, STRANGER, asking, graph, key, map, outcome, person, plus_micros,
    start_request, suspend,
};
use uuid::Uuid;

const PEOPLE: [u8; 5] = [REQUESTER, CLERK, SECOND_CLERK, CHIEF, STRANGER];

/// What to try next; steps and people are picked by number among those there are.
#[derive(Debug, Clone)]
enum Attempt {
    Start { in_seconds: Option<i64>, due_in_seconds: Option<i64>, variables: Value },
    Claim(Who, u8),
    Release(Who, u8, bool),
    Complete(Who, u8, u8, Value),
    Suspend(DeadlineClock),
    Resume,
    Cancel,
    Fire,
    Wait(i64),
    Skip(u8, u8),
    Retry(u8),
    Interfere(Interference),
}

/// What may keep even a sound workflow from its end.
#[derive(Debug, Clone)]
enum Interference {
    CancelStep(u8),
    CancelScope(u8),
    /// Steps to end, by bits, and the one to start.
    Jump(u16, u8),
}

#[derive(Debug, Clone, Copy)]
enum Who {
    System,
    Anybody(u8),
    /// Somebody who may act on the step, if there is somebody.
    TheRightOne(u8),
}

fn arbitrary_attempt() -> impl Strategy<Value = Attempt> {
    let who = || {
        prop_oneof![
            1 => Just(Who::System),
            3 => any::<u8>().prop_map(Who::Anybody),
            12 => any::<u8>().prop_map(Who::TheRightOne),
        ]
    };
    let step = any::<u8>;
    let seconds = || prop::option::of(-500i64..8_000);
    let clock = prop::sample::select(DeadlineClock::ALL);
    prop_oneof![
        1 => (seconds(), seconds(), arbitrary_variables())
            .prop_map(|(in_seconds, due_in_seconds, variables)| Attempt::Start { in_seconds, due_in_seconds, variables }),
        4 => (who(), step()).prop_map(|(who, step)| Attempt::Claim(who, step)),
        3 => (who(), step(), any::<bool>()).prop_map(|(who, step, forced)| Attempt::Release(who, step, forced)),
        20 => (who(), step(), any::<u8>(), arbitrary_variables())
            .prop_map(|(who, step, outcome, variables)| Attempt::Complete(who, step, outcome, variables)),
        1 => clock.prop_map(Attempt::Suspend),
        3 => Just(Attempt::Resume),
        1 => prop::bool::weighted(0.2).prop_map(|cancel| if cancel { Attempt::Cancel } else { Attempt::Resume }),
        3 => Just(Attempt::Fire),
        8 => (0i64..9_000_000_000).prop_map(Attempt::Wait),
        3 => (step(), any::<u8>()).prop_map(|(step, outcome)| Attempt::Skip(step, outcome)),
        2 => step().prop_map(Attempt::Retry),
        3 => arbitrary_interference().prop_map(Attempt::Interfere),
    ]
}

fn arbitrary_interference() -> impl Strategy<Value = Interference> {
    prop_oneof![
        2 => any::<u8>().prop_map(Interference::CancelStep),
        1 => any::<u8>().prop_map(Interference::CancelScope),
        2 => (any::<u16>(), any::<u8>()).prop_map(|(cancel, to)| Interference::Jump(cancel, to)),
    ]
}

/// A request-level deadline: none, an SLA, or a ladder for due dates that starts name.
fn arbitrary_document() -> impl Strategy<Value = (Vec<Block>, Option<(bool, Ladder)>)> {
    (prop::collection::vec(arbitrary_block(), 1..5), prop::option::of((any::<bool>(), arbitrary_ladder())))
}

fn compiled(blocks: Vec<Block>, request: Option<&(bool, Ladder)>) -> Graph {
    let mut json = document_of(&Block::Sequence(blocks));
    if let Some((sla, ladder)) = request {
        let rungs = ladder_of(ladder, None);
        if *sla {
            json["sla"] = json!({ "dueIn": format!("PT{}M", ladder.due_in), "escalations": rungs });
        } else {
            json["dueDateEscalations"] = rungs;
        }
    }
    graph(json)
}

/// How often something was seen, so that a generator that no longer reaches it is noticed.
type Seen = BTreeMap<String, usize>;

/// A desk under observation.
struct Watched<'g, 's> {
    desk: Desk<'g>,
    escalated: BTreeSet<(Option<RequestStepId>, u32)>,
    interfered: bool,
    seen: &'s RefCell<Seen>,
}

impl Watched<'_, '_> {
    fn run(&mut self, attempts: &[Attempt]) -> Result<(), TestCaseError> {
        for attempt in attempts {
            if let Attempt::Wait(micros) = attempt {
                self.desk.now = plus_micros(self.desk.now, *micros);
                continue;
            }
            let Some((who, command)) = self.command(attempt) else { continue };
            self.interfered |= matches!(attempt, Attempt::Interfere(_));
            self.perform(who.as_ref(), &command)?;
            self.check_wake()?;
        }
        self.drive_on()?;
        self.check_end()
    }

    /// Lets the right people end what is open and time pass, as far as that leads.
    fn drive_on(&mut self) -> Result<(), TestCaseError> {
        let variables = json!({ "visit": support::at(0).to_rfc3339(), "amount": 1, "note": "x", "kind": "b" });
        for round in 1..=12u8 {
            if self.desk.state.status().is_final() {
                break;
            }
            let complete = |step| Attempt::Complete(Who::TheRightOne(step), step, 2, variables.clone());
            let acts = [complete(round), complete(round + 1), Attempt::Resume, Attempt::Retry(round)];
            for (who, command) in acts.iter().filter_map(|act| self.command(act)).collect::<Vec<_>>() {
                self.perform(who.as_ref(), &command)?;
            }
            self.desk.now = self.desk.state.wakes_at().map_or(self.desk.now, |at| at.max(self.desk.now));
            self.perform(None, &Command::FireTimers)?;
        }
        self.check_wake()
    }

    fn perform(&mut self, who: Option<&Principal>, command: &Command) -> Result<(), TestCaseError> {
        let before = self.desk.state.clone();
        let ids = self.desk.ids.clone();
        let foreseen = self.desk.decide(who, command);
        self.desk.ids = ids;
        let answer = self.desk.perform(who, command);
        prop_assert_eq!(&foreseen, &answer, "decisions are pure");
        let Ok(events) = answer else {
            self.count("refused");
            prop_assert_eq!(&before, &self.desk.state, "a refusal changes nothing");
            return Ok(());
        };
        if before.status().is_final() {
            prop_assert_eq!(&events, &vec![], "nothing happens after the end");
        }
        let mut state = before;
        for event in &events {
            self.check_event(&state, event, who)?;
            let text = serde_json::to_string(event).expect("an event is JSON");
            prop_assert_eq!(serde_json::from_str(&text).ok(), Some(event.clone()));
            state = evolve(state, event);
        }
        prop_assert_eq!(&state, &self.desk.state);
        self.desk.check_fold();
        self.check_state()
    }

    fn check_event(
        &mut self,
        before: &RequestState,
        event: &RequestEvent,
        who: Option<&Principal>,
    ) -> Result<(), TestCaseError> {
        self.count(event.name());
        match event {
            RequestEvent::StepCompleted { id, step, outcome, by, .. } => {
                let open = &before.open[id];
                let graph = self.desk.graph;
                let found = graph.find(step).and_then(|ix| graph.step(ix).human());
                let human = found.expect("a human step");
                prop_assert!(human.outcomes.contains(outcome));
                if let Some(by) = by {
                    let who = who.expect("a person decided");
                    prop_assert_eq!(who.user, *by);
                    prop_assert_eq!(may_act(graph, before, open, &asking(who, self.desk.now)), Ok(None));
                } else {
                    let expired = *outcome == Outcome::expired();
                    self.count(if expired { "expired" } else { "decided by a deadline" });
                    prop_assert!(human.kind != HumanKind::Approval || *outcome != Outcome::approved());
                }
            }
            RequestEvent::StepRouted { step, consumed, .. } => self.check_join(before, step, consumed)?,
            RequestEvent::StepActivated { step, attempt, consumed, .. } => {
                self.check_join(before, step, consumed)?;
                prop_assert_eq!(*attempt, before.attempts.get(step).copied().unwrap_or(0) + 1);
                self.count(if *attempt > 1 { "repeated" } else { "first" });
            }
            RequestEvent::Escalated(record) => {
                let fresh = self.escalated.insert((record.request_step, record.rung));
                prop_assert!(fresh, "{:?} escalated twice", record);
                prop_assert!(record.missed < self.desk.now, "escalated in time");
                self.count(match (&record.result, record.request_step) {
                    (EscalationResult::OutcomeFailed(_), _) => "outcome failed",
                    (EscalationResult::Reassigned(_), _) => "reassigned",
                    (_, None) => "request late",
                    _ => "step late",
                });
            }
            RequestEvent::StepSkipped { step, .. } => {
                let graph = self.desk.graph;
                prop_assert!(graph.find(step).is_some_and(|ix| !graph.step(ix).required));
            }
            RequestEvent::RequestFailed { reason, .. } => self.check_failure(reason)?,
            _ => {}
        }
        Ok(())
    }

    /// A structured join takes what came out of one run of its split, and nothing else.
    fn check_join(&self, before: &RequestState, step: &StepKey, consumed: &[Token]) -> Result<(), TestCaseError> {
        let graph = self.desk.graph;
        let split = graph.find(step).and_then(|ix| graph.step(ix).join.split());
        if let (Some(split), false) = (split, self.interfered) {
            let run = |token: &Token| before.frames.run_of(token.frame, &graph.step(split).key);
            let runs: BTreeSet<_> = consumed.iter().map(run).collect();
            prop_assert!(runs.len() == 1 && !runs.contains(&None), "{} takes {:?}", step, consumed);
        }
        Ok(())
    }

    /// Sound workflows deadlock only when operators interfere, and their timers always come to an end.
    fn check_failure(&mut self, reason: &FailureReason) -> Result<(), TestCaseError> {
        let (what, expected) = match reason {
            FailureReason::ErrorEnd(_) => ("error end", true),
            FailureReason::VisitLimit(_) => ("visit limit", true),
            FailureReason::Deadlock(_) => ("deadlock", self.interfered),
            FailureReason::EndlessTimers(_) => ("endless timers", false),
        };
        self.count(what);
        prop_assert!(expected, "{:?}", reason);
        Ok(())
    }

    fn check_state(&self) -> Result<(), TestCaseError> {
        let state = &self.desk.state;
        if state.status().is_final() {
            prop_assert!(state.open.is_empty() && state.marking.is_empty() && state.awaited.is_empty());
            prop_assert!(state.scopes.is_empty() && state.frames.iter().next().is_none());
            prop_assert_eq!((state.wakes_at(), state.ended_at().is_some()), (None, true));
        }
        let text = serde_json::to_string(state).expect("a state is JSON");
        prop_assert_eq!(serde_json::from_str(&text).ok(), Some(state.clone()));
        Ok(())
    }

    /// Timers do nothing before `wakes_at`, and something from then on.
    fn check_wake(&mut self) -> Result<(), TestCaseError> {
        let now = self.desk.now;
        let checks = match self.desk.state.wakes_at() {
            None => vec![(now, false), (now + TimeDelta::days(10_000), false)],
            Some(at) => vec![
                (plus_micros(at, -1), false),
                (at, true),
                (plus_micros(at, 1), true),
                (at + TimeDelta::days(9), true),
            ],
        };
        for (at, expected) in checks {
            self.desk.now = at;
            let fires = self.desk.decide(None, &Command::FireTimers).map(|events| !events.is_empty());
            prop_assert_eq!(fires, Ok(expected), "{} of {:?}", at, self.desk.state);
        }
        self.desk.now = now;
        Ok(())
    }

    /// After the end, whatever is tried.
    fn check_end(&mut self) -> Result<(), TestCaseError> {
        if self.desk.state.status().is_final() {
            let step = self.pick(0);
            let complete =
                Command::Complete { step, outcome: outcome("DONE"), comment: None, variables: map(&json!({})) };
            let start = Command::Start(start_request());
            let others = [
                Command::Claim { step },
                Command::Release { step, forced: true },
                Command::Cancel { reason: None },
                Command::Resume,
            ];
            for command in [complete, start, suspend(DeadlineClock::Stopped)].into_iter().chain(others) {
                let answer = self.desk.decide(Some(&person(CLERK)), &command);
                prop_assert!(matches!(answer, Err(Refusal::WrongStatus { .. })), "{:?} {:?}", command, answer);
            }
            prop_assert_eq!(self.desk.decide(None, &Command::FireTimers), Ok(vec![]));
        }
        Ok(())
    }

    /// Who does what; nobody does anything when the step has nobody right.
    fn command(&self, attempt: &Attempt) -> Option<(Option<Principal>, Command)> {
        let now = self.desk.now;
        let later = |seconds: Option<i64>| seconds.map(|seconds| now + TimeDelta::seconds(seconds));
        let chief = Some(person(CHIEF));
        Some(match attempt {
            Attempt::Start { in_seconds, due_in_seconds, variables } => {
                let (starts_at, due_at) = (later(*in_seconds), later(*due_in_seconds));
                (
                    Some(person(REQUESTER)),
                    Command::Start(StartRequest { starts_at, due_at, variables: map(variables), ..start_request() }),
                )
            }
            Attempt::Claim(who, step) => (self.who(*who, *step)?, Command::Claim { step: self.pick(*step) }),
            Attempt::Release(who, step, forced) => {
                (self.who(*who, *step)?, Command::Release { step: self.pick(*step), forced: *forced })
            }
            Attempt::Complete(who, step, outcome, variables) => {
                let (variables, step_id) = (map(variables), self.pick(*step));
                let complete = Command::Complete {
                    step: step_id,
                    outcome: self.outcome(step_id, *outcome),
                    comment: None,
                    variables,
                };
                (self.who(*who, *step)?, complete)
            }
            Attempt::Suspend(clock) => (chief, suspend(*clock)),
            Attempt::Resume => (chief, Command::Resume),
            Attempt::Cancel => (chief, Command::Cancel { reason: Some("enough".to_owned()) }),
            Attempt::Fire | Attempt::Wait(_) => (None, Command::FireTimers),
            Attempt::Skip(step, outcome) => {
                let step = self.pick(*step);
                let human = self.desk.state.open.get(&step).is_some_and(|open| open.candidate().is_some());
                let outcome = human.then(|| self.outcome(step, *outcome));
                (chief, Command::Skip { step, outcome, reason: String::new() })
            }
            Attempt::Retry(step) => (chief, Command::Retry { step: self.pick(*step) }),
            Attempt::Interfere(how) => (chief, self.interference(how)),
        })
    }

    fn interference(&self, how: &Interference) -> Command {
        let graph = self.desk.graph;
        let reason = String::new();
        match how {
            Interference::CancelStep(step) => {
                Command::CancelStep { step: self.pick(*step), reason: "interference".to_owned() }
            }
            Interference::CancelScope(n) => {
                let scopes: Vec<_> = graph.scopes().map(|scope| &scope.key).collect();
                let scope = scopes.get(usize::from(*n) % scopes.len().max(1)).copied();
                Command::CancelScope { scope: scope.unwrap_or(&key("nothing")).clone(), reason }
            }
            Interference::Jump(bits, to) => {
                let open = self.desk.state.open.keys().enumerate().filter(|(n, _)| bits >> (n % 16) & 1 == 1);
                let (_, to) = graph.steps().nth(usize::from(*to) % graph.steps().len()).expect("a step");
                Command::Jump { cancel: open.map(|(_, &id)| id).collect(), to: to.key.clone(), reason }
            }
        }
    }

    /// An open step by number; one in sixteen times, or when none is open, one that never was.
    fn pick(&self, n: u8) -> RequestStepId {
        let unknown = RequestStepId::from_uuid(Uuid::from_u128(0xFFFF));
        let open: Vec<_> = self.desk.state.open.keys().copied().collect();
        if n.is_multiple_of(16) || open.is_empty() { unknown } else { open[usize::from(n) % open.len()] }
    }

    fn outcome(&self, step: RequestStepId, n: u8) -> Outcome {
        let graph = self.desk.graph;
        let declared = self.desk.state.open.get(&step).and_then(|open| graph.step(graph.find(&open.step)?).human());
        match declared {
            Some(human) if !n.is_multiple_of(16) => {
                human.outcomes[usize::from(n % 4 == 1) % human.outcomes.len()].clone()
            }
            _ => outcome("UNHEARD_OF"),
        }
    }

    #[expect(clippy::option_option, reason = "nobody to try it, or NexusFlow itself")]
    fn who(&self, who: Who, step: u8) -> Option<Option<Principal>> {
        let right = |n: u8| {
            let open = self.desk.state.open.get(&self.pick(step))?;
            let people = PEOPLE
                .map(person)
                .into_iter()
                .filter(|who| may_act(self.desk.graph, &self.desk.state, open, &asking(who, self.desk.now)).is_ok());
            let people: Vec<_> = people.collect();
            people.get(usize::from(n) % people.len().max(1)).cloned()
        };
        match who {
            Who::System => Some(None),
            Who::Anybody(n) => Some(Some(person(PEOPLE[usize::from(n) % PEOPLE.len()]))),
            Who::TheRightOne(n) => right(n).map(Some),
        }
    }

    fn count(&self, what: &str) {
        *self.seen.borrow_mut().entry(what.to_owned()).or_insert(0) += 1;
    }
}

#[test]
fn what_must_always_hold_holds() {
    let seen = RefCell::new(Seen::new());
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_500) };
    let start = (prop::option::weighted(0.2, 0i64..4_000), prop::option::of(0i64..8_000), arbitrary_variables());
    let attempts = (prop::collection::vec(arbitrary_attempt(), 0..60), prop::bool::weighted(0.4));
    let case = (arbitrary_document(), start, attempts);
    let result = TestRunner::new(config).run(
        &case,
        |((blocks, request), (in_seconds, due_in_seconds, variables), (mut attempts, interfere))| {
            attempts.retain(|attempt| interfere || !matches!(attempt, Attempt::Interfere(_)));
            attempts.insert(attempts.len().min(1), Attempt::Start { in_seconds, due_in_seconds, variables });
            let graph = compiled(blocks, request.as_ref());
            let desk = Desk::new(&graph);
            Watched { desk, escalated: BTreeSet::new(), interfered: false, seen: &seen }.run(&attempts)
        },
    );
    if let Err(error) = result {
        panic!("{error}");
    }
    let seen = seen.into_inner();
    for what in [
        "refused",
        "decided by a deadline",
        "repeated",
        "outcome failed",
        "reassigned",
        "request late",
        "step late",
        "REQUEST_CREATED",
        "REQUEST_STARTED",
        "STEP_AWAITED",
        "STEP_ROUTED",
        "STEP_CLAIMED",
        "STEP_RELEASED",
        "STEP_CANCELLED",
        "REQUEST_SUSPENDED",
        "REQUEST_RESUMED",
        "REQUEST_COMPLETED",
        "REQUEST_FAILED",
        "REQUEST_CANCELLED",
        "WAIT_ENDED",
        "STEP_SKIPPED",
        "STEP_FAILED",
        "STEP_RETRIED",
        "BOUNDARY_FIRED",
        "BOUNDARY_FAILED",
        "SCOPE_ENTERED",
        "SCOPE_LEFT",
        "SCOPE_CANCELLED",
        "JUMPED",
        "TOKENS_WITHDRAWN",
        "error end",
        "visit limit",
        "deadlock",
        "expired",
    ] {
        assert!(seen.get(what).is_some_and(|n| *n > 0), "{what} is never tried: {seen:?}");
    }
}
