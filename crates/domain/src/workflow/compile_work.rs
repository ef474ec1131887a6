//! Compiles what workers, other workflows and messages do, several instances, and mappings.

use serde_json::Value;

use crate::duration::Duration;
use crate::problem::{Problem, ProblemCode};
use crate::workflow::compile_flow::FlowCompiler;
use crate::workflow::expression::{Expression, InputSchema, Mapping};
use crate::workflow::{
    AgentDocument, BUILT_IN, CallDocument, CallStep, CalledVersion, Completion, CompletionDocument, Directory, JobKind,
    JobStep, MessageDocument, MessageWait, Multi, MultiDocument, Retry, StepDocument, StepKindDocument,
};

const MAX_ATTEMPTS: u32 = 100;
const MAX_CODES: usize = 50;
const MAX_INSTRUCTIONS: usize = 20_000;
const MAX_VARIABLE_NAME: usize = 64;

impl FlowCompiler<'_> {
    pub fn agent(&mut self, step: &StepDocument) -> Option<JobStep> {
        let path = format!("steps[{}].agent", step.key);
        let Some(AgentDocument { job_type, instructions, result_schema, retry }) = &step.agent else {
            self.invalid(path, "expected what is to be done, such as {\"instructions\": \"Summarise the claim.\"}");
            return None;
        };
        if job_type.starts_with(BUILT_IN) {
            self.invalid(
                format!("{path}.jobType"),
                &format!("job types that begin with {BUILT_IN:?} are NexusFlow's own"),
            );
        }
        self.check_name(job_type, format!("{path}.jobType"));
        self.check_retry(retry, &path);
        let length = instructions.chars().count();
        if !(1..=MAX_INSTRUCTIONS).contains(&length) {
            let message = format!("expected 1 to {MAX_INSTRUCTIONS} characters, found {length}");
            self.invalid(format!("{path}.instructions"), &message);
        }
        let result_schema = match result_schema.as_ref().map(InputSchema::parse) {
            None => None,
            Some(Ok(schema)) => Some(schema),
            Some(Err(found)) => {
                self.below(&format!("{path}.resultSchema"), found);
                return None;
            }
        };
        Some(JobStep {
            kind: JobKind::Agent,
            job_type: job_type.clone(),
            retry: retry.clone(),
            outcomes: step.effective_outcomes(),
            instructions: Some(instructions.clone()),
            result_schema,
            action: None,
        })
    }

    pub fn check_retry(&mut self, retry: &Retry, path: &str) {
        if !(1..=MAX_ATTEMPTS).contains(&retry.attempts) {
            let message = format!("expected 1 to {MAX_ATTEMPTS} attempts, found {}", retry.attempts);
            self.invalid(format!("{path}.retry.attempts"), &message);
        }
        if retry.delay == Duration::ZERO || retry.max_delay < retry.delay {
            self.invalid(format!("{path}.retry.delay"), "expected a duration above zero and at most `maxDelay`");
        }
        let codes = retry.on.as_deref().unwrap_or_default();
        if codes.len() > MAX_CODES {
            self.invalid(format!("{path}.retry.on"), &format!("expected at most {MAX_CODES} codes"));
        }
        for code in codes {
            self.check_name(code, format!("{path}.retry.on"));
        }
    }

    pub fn call(&mut self, step: &StepDocument, directory: &Directory) -> Option<CallStep> {
        let path = format!("steps[{}].call", step.key);
        let Some(CallDocument { workflow, version, detached }) = &step.call else {
            self.invalid(path, "expected the workflow that is called, such as {\"workflow\": \"Check credit\"}");
            return None;
        };
        if *version == CalledVersion::Pinned(0) {
            self.invalid(format!("{path}.version"), "versions are counted from 1");
        }
        let Some(&workflow) = directory.workflows.get(workflow) else {
            let message = format!("there is no workflow {workflow:?}");
            self.problems.push(Problem::new(ProblemCode::UnknownWorkflow, format!("{path}.workflow"), message));
            return None;
        };
        Some(CallStep { workflow, version: *version, detached: *detached })
    }

    /// Several instances of a step that is worked; `None` when it has one.
    pub fn multi(&mut self, step: &StepDocument) -> Option<Multi> {
        let path = format!("steps[{}].multi", step.key);
        let MultiDocument { over, mode, complete, remaining, may_grow, collect } = step.multi.as_ref()?;
        if step.approval.is_some() {
            self.invalid(path.clone(), "several people decide one approval by its quorum; leave one of the two out");
        }
        if let Some(name) = collect {
            self.check_variable(name, format!("{path}.collect"));
        }
        let complete = match complete {
            CompletionDocument::All => Some(Completion::All),
            CompletionDocument::First => Some(Completion::AtLeast(1)),
            CompletionDocument::AtLeast(0) => {
                self.invalid(format!("{path}.complete.atLeast"), "expected at least 1, found 0");
                None
            }
            CompletionDocument::AtLeast(count) => Some(Completion::AtLeast(*count)),
            CompletionDocument::Majority => Some(Completion::Majority),
            CompletionDocument::When(source) => {
                self.expression(source, format!("{path}.complete.when")).map(Completion::When)
            }
        };
        let over = self.expression(over, format!("{path}.over"));
        Some(Multi {
            over: over?,
            mode: *mode,
            complete: complete?,
            remaining: *remaining,
            may_grow: *may_grow,
            collect: collect.clone(),
        })
    }

    pub fn message(&mut self, document: &MessageDocument, path: &str) -> Option<MessageWait> {
        let MessageDocument { name, key, kept } = document;
        self.check_name(name, format!("{path}.name"));
        let key = self.expression(key, format!("{path}.key"))?;
        Some(MessageWait { name: name.clone(), key, kept: *kept })
    }

    pub fn mapping(&mut self, step: &StepDocument, field: &str, mapping: Option<&Value>) -> Option<Mapping> {
        match Mapping::parse(mapping?) {
            Ok(mapping) => Some(mapping),
            Err(found) => {
                self.below(&format!("steps[{}].{field}", step.key), found);
                None
            }
        }
    }

    pub fn expression(&mut self, source: &str, path: String) -> Option<Expression> {
        match Expression::from_cel(source) {
            Ok(expression) => Some(expression),
            Err(error) => {
                self.problems.push(Problem::new(ProblemCode::InvalidExpression, path, error.to_string()));
                None
            }
        }
    }

    /// Which of the fields for work a kind of step may have.
    pub fn check_work_fields(&mut self, step: &StepDocument) {
        use StepKindDocument::{Agent, Approval, Boundary, Call, Service, Task, Wait};
        let kind = step.kind;
        let worked = [Task, Approval, Service, Agent, Call].contains(&kind);
        let answered = worked || [Wait, Boundary].contains(&kind);
        let misplaced = [
            ("service", step.service.is_some() && kind != Service, "only SERVICE steps have this field"),
            ("agent", step.agent.is_some() && kind != Agent, "only AGENT steps have this field"),
            ("call", step.call.is_some() && kind != Call, "only CALL steps have this field"),
            ("multi", step.multi.is_some() && !worked, "only steps that are worked have this field"),
            ("input", step.input.is_some() && !worked, "only steps that are worked have this field"),
            ("output", step.output.is_some() && !answered, "only steps that are worked, or wait, have this field"),
        ];
        for (field, is_misplaced, message) in misplaced {
            if is_misplaced {
                self.invalid(format!("steps[{}].{field}", step.key), message);
            }
        }
    }

    fn check_variable(&mut self, name: &str, path: String) {
        let first = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let rest = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !first || !rest || name.len() > MAX_VARIABLE_NAME {
            let message =
                format!("expected a name: 1 to {MAX_VARIABLE_NAME} of a-z, A-Z, 0-9 and _, not starting with a digit");
            self.invalid(path, &message);
        }
    }

    pub fn below(&mut self, root: &str, found: Vec<Problem>) {
        let place = |problem: &Problem| match problem.path.as_str() {
            "" => root.to_owned(),
            path => format!("{root}.{path}"),
        };
        self.problems.extend(found.into_iter().map(|problem| Problem { path: place(&problem), ..problem }));
    }
}
