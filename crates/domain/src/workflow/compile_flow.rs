//! Compiles joins, waits, boundary events and scopes, listing every problem with its place.

use std::collections::{BTreeMap, BTreeSet};

use crate::duration::Duration;
use crate::problem::{Problem, ProblemCode};
use crate::workflow::{
    Boundary, BoundaryDocument, EndKind, Join, JoinDocument, Milestone, Scope, ScopeDocument, StepDocument, StepIx,
    StepKey, StepKindDocument, Timer, TimerDocument, Trigger, TriggerDocument, Wait, WaitDocument, WorkflowDocument,
};

/// The most scopes of one version.
const MAX_SCOPES: usize = 500;
const MAX_NAME: usize = 64;
const MAX_VISITS: u32 = 100_000;

/// What the flow of a document refers to, and where problems go.
pub(super) struct FlowCompiler<'a> {
    pub document: &'a WorkflowDocument,
    pub by_key: &'a BTreeMap<StepKey, StepIx>,
    pub problems: &'a mut Vec<Problem>,
}

impl FlowCompiler<'_> {
    pub fn join(&mut self, step: &StepDocument) -> Join {
        match &step.join {
            JoinDocument::Any => Join::Any,
            JoinDocument::All => Join::All,
            JoinDocument::Some { split } => {
                self.split_of(step, split, "SOME").map_or(Join::All, |split| Join::Some { split })
            }
            JoinDocument::AtLeast { count, split, late } => {
                let (count, late) = (*count, *late);
                if count == 0 {
                    self.invalid(format!("steps[{}].join.AT_LEAST.count", step.key), "expected at least 1, found 0");
                }
                self.split_of(step, split, "AT_LEAST").map_or(Join::All, |split| Join::AtLeast { count, split, late })
            }
        }
    }

    fn split_of(&mut self, step: &StepDocument, split: &StepKey, join: &str) -> Option<StepIx> {
        let path = format!("steps[{}].join.{join}.split", step.key);
        if *split == step.key {
            self.invalid(path, "a step cannot join its own branches");
            return None;
        }
        let kind = self.document.steps.iter().find(|step| step.key == *split).map(|step| step.kind);
        if matches!(kind, Some(StepKindDocument::End | StepKindDocument::Race)) {
            self.invalid(path.clone(), "expected a step that makes branches; an END and a RACE make none");
        }
        self.step(split, path)
    }

    fn step(&mut self, key: &StepKey, path: String) -> Option<StepIx> {
        let found = self.by_key.get(key).copied();
        if found.is_none() {
            let message = format!("there is no step {:?}", key.as_str());
            self.problems.push(Problem::new(ProblemCode::UnknownStep, path, message));
        }
        found
    }

    /// Fields that only some kinds of steps have.
    pub fn check_fields(&mut self, step: &StepDocument) {
        let kind = step.kind;
        let human = matches!(kind, StepKindDocument::Task | StepKindDocument::Approval);
        let misplaced = [
            ("wait", step.wait.is_some(), kind == StepKindDocument::Wait, "only WAIT steps have this field"),
            (
                "boundary",
                step.boundary.is_some(),
                kind == StepKindDocument::Boundary,
                "only BOUNDARY steps have this field",
            ),
            (
                "approval",
                step.approval.is_some(),
                kind == StepKindDocument::Approval,
                "only APPROVAL steps have this field",
            ),
            ("mutex", step.mutex.is_some(), human, "only TASK and APPROVAL steps, and scopes, have this field"),
            ("enabledWhile", step.enabled_while.is_some(), human, "only TASK and APPROVAL steps have this field"),
            ("errorCode", step.error_code.is_some(), kind == StepKindDocument::End, "only END steps have this field"),
        ];
        for (field, present, allowed, message) in misplaced {
            if present && !allowed {
                self.invalid(format!("steps[{}].{field}", step.key), message);
            }
        }
        if let Some(mutex) = &step.mutex {
            self.check_name(mutex, format!("steps[{}].mutex", step.key));
        }
        if let Some(code) = &step.error_code {
            if kind == StepKindDocument::End && step.end != EndKind::Error {
                self.invalid(format!("steps[{}].errorCode", step.key), "only an ERROR end throws an error");
            }
            self.check_name(code, format!("steps[{}].errorCode", step.key));
        }
        if step.max_visits.is_some_and(|most| !(1..=MAX_VISITS).contains(&most)) {
            let message = format!("expected 1 to {MAX_VISITS} visits");
            self.invalid(format!("steps[{}].maxVisits", step.key), &message);
        }
        if let Some(milestone) = &step.enabled_while {
            self.check_milestone(step, milestone);
        }
        self.check_work_fields(step);
    }

    fn check_milestone(&mut self, step: &StepDocument, milestone: &Milestone) {
        let path = format!("steps[{}].enabledWhile", step.key);
        if milestone.after.is_none() && milestone.before.is_none() {
            self.invalid(path.clone(), "expected `after`, `before` or both");
        }
        for (field, other) in [("after", &milestone.after), ("before", &milestone.before)] {
            let Some(other) = other else { continue };
            if *other == step.key {
                self.invalid(format!("{path}.{field}"), "a step cannot be its own milestone");
            } else {
                self.step(other, format!("{path}.{field}"));
            }
        }
        let expires = step.effective_outcomes().contains(&crate::workflow::Outcome::expired());
        if milestone.before.is_some() && !expires {
            let message = "a step that can be too late declares EXPIRED among its outcomes";
            self.invalid(format!("steps[{}].outcomes", step.key), message);
        }
    }

    pub fn wait(&mut self, step: &StepDocument) -> Option<Wait> {
        let path = format!("steps[{}].wait", step.key);
        let Some(wait) = &step.wait else {
            self.invalid(path, "expected what the step waits for, such as {\"timer\": {\"after\": \"P1D\"}}");
            return None;
        };
        match wait {
            WaitDocument::Timer(timer) => self.timer(timer, &format!("{path}.timer")).map(Wait::Timer),
            WaitDocument::Message(message) => self.message(message, &format!("{path}.message")).map(Wait::Message),
            WaitDocument::Webhook {} => Some(Wait::Webhook),
        }
    }

    fn timer(&mut self, timer: &TimerDocument, path: &str) -> Option<Timer> {
        match timer {
            TimerDocument::After(Duration::ZERO) => {
                self.invalid(format!("{path}.after"), "expected a duration above zero");
                None
            }
            TimerDocument::After(duration) => Some(Timer::After(*duration)),
            TimerDocument::Until(source) => self.expression(source, format!("{path}.until")).map(Timer::Until),
        }
    }

    pub fn boundary(&mut self, step: &StepDocument) -> Option<Boundary> {
        let path = format!("steps[{}].boundary", step.key);
        let Some(BoundaryDocument { attached_to, on, interrupting }) = &step.boundary else {
            self.invalid(path, "expected `attachedTo` and `on`");
            return None;
        };
        let is_scope = self.document.scopes.iter().any(|scope| scope.key == *attached_to);
        self.check_host(attached_to, is_scope, format!("{path}.attachedTo"));
        let trigger = match on {
            TriggerDocument::Timer(timer) => Trigger::Timer(self.timer(timer, &format!("{path}.on.timer"))?),
            TriggerDocument::Message(message) => {
                Trigger::Message(self.message(message, &format!("{path}.on.message"))?)
            }
            TriggerDocument::Error { code } => {
                if !is_scope && !self.throws(attached_to) {
                    let message = "errors are caught at scopes, and at steps that throw: SERVICE, AGENT and CALL";
                    self.invalid(format!("{path}.on"), message);
                }
                if !interrupting {
                    self.invalid(format!("{path}.interrupting"), "an error always interrupts");
                }
                if let Some(code) = code {
                    self.check_name(code, format!("{path}.on.error.code"));
                }
                Trigger::Error(code.clone())
            }
        };
        Some(Boundary { host: attached_to.clone(), trigger, interrupting: *interrupting })
    }

    fn check_host(&mut self, host: &StepKey, is_scope: bool, path: String) {
        use StepKindDocument::{Agent, Approval, Call, Service, Task, Wait};
        if is_scope {
            return;
        }
        let Some(ix) = self.step(host, path.clone()) else { return };
        let waits = [Task, Approval, Service, Agent, Call, Wait];
        let step = self.document.steps.get(ix.0 as usize);
        if !step.is_some_and(|step| waits.contains(&step.kind) && !step.is_inline()) {
            let message = "expected a scope or a step that waits: TASK, APPROVAL, SERVICE, AGENT, CALL or WAIT";
            self.invalid(path, message);
        }
    }

    fn throws(&self, key: &StepKey) -> bool {
        use StepKindDocument::{Agent, Call, Service};
        let step = self.document.steps.iter().find(|step| step.key == *key);
        step.is_some_and(|step| [Service, Agent, Call].contains(&step.kind) && !step.is_inline())
    }

    /// The scopes, inner ones before those they lie in.
    pub fn scopes(&mut self) -> Vec<Scope> {
        if self.document.scopes.len() > MAX_SCOPES {
            let message = format!("more than {MAX_SCOPES} scopes");
            self.problems.push(Problem::new(ProblemCode::TooLarge, "scopes", message));
            return Vec::new();
        }
        let mut keys: BTreeSet<&StepKey> = self.by_key.keys().collect();
        let mut scopes: Vec<Scope> = Vec::new();
        for document in &self.document.scopes {
            if !keys.insert(&document.key) {
                let message = "another step or scope has the same key";
                let path = format!("scopes[{}].key", document.key);
                self.problems.push(Problem::new(ProblemCode::Duplicate, path, message));
            }
            let scope = self.scope(document);
            if let Some(other) = scopes.iter().find(|other| overlap(other, &scope)) {
                let message = format!("overlaps the scope {:?}; scopes are disjoint or nested", other.key.as_str());
                self.invalid(format!("scopes[{}].steps", document.key), &message);
            }
            if let Some(other) = scopes.iter().find(|other| deadlock(other, &scope)) {
                let message = format!("the scope {:?} around or inside it has the same mutex", other.key.as_str());
                self.invalid(format!("scopes[{}].mutex", document.key), &message);
            }
            scopes.push(scope);
        }
        scopes.sort_by_key(|scope| scope.steps.len());
        scopes
    }

    fn scope(&mut self, document: &ScopeDocument) -> Scope {
        let ScopeDocument { key, name, steps, mutex } = document;
        if name.trim().is_empty() || name.chars().count() > 200 {
            self.invalid(format!("scopes[{key}].name"), "expected 1 to 200 characters");
        }
        if steps.is_empty() {
            self.invalid(format!("scopes[{key}].steps"), "expected at least one step");
        }
        if let Some(mutex) = mutex {
            self.check_name(mutex, format!("scopes[{key}].mutex"));
        }
        let inside: BTreeSet<StepIx> =
            steps.iter().filter_map(|step| self.step(step, format!("scopes[{key}].steps"))).collect();
        for step in &self.document.steps {
            let attached = step.boundary.as_ref().is_some_and(|boundary| boundary.attached_to == *key);
            let within = self.by_key.get(&step.key).is_some_and(|ix| inside.contains(ix));
            if attached && within {
                self.invalid(
                    format!("scopes[{key}].steps"),
                    "a boundary event lies outside the scope it is attached to",
                );
            } else if within && step.kind == StepKindDocument::Start {
                self.invalid(format!("scopes[{key}].steps"), "the START step lies outside every scope");
            }
        }
        Scope { key: key.clone(), name: name.clone(), steps: inside, mutex: mutex.clone() }
    }

    pub fn check_name(&mut self, name: &str, path: String) {
        let length = name.chars().count();
        if !(1..=MAX_NAME).contains(&length) {
            self.invalid(path, &format!("expected 1 to {MAX_NAME} characters, found {length}"));
        }
    }

    pub fn invalid(&mut self, path: impl Into<String>, message: &str) {
        self.problems.push(Problem::new(ProblemCode::InvalidValue, path, message));
    }
}

/// Whether two scopes would wait for each other for ever: one inside the other, with the same mutex.
fn deadlock(one: &Scope, other: &Scope) -> bool {
    one.mutex.is_some() && one.mutex == other.mutex && !one.steps.is_disjoint(&other.steps)
}

fn overlap(one: &Scope, other: &Scope) -> bool {
    let shared = one.steps.intersection(&other.steps).count();
    shared > 0 && shared < one.steps.len() && shared < other.steps.len()
}
