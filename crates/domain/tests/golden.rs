//! Recorded events never change meaning. `golden/events.json` holds journals as they are stored, with
//! a sample of every variant; `golden/state.json` the state after each of their events. When this
//! test fails, the change would give stored journals another meaning: add a variant or an optional
//! field instead, and samples of it at the end of the files. What is in them is never edited.

pub mod support;

use std::collections::{BTreeMap, BTreeSet};

use nexusflow_domain::JsonMap;
use nexusflow_domain::ids::{MessageId, RequestId, RequestStepId};
use nexusflow_domain::request::{
    ArmedMessage, ArmedTimer, AwaitedMessage, DeadlineClock, EscalationRecord, EscalationResult, FailureReason,
    Instance, Instances, JobWork, Notice, Parent, Pursuit, RequestEvent, RequestState, Work, evolve, fold,
};
use nexusflow_domain::workflow::{ActionKind, Candidate, FrameId, Priority, Token, Vote};
use serde::Serialize;
use serde_json::{Value, json};
use support::{at, key, map, organization, outcome, role, start_request, user};
use uuid::Uuid;

const EVENTS: &str = include_str!("golden/events.json");
const STATES: &str = include_str!("golden/state.json");

/// Names the variants of an enum; a variant that is not listed does not compile.
macro_rules! variants {
    ($function:ident, $all:ident, $enum:ty, $($pattern:pat => $name:literal,)+) => {
        const $all: &[&str] = &[$($name),+];

        fn $function(value: &$enum) -> &'static str {
            match value { $($pattern => $name,)+ }
        }
    };
}

variants! { event_name, EVENT_NAMES, RequestEvent,
    RequestEvent::RequestCreated { .. } => "REQUEST_CREATED",
    RequestEvent::RequestStarted { .. } => "REQUEST_STARTED",
    RequestEvent::StepAwaited { .. } => "STEP_AWAITED",
    RequestEvent::StepActivated { .. } => "STEP_ACTIVATED",
    RequestEvent::InstanceActivated { .. } => "INSTANCE_ACTIVATED",
    RequestEvent::InstanceCompleted { .. } => "INSTANCE_COMPLETED",
    RequestEvent::InstanceAdded { .. } => "INSTANCE_ADDED",
    RequestEvent::InstancesClosed { .. } => "INSTANCES_CLOSED",
    RequestEvent::AttemptFailed { .. } => "ATTEMPT_FAILED",
    RequestEvent::MessageReceived { .. } => "MESSAGE_RECEIVED",
    RequestEvent::StepRouted { .. } => "STEP_ROUTED",
    RequestEvent::StepClaimed { .. } => "STEP_CLAIMED",
    RequestEvent::StepReleased { .. } => "STEP_RELEASED",
    RequestEvent::VoteCast { .. } => "VOTE_CAST",
    RequestEvent::VotesRecounted { .. } => "VOTES_RECOUNTED",
    RequestEvent::StepCompleted { .. } => "STEP_COMPLETED",
    RequestEvent::WaitEnded { .. } => "WAIT_ENDED",
    RequestEvent::StepSkipped { .. } => "STEP_SKIPPED",
    RequestEvent::StepFailed { .. } => "STEP_FAILED",
    RequestEvent::StepRetried { .. } => "STEP_RETRIED",
    RequestEvent::BoundaryFired { .. } => "BOUNDARY_FIRED",
    RequestEvent::BoundaryFailed { .. } => "BOUNDARY_FAILED",
    RequestEvent::ScopeEntered { .. } => "SCOPE_ENTERED",
    RequestEvent::ScopeLeft { .. } => "SCOPE_LEFT",
    RequestEvent::ScopeCancelled { .. } => "SCOPE_CANCELLED",
    RequestEvent::Jumped { .. } => "JUMPED",
    RequestEvent::TokensWithdrawn { .. } => "TOKENS_WITHDRAWN",
    RequestEvent::StepCancelled { .. } => "STEP_CANCELLED",
    RequestEvent::Escalated(_) => "ESCALATED",
    RequestEvent::RequestSuspended { .. } => "REQUEST_SUSPENDED",
    RequestEvent::RequestResumed { .. } => "REQUEST_RESUMED",
    RequestEvent::RequestCompleted { .. } => "REQUEST_COMPLETED",
    RequestEvent::RequestFailed { .. } => "REQUEST_FAILED",
    RequestEvent::RequestCancelled { .. } => "REQUEST_CANCELLED",
}

variants! { result_name, RESULT_NAMES, EscalationResult,
    EscalationResult::NotifiedUser(_) => "notifiedUser",
    EscalationResult::NotifiedRole(_) => "notifiedRole",
    EscalationResult::Reassigned(_) => "reassigned",
    EscalationResult::Raised(_) => "raised",
    EscalationResult::TookOutcome(_) => "tookOutcome",
    EscalationResult::OutcomeFailed(_) => "outcomeFailed",
}

variants! { reason_name, REASON_NAMES, FailureReason,
    FailureReason::ErrorEnd(_) => "errorEnd",
    FailureReason::Deadlock(_) => "deadlock",
    FailureReason::VisitLimit(_) => "visitLimit",
    FailureReason::EndlessTimers(_) => "endlessTimers",
}

variants! { candidate_name, CANDIDATE_NAMES, Candidate,
    Candidate::Role(_) => "role",
    Candidate::User(_) => "user",
    Candidate::Requester => "requester",
}

variants! { work_name, WORK_NAMES, Work,
    Work::Human { .. } => "human",
    Work::Timer { .. } => "timer",
    Work::Message(_) => "message",
    Work::Webhook => "webhook",
    Work::Job(_) => "job",
    Work::Call { .. } => "call",
    Work::Multi(_) => "multi",
}

variants! { clock_name, CLOCK_NAMES, DeadlineClock,
    DeadlineClock::Stopped => "STOPPED",
    DeadlineClock::Running => "RUNNING",
}

fn id(n: u8) -> RequestStepId {
    RequestStepId::from_uuid(Uuid::from_u128(0xE000 + u128::from(n)))
}

/// Tokens by the ordinals of their transitions, or by ordinal and frame.
fn tokens(stored: impl Serialize) -> Vec<Token> {
    serde_json::from_value(json!(stored)).expect("tokens")
}

fn frame(n: u32) -> FrameId {
    serde_json::from_value(json!(n)).expect("a frame")
}

fn created(variables: JsonMap, starts_at: i64) -> RequestEvent {
    let start = start_request();
    RequestEvent::RequestCreated {
        id: start.id,
        organization: organization(),
        workflow: start.workflow,
        workflow_version: start.workflow_version,
        requester: start.requester,
        parent: None,
        title: "Büro".to_owned(),
        reference: Some("R-1".to_owned()),
        priority: Priority::Low,
        variables,
        starts_at: at(starts_at),
        due_at: Some(at(5_000)),
    }
}

fn started() -> RequestEvent {
    RequestEvent::RequestStarted { at: at(10), due_at: Some(at(4_000)), pursuit: pursuit(0, 4_000) }
}

#[expect(clippy::unnecessary_wraps, reason = "as the events have it")]
fn pursuit(rung: u32, second: i64) -> Option<Pursuit> {
    Some(Pursuit { rung, at: at(second) })
}

fn activated(n: u8, step: &str, candidate: Candidate, consumed: &[u32]) -> RequestEvent {
    RequestEvent::StepActivated {
        id: id(n),
        step: key(step),
        attempt: 1 + u32::from(n == 4),
        consumed: tokens(consumed),
        frame: FrameId::REQUEST,
        joined: None,
        race: None,
        work: Work::unclaimed(candidate),
        input: None,
        at: at(11),
        due_at: Some(at(100)),
        pursuit: pursuit(0, 100),
        timers: Vec::new(),
        messages: Vec::new(),
    }
}

fn routed(n: u8, step: &str, consumed: &[u32], produced: &[u32]) -> RequestEvent {
    RequestEvent::StepRouted {
        id: id(n),
        step: key(step),
        attempt: 1,
        consumed: tokens(consumed),
        produced: tokens(produced),
        frame: FrameId::REQUEST,
        joined: None,
        opened: None,
        variables: JsonMap::new(),
        notice: None,
    }
}

fn escalated(n: Option<u8>, rung: u32, result: EscalationResult, next: Option<Pursuit>) -> RequestEvent {
    RequestEvent::Escalated(EscalationRecord { request_step: n.map(id), rung, missed: at(100), result, next })
}

fn completed(n: u8, step: &str, by: Option<u8>, variables: &Value, produced: &[u32]) -> RequestEvent {
    RequestEvent::StepCompleted {
        id: id(n),
        step: key(step),
        outcome: outcome("REJECTED"),
        by: by.map(user),
        on_behalf_of: None,
        comment: by.map(|_| "as agreed".to_owned()),
        variables: map(variables),
        produced: tokens(produced),
        opened: None,
    }
}

/// A request whose steps are open, awaited, claimed and late.
fn under_way() -> Vec<RequestEvent> {
    vec![
        created(map(&json!({ "amount": 12.5, "kept": [1, { "deep": null }], "gone": true })), 10),
        started(),
        routed(1, "start", &[], &[0, 1, 2, 3, 3]),
        activated(2, "clerk", Candidate::Role(role("clerk")), &[0]),
        activated(3, "person", Candidate::User(user(4)), &[1]),
        activated(4, "own", Candidate::Requester, &[2]),
        RequestEvent::StepAwaited { id: id(5), step: key("join"), frame: FrameId::REQUEST },
        RequestEvent::StepClaimed { id: id(2), by: user(2), on_behalf_of: None },
        RequestEvent::StepClaimed { id: id(3), by: user(4), on_behalf_of: None },
    ]
}

fn to_the_end() -> Vec<RequestEvent> {
    let mut journal = under_way();
    journal.extend([
        RequestEvent::StepReleased { id: id(3), by: user(4) },
        escalated(Some(3), 0, EscalationResult::NotifiedUser(user(4)), pursuit(1, 160)),
        escalated(Some(4), 0, EscalationResult::NotifiedRole(role("chief")), None),
        escalated(Some(2), 0, EscalationResult::Reassigned(role("deputy")), pursuit(1, 160)),
        RequestEvent::RequestSuspended {
            at: at(120),
            reason: Some("holiday".to_owned()),
            clock: DeadlineClock::Stopped,
        },
        RequestEvent::RequestResumed { moved_by: 30_000_001 },
        RequestEvent::RequestSuspended { at: at(151), reason: None, clock: DeadlineClock::Running },
        RequestEvent::RequestResumed { moved_by: 0 },
        escalated(Some(3), 1, EscalationResult::Raised(Priority::Normal), pursuit(2, 200)),
        escalated(Some(2), 1, EscalationResult::TookOutcome(outcome("REJECTED")), None),
        completed(2, "clerk", None, &json!({}), &[4]),
        escalated(Some(3), 2, EscalationResult::OutcomeFailed(outcome("REJECTED")), None),
        escalated(None, 0, EscalationResult::Raised(Priority::High), pursuit(1, 4_500)),
        completed(3, "person", Some(4), &json!({ "gone": null, "new": "x", "amount": 1 }), &[5]),
        routed(5, "join", &[3, 4, 5], &[6]),
        RequestEvent::StepCancelled { id: id(4), step: key("own"), misses_milestone: false, reason: None },
        RequestEvent::RequestCompleted { at: at(300) },
    ]);
    journal
}

/// A person's step that joins two branches, decided twice.
fn twice_decided() -> Vec<RequestEvent> {
    vec![
        created(JsonMap::new(), 10),
        started(),
        routed(1, "start", &[], &[0, 1]),
        RequestEvent::StepAwaited { id: id(4), step: key("own"), frame: FrameId::REQUEST },
        activated(4, "own", Candidate::Requester, &[0, 1]),
        completed(4, "own", Some(1), &json!({ "x": 1 }), &[7]),
        activated(6, "own", Candidate::Requester, &[7]),
        completed(6, "own", Some(2), &json!({}), &[8]),
    ]
}

/// A wait in a race within one run of a split, its boundary timers, and an operator at work.
fn timed() -> Vec<RequestEvent> {
    let timer = |boundary: &str, second| ArmedTimer { boundary: key(boundary), at: at(second) };
    let wait = |n, step: &str| RequestEvent::StepActivated {
        id: id(n),
        step: key(step),
        attempt: 1,
        consumed: tokens([[1, 1]]),
        frame: frame(1),
        joined: Some(frame(1)),
        race: Some(id(9)),
        work: Work::Timer { at: at(60) },
        input: None,
        at: at(11),
        due_at: None,
        pursuit: None,
        timers: vec![timer("late", 30), timer("later", 40)],
        messages: Vec::new(),
    };
    vec![
        created(JsonMap::new(), 10),
        started(),
        RequestEvent::StepRouted {
            id: id(1),
            step: key("fork"),
            attempt: 1,
            consumed: Vec::new(),
            produced: tokens([[1, 1], [1, 1], [2, 1], [3, 1]]),
            frame: FrameId::REQUEST,
            joined: None,
            opened: Some(frame(1)),
            variables: JsonMap::new(),
            notice: None,
        },
        RequestEvent::StepAwaited { id: id(5), step: key("join"), frame: frame(1) },
        wait(2, "cool-off"),
        wait(3, "remind"),
        RequestEvent::ScopeEntered {
            scope: key("checks"),
            at: at(11),
            timers: vec![timer("overdue", 50)],
            messages: Vec::new(),
        },
        RequestEvent::BoundaryFired { boundary: key("late"), host: Some(id(2)) },
        RequestEvent::BoundaryFailed { boundary: key("later"), host: Some(id(2)), error: "no way".to_owned() },
        RequestEvent::BoundaryFired { boundary: key("overdue"), host: None },
        RequestEvent::StepFailed { id: id(2), step: key("cool-off"), error: "no way".to_owned() },
        RequestEvent::StepRetried { id: id(2), step: key("cool-off"), work: None },
        RequestEvent::RequestSuspended { at: at(20), reason: None, clock: DeadlineClock::Stopped },
        RequestEvent::RequestResumed { moved_by: 7 },
        RequestEvent::WaitEnded {
            id: id(2),
            step: key("cool-off"),
            variables: JsonMap::new(),
            produced: tokens([[4, 1]]),
            opened: None,
        },
        RequestEvent::StepSkipped {
            id: id(3),
            step: key("remind"),
            outcome: Some(outcome("DONE")),
            reason: "known".to_owned(),
            produced: tokens([[5, 2]]),
            opened: Some(frame(2)),
        },
        RequestEvent::ScopeCancelled { scope: key("checks"), reason: "moot".to_owned() },
        RequestEvent::TokensWithdrawn { tokens: tokens([[2, 1], [3, 1], [4, 1]]) },
        RequestEvent::ScopeLeft { scope: key("checks") },
        RequestEvent::Jumped { to: key("own"), reason: "by hand".to_owned() },
        activated(4, "own", Candidate::Requester, &[]),
        RequestEvent::RequestFailed { at: at(24), reason: FailureReason::VisitLimit(key("own")) },
    ]
}

/// An approval that two decide.
fn voted() -> Vec<RequestEvent> {
    let cast = |who: u8, with: &str| RequestEvent::VoteCast {
        id: id(2),
        step: key("board"),
        vote: Vote { by: user(who), on_behalf_of: None, outcome: outcome(with) },
        comment: Some("fine".to_owned()),
        variables: map(&json!({ "seen": who })),
    };
    vec![
        created(JsonMap::new(), 10),
        started(),
        routed(1, "start", &[], &[0]),
        activated(2, "board", Candidate::Role(role("chief")), &[0]),
        cast(3, "APPROVED"),
        cast(4, "REJECTED"),
        completed(2, "board", Some(4), &json!({}), &[1]),
    ]
}

/// A request that another calls, with everything that it may wait for from outside.
fn worked() -> Vec<RequestEvent> {
    let parent =
        Parent { request: RequestId::from_uuid(Uuid::from_u128(0xD010)), step: id(77), depth: 2, detached: true };
    let mut called = created(JsonMap::new(), 10);
    if let RequestEvent::RequestCreated { parent: caller, .. } = &mut called {
        *caller = Some(parent);
    }
    let message = |name: &str, since| AwaitedMessage { name: name.to_owned(), key: "K-1".to_owned(), since };
    let listens = |boundary: &str| ArmedMessage { boundary: key(boundary), message: message("stop", None) };
    let opens = |n, step: &str, work, input: Option<Value>| RequestEvent::StepActivated {
        id: id(n),
        step: key(step),
        attempt: 1,
        consumed: Vec::new(),
        frame: FrameId::REQUEST,
        joined: None,
        race: None,
        work,
        input: input.as_ref().map(map),
        at: at(11),
        due_at: None,
        pursuit: None,
        timers: Vec::new(),
        messages: vec![listens("stopped")],
    };
    let job = || Work::Job(job_work("mail", None));
    let call = || Work::Call { child: RequestId::from_uuid(Uuid::from_u128(0xD011)) };
    let items = vec![json!("a"), json!({ "b": 1 })];
    let instance = |n, index, work| RequestEvent::InstanceActivated {
        id: id(n),
        step: key("each"),
        instance: Instance { of: id(6), index },
        work,
        input: Some(map(&json!({ "item": index }))),
        at: at(12),
        due_at: Some(at(90)),
        pursuit: pursuit(0, 90),
    };
    vec![
        called,
        started(),
        opens(2, "paid", Work::Message(message("payment", Some(at(11)))), None),
        opens(3, "hook", Work::Webhook, None),
        opens(4, "mail", job(), Some(json!({ "to": "x" }))),
        opens(5, "check", call(), None),
        opens(6, "each", Work::Multi(Instances { items, opened: 0, ended: BTreeMap::new() }), None),
        RequestEvent::ScopeEntered { scope: key("checks"), at: at(11), timers: vec![], messages: vec![listens("off")] },
        RequestEvent::MessageReceived {
            message: MessageId::from_uuid(Uuid::from_u128(0xF001)),
            name: "stop".to_owned(),
            step: None,
            boundary: Some(key("off")),
            variables: map(&json!({ "off": true })),
        },
        RequestEvent::BoundaryFired { boundary: key("off"), host: None },
        RequestEvent::MessageReceived {
            message: MessageId::from_uuid(Uuid::from_u128(0xF002)),
            name: "payment".to_owned(),
            step: Some(id(2)),
            boundary: None,
            variables: JsonMap::new(),
        },
        RequestEvent::WaitEnded {
            id: id(2),
            step: key("paid"),
            variables: map(&json!({ "paid": 9 })),
            produced: tokens([4]),
            opened: None,
        },
        RequestEvent::AttemptFailed { id: id(4), step: key("mail"), error: "busy".to_owned(), run_at: at(30) },
        RequestEvent::StepFailed { id: id(4), step: key("mail"), error: "gone".to_owned() },
        RequestEvent::StepRetried { id: id(4), step: key("mail"), work: Some(job()) },
        instance(7, 0, job()),
        instance(8, 1, Work::Webhook),
        RequestEvent::InstanceCompleted {
            id: id(7),
            step: key("each"),
            outcome: Some(outcome("DONE")),
            by: Some(user(3)),
            on_behalf_of: Some(user(4)),
            comment: Some("fine".to_owned()),
            result: map(&json!({ "sum": 2 })),
        },
        RequestEvent::InstanceAdded { id: id(6), step: key("each"), item: json!(3) },
        RequestEvent::StepCancelled { id: id(8), step: key("each"), misses_milestone: false, reason: None },
        RequestEvent::InstancesClosed { id: id(6), step: key("each"), reason: "enough".to_owned() },
    ]
}

fn job_work(job_type: &str, action: Option<ActionKind>) -> JobWork {
    JobWork { job_type: job_type.to_owned(), action, failed: 0, run_at: at(11), last_error: None }
}

/// What NexusFlow does itself: at once, and outside.
fn done_by_itself() -> Vec<RequestEvent> {
    let effect = |n, step: &str, changes: Value, told: Option<Notice>, from: u32| {
        let mut event = routed(n, step, &[from], &[from + 1]);
        if let RequestEvent::StepRouted { variables, notice, .. } = &mut event {
            (*variables, *notice) = (map(&changes), told);
        }
        event
    };
    let mut opened = activated(4, "ask", Candidate::Requester, &[3]);
    if let RequestEvent::StepActivated { work, input, pursuit, due_at, .. } = &mut opened {
        *work = Work::Job(job_work("nexusflow:http", Some(ActionKind::Http)));
        *input = Some(map(&json!({ "method": "POST", "url": "https://example.org/", "body": { "text": "x" } })));
        (*pursuit, *due_at) = (None, None);
    }
    let told = |to, text: Option<&str>| Notice { to, title: "News".to_owned(), text: text.map(str::to_owned) };
    vec![
        created(map(&json!({ "gone": 1 })), 10),
        started(),
        routed(1, "start", &[], &[0]),
        effect(2, "set", json!({ "sum": 3, "gone": null }), None, 0),
        effect(3, "tell", json!({}), Some(told(Candidate::Role(role("chief")), Some("Look."))), 1),
        effect(5, "tell-him", json!({}), Some(told(Candidate::Requester, None)), 2),
        opened,
        RequestEvent::AttemptFailed { id: id(4), step: key("ask"), error: "HTTP_503: busy".to_owned(), run_at: at(30) },
    ]
}

/// What people do on behalf of others, and an approval that a recount ends.
fn delegated() -> Vec<RequestEvent> {
    let on_behalf_of = Some(user(3));
    let mut done = completed(3, "person", Some(4), &json!({}), &[2]);
    if let RequestEvent::StepCompleted { on_behalf_of: whom, .. } = &mut done {
        *whom = on_behalf_of;
    }
    vec![
        created(JsonMap::new(), 10),
        started(),
        routed(1, "start", &[], &[0, 1]),
        activated(2, "board", Candidate::Role(role("chief")), &[0]),
        activated(3, "person", Candidate::User(user(3)), &[1]),
        RequestEvent::StepClaimed { id: id(3), by: user(4), on_behalf_of },
        RequestEvent::VoteCast {
            id: id(2),
            step: key("board"),
            vote: Vote { by: user(4), on_behalf_of, outcome: outcome("REJECTED") },
            comment: None,
            variables: JsonMap::new(),
        },
        done,
        RequestEvent::VotesRecounted { id: id(2), step: key("board"), votes: 1, electorate: 1 },
        completed(2, "board", None, &json!({}), &[3]),
    ]
}

fn samples() -> Vec<Vec<RequestEvent>> {
    let ending = |last: RequestEvent| {
        let mut journal: Vec<_> = under_way().into_iter().take(4).collect();
        journal.push(RequestEvent::StepAwaited { id: id(5), step: key("join"), frame: FrameId::REQUEST });
        journal.push(RequestEvent::StepCancelled {
            id: id(2),
            step: key("clerk"),
            misses_milestone: false,
            reason: None,
        });
        journal.push(last);
        journal
    };
    vec![
        to_the_end(),
        ending(RequestEvent::RequestFailed { at: at(20), reason: FailureReason::ErrorEnd(key("bad")) }),
        ending(RequestEvent::RequestFailed { at: at(21), reason: FailureReason::Deadlock(key("join")) }),
        ending(RequestEvent::RequestCancelled { at: at(22), reason: Some("not needed".to_owned()) }),
        vec![created(JsonMap::new(), 900), RequestEvent::RequestCancelled { at: at(23), reason: None }],
        twice_decided(),
        timed(),
        ending(RequestEvent::RequestFailed { at: at(25), reason: FailureReason::EndlessTimers(key("join")) }),
        voted(),
        worked(),
        delegated(),
        done_by_itself(),
    ]
}

/// The state after each event.
fn states(journal: &[RequestEvent]) -> Vec<RequestState> {
    let mut state = RequestState::blank();
    let step = |event| {
        state = evolve(state.clone(), event);
        state.clone()
    };
    journal.iter().map(step).collect()
}

#[test]
fn stored_events_mean_what_they_always_meant() {
    let decoded: Vec<Vec<RequestEvent>> = serde_json::from_str(EVENTS).expect("every stored event can be read");
    assert_eq!(decoded, samples());
}

#[test]
fn events_are_stored_as_they_always_were() {
    let stored: Value = serde_json::from_str(EVENTS).unwrap();
    let encoded = serde_json::to_value(samples()).unwrap();
    assert_eq!(encoded, stored, "{encoded:#}");
    for (event, stored) in
        samples().iter().flatten().zip(stored.as_array().unwrap().iter().flat_map(|j| j.as_array().unwrap()))
    {
        assert_eq!(stored["type"], event.name());
    }
}

#[test]
fn stored_journals_lead_to_the_states_they_always_led_to() {
    let expected: Vec<Vec<RequestState>> = serde_json::from_str(STATES).expect("every stored state can be read");
    let found: Vec<_> = samples().iter().map(|journal| states(journal)).collect();
    assert_eq!(found, expected);
    let stored: Value = serde_json::from_str(STATES).unwrap();
    let encoded = serde_json::to_value(&found).unwrap();
    assert_eq!(encoded, stored, "{encoded:#}");
    for (journal, states) in samples().iter().zip(&expected) {
        assert_eq!(fold(journal), *states.last().unwrap());
    }
}

#[test]
fn every_variant_has_a_sample() {
    let decoded: Vec<Vec<RequestEvent>> = serde_json::from_str(EVENTS).unwrap();
    let mut found: [BTreeSet<&str>; 6] = Default::default();
    for event in decoded.iter().flatten() {
        found[0].insert(event_name(event));
        match event {
            RequestEvent::Escalated(record) => drop(found[1].insert(result_name(&record.result))),
            RequestEvent::RequestFailed { reason, .. } => drop(found[2].insert(reason_name(reason))),
            RequestEvent::StepActivated { work, .. } => {
                found[5].insert(work_name(work));
                if let Work::Human { candidate, .. } = work {
                    found[3].insert(candidate_name(candidate));
                }
            }
            RequestEvent::RequestSuspended { clock, .. } => drop(found[4].insert(clock_name(clock))),
            _ => {}
        }
    }
    let all = [EVENT_NAMES, RESULT_NAMES, REASON_NAMES, CANDIDATE_NAMES, CLOCK_NAMES, WORK_NAMES];
    for (found, all) in found.iter().zip(all) {
        assert_eq!(*found, all.iter().copied().collect(), "a variant without a sample");
    }
}
