//! Short forms for documents of the control flow, and for what happens to a request on them.

use nexusflow_domain::ids::{IdSource, MessageId};
use nexusflow_domain::request::{Command, FailureReason, Refusal, RequestEvent, RequestStatus, Subscriber};
use nexusflow_domain::workflow::Graph;
use serde_json::{Value, json};

use super::{CHIEF, CLERK, Desk, edge, framed, graph, key, map, with};

/// A step of a kind, with further fields.
pub fn step(key: &str, kind: &str, more: &Value) -> Value {
    with(json!({ "key": key, "name": key, "kind": kind }), more)
}

/// A step that routes at once, with further fields.
pub fn decision(key: &str, more: &Value) -> Value {
    step(key, "DECISION", more)
}

/// A decision that takes every way out.
pub fn fork(key: &str) -> Value {
    decision(key, &json!({ "split": "ALL" }))
}

/// A decision that waits for every way in.
pub fn join(key: &str) -> Value {
    decision(key, &json!({ "join": "ALL" }))
}

/// A decision that waits for everything of one run of a split.
pub fn gather(key: &str, split: &str) -> Value {
    decision(key, &json!({ "join": { "SOME": { "split": split } } }))
}

/// The fields of a join that waits for so many branches of one run of a split.
pub fn at_least(count: u32, split: &str, late: &str) -> Value {
    json!({ "join": { "AT_LEAST": { "count": count, "split": split, "late": late } } })
}

/// Tasks for clerks that an operator may skip.
pub fn tasks(keys: &[&str]) -> Vec<Value> {
    keys.iter().map(|key| super::task(key, &json!({ "required": false }))).collect()
}

/// A step that waits so long.
pub fn wait(key: &str, after: &str) -> Value {
    step(key, "WAIT", &json!({ "wait": { "timer": { "after": after } } }))
}

/// A step that waits until the instant in a variable.
pub fn wait_until(key: &str, variable: &str) -> Value {
    step(key, "WAIT", &json!({ "wait": { "timer": { "until": variable } } }))
}

/// A boundary event that fires so long after its host opened.
pub fn deadline(key: &str, host: &str, after: &str, interrupting: bool) -> Value {
    let on = json!({ "timer": { "after": after } });
    step(key, "BOUNDARY", &json!({ "boundary": { "attachedTo": host, "on": on, "interrupting": interrupting } }))
}

/// A step that waits for a message whose key the expression makes.
pub fn message(key: &str, name: &str, correlation: &str) -> Value {
    step(key, "WAIT", &json!({ "wait": { "message": { "name": name, "key": correlation } } }))
}

/// A boundary event that fires on a message whose key the expression makes.
pub fn listener(key: &str, host: &str, name: &str, correlation: &str, interrupting: bool) -> Value {
    let on = json!({ "message": { "name": name, "key": correlation } });
    step(key, "BOUNDARY", &json!({ "boundary": { "attachedTo": host, "on": on, "interrupting": interrupting } }))
}

/// A boundary event that catches one error in a scope, or all.
pub fn catcher(key: &str, scope: &str, code: Option<&str>) -> Value {
    let on = json!({ "error": code.map_or_else(|| json!({}), |code| json!({ "code": code })) });
    step(key, "BOUNDARY", &json!({ "boundary": { "attachedTo": scope, "on": on } }))
}

/// An end that throws an error.
pub fn error_end(key: &str, code: &str) -> Value {
    step(key, "END", &json!({ "end": "ERROR", "errorCode": code }))
}

/// A way taken when a variable is there.
pub fn when(from: &str, to: &str, variable: &str) -> Value {
    with(edge(from, to), &json!({ "condition": { "field": variable, "operator": "exists" } }))
}

/// A way taken when nothing else holds.
pub fn otherwise(from: &str, to: &str) -> Value {
    with(edge(from, to), &json!({ "isDefault": true }))
}

/// A way taken on an outcome.
pub fn on(outcome: &str, from: &str, to: &str) -> Value {
    with(edge(from, to), &json!({ "outcome": outcome }))
}

/// Transitions along paths such as `start a b end`.
pub fn paths(paths: &[&str]) -> Vec<Value> {
    let along = |path: &&str| {
        let keys: Vec<String> = path.split(' ').map(str::to_owned).collect();
        keys.windows(2).map(|pair| edge(&pair[0], &pair[1])).collect::<Vec<_>>()
    };
    paths.iter().flat_map(along).collect()
}

/// A scope of steps.
pub fn scope(key: &str, steps: &[&str]) -> Value {
    json!({ "key": key, "name": key, "steps": steps })
}

/// A graph of `start`, the given steps and transitions, and `end`.
pub fn drawn(steps: &[Vec<Value>], transitions: &[Vec<Value>]) -> Graph {
    graph(framed(&steps.concat(), &transitions.concat()))
}

/// As [`drawn`], with scopes.
pub fn scoped(steps: &[Vec<Value>], transitions: &[Vec<Value>], scopes: &[Value]) -> Graph {
    graph(with(framed(&steps.concat(), &transitions.concat()), &json!({ "scopes": scopes })))
}

/// What happened, as short words with the steps.
pub fn story(events: &[RequestEvent]) -> Vec<String> {
    events.iter().map(told).collect()
}

fn told(event: &RequestEvent) -> String {
    match event {
        RequestEvent::StepAwaited { step, .. } => format!("await {step}"),
        RequestEvent::StepActivated { step, .. } => format!("open {step}"),
        RequestEvent::StepRouted { step, .. } => format!("pass {step}"),
        RequestEvent::StepCompleted { step, .. } => format!("end {step}"),
        RequestEvent::WaitEnded { step, .. } => format!("over {step}"),
        RequestEvent::StepSkipped { step, .. } => format!("skip {step}"),
        RequestEvent::StepFailed { step, .. } => format!("fail {step}"),
        RequestEvent::StepRetried { step, .. } => format!("retry {step}"),
        RequestEvent::StepCancelled { step, .. } => format!("cancel {step}"),
        RequestEvent::BoundaryFired { boundary, .. } => format!("fire {boundary}"),
        RequestEvent::BoundaryFailed { boundary, .. } => format!("misfire {boundary}"),
        RequestEvent::ScopeEntered { scope, .. } => format!("enter {scope}"),
        RequestEvent::ScopeLeft { scope } => format!("leave {scope}"),
        RequestEvent::ScopeCancelled { scope, .. } => format!("clear {scope}"),
        RequestEvent::Jumped { to, .. } => format!("jump {to}"),
        RequestEvent::TokensWithdrawn { tokens } => format!("drop {}", tokens.len()),
        RequestEvent::RequestCompleted { .. } => "completed".to_owned(),
        RequestEvent::RequestFailed { reason, .. } => failure(reason),
        RequestEvent::MessageReceived { name, .. } => format!("hear {name}"),
        other => other.name().to_owned(),
    }
}

fn failure(reason: &FailureReason) -> String {
    match reason {
        FailureReason::ErrorEnd(step) => format!("error {step}"),
        FailureReason::Deadlock(step) => format!("deadlock {step}"),
        FailureReason::VisitLimit(step) => format!("limit {step}"),
        FailureReason::EndlessTimers(step) => format!("endless {step}"),
    }
}

impl Desk<'_> {
    /// A clerk ends the only open execution of a task.
    pub fn done(&mut self, step: &str) -> Vec<String> {
        self.done_with(step, "COMPLETED", &json!({}))
    }

    /// A clerk ends a task with an outcome and variables.
    pub fn done_with(&mut self, step: &str, outcome: &str, variables: &Value) -> Vec<String> {
        let command = self.completion(step, outcome, variables);
        let events = self.act(CLERK, &command).unwrap_or_else(|refusal| panic!("{step}: {refusal}"));
        self.check_fold();
        story(&events)
    }

    /// An operator commands.
    pub fn operate(&mut self, command: &Command) -> Result<Vec<String>, Refusal> {
        let events = self.act(CHIEF, command)?;
        self.check_fold();
        Ok(story(&events))
    }

    /// An operator ends open steps and starts another one.
    pub fn jump(&mut self, cancel: &[&str], to: &str) -> Result<Vec<String>, Refusal> {
        let cancel = cancel.iter().map(|step| self.open(step)).collect();
        self.operate(&Command::Jump { cancel, to: key(to), reason: "because".to_owned() })
    }

    /// An operator ends the only open execution of a step.
    pub fn cancel_step(&mut self, step: &str) -> Result<Vec<String>, Refusal> {
        self.operate(&Command::CancelStep { step: self.open(step), reason: "not needed".to_owned() })
    }

    /// An operator ends a scope.
    pub fn cancel_scope(&mut self, scope: &str) -> Result<Vec<String>, Refusal> {
        self.operate(&Command::CancelScope { scope: key(scope), reason: "because".to_owned() })
    }

    /// The clock stands at this second and timers fire.
    pub fn elapse(&mut self, second: i64) -> Vec<String> {
        let events = self.fire_at(second);
        self.check_fold();
        story(&events)
    }

    /// Where the message of this name is waited for; it must be in one place.
    pub fn waits_for(&self, name: &str) -> Subscriber {
        let subscriptions = self.state.subscriptions();
        let mut found = subscriptions.iter().filter(|(_, awaited)| awaited.name == name).map(|(to, _)| to.clone());
        let to = found.next().unwrap_or_else(|| panic!("nothing waits for {name}: {subscriptions:?}"));
        assert_eq!(found.next(), None, "{name} is waited for twice");
        to
    }

    /// A message is handed to whoever waits for one of this name.
    pub fn hear(&mut self, name: &str, payload: &Value) -> Vec<String> {
        let to = self.waits_for(name);
        self.hear_at(&to, payload)
    }

    /// A message is handed over there.
    pub fn hear_at(&mut self, to: &Subscriber, payload: &Value) -> Vec<String> {
        let message = MessageId::from_uuid(self.ids.next_id());
        let command = Command::Deliver { to: to.clone(), message, payload: map(payload) };
        let events = self.perform(None, &command).unwrap_or_else(|refusal| panic!("{to:?}: {refusal}"));
        self.check_fold();
        story(&events)
    }

    /// Checks what is open, and that the request is under way.
    pub fn expect_open(&self, steps: &[&str]) {
        self.check_fold();
        assert_eq!(self.open_keys(), steps);
        assert_eq!(self.state.status(), RequestStatus::InProgress);
    }

    /// Checks that the request has ended so, with nothing left.
    pub fn expect_ended(&self, status: RequestStatus) {
        self.check_fold();
        assert_eq!(self.state.status(), status, "open: {:?}", self.open_keys());
        let state = &self.state;
        assert!(state.open.is_empty() && state.marking.is_empty() && state.awaited.is_empty());
        assert!(state.scopes.is_empty() && state.frames.iter().next().is_none());
    }

    /// Checks that every branch has ended.
    pub fn expect_completed(&self) {
        self.expect_ended(RequestStatus::Completed);
    }
}
