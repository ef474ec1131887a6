//! Compiles what NexusFlow itself carries out for SERVICE steps.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::duration::Duration;
use crate::ids::RoleId;
use crate::workflow::compile_flow::FlowCompiler;
use crate::workflow::expression::{InputSchema, Mapping, NameRule};
use crate::workflow::validate::resolve_candidate;
use crate::workflow::{
    Action, BUILT_IN, Body, BodyDocument, Directory, EmailAction, EmailDocument, HttpAction, HttpDocument,
    InlineAction, JobKind, JobStep, NotifyDocument, Outcome, Retry, ServiceDocument, StepDocument, StepKind,
};

/// The longest time that one attempt may take, in seconds.
const MAX_TIMEOUT: i64 = 300;
/// Header fields that belong to the connection, or that NexusFlow sets.
const RESERVED_HEADERS: [&str; 11] = [
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "keep-alive",
    "te",
    "trailer",
    "upgrade",
    "expect",
    "accept-encoding",
    "idempotency-key",
];

impl FlowCompiler<'_> {
    /// What a SERVICE step has done: by workers, or by NexusFlow itself.
    pub fn service(
        &mut self,
        step: &StepDocument,
        directory: &Directory,
        roles: &mut BTreeMap<String, RoleId>,
    ) -> Option<StepKind> {
        let path = format!("steps[{}].service", step.key);
        let expected = "expected exactly one of `jobType`, `set`, `notify`, `http` and `email`";
        let Some(ServiceDocument { job_type, set, notify, http, email, retry }) = &step.service else {
            self.invalid(path, &format!("{expected}, such as {{\"jobType\": \"send-invoice\"}}"));
            return None;
        };
        self.check_retry(retry, &path);
        self.check_action_fields(step);
        let kind = match (job_type, set, notify, http, email) {
            (Some(job_type), None, None, None, None) => {
                StepKind::Job(Box::new(self.external(step, job_type, retry, &path)))
            }
            (None, Some(set), None, None, None) => {
                StepKind::Inline(InlineAction::Set(self.named(set, NameRule::Variable, &format!("{path}.set"))?))
            }
            (None, None, Some(notify), None, None) => {
                StepKind::Inline(self.notify(notify, directory, roles, &format!("{path}.notify"))?)
            }
            (None, None, None, Some(http), None) => {
                let action = Action::Http(Box::new(self.http(http, &format!("{path}.http"))?));
                StepKind::Job(Box::new(built_in(action, retry)))
            }
            (None, None, None, None, Some(email)) => {
                let action = Action::Email(Box::new(self.email(email, &format!("{path}.email"))?));
                StepKind::Job(Box::new(built_in(action, retry)))
            }
            _ => {
                self.invalid(path, expected);
                return None;
            }
        };
        Some(kind)
    }

    fn external(&mut self, step: &StepDocument, job_type: &str, retry: &Retry, path: &str) -> JobStep {
        let path = format!("{path}.jobType");
        if job_type.starts_with(BUILT_IN) {
            self.invalid(path.clone(), &format!("job types that begin with {BUILT_IN:?} are NexusFlow's own"));
        }
        self.check_name(job_type, path);
        JobStep {
            kind: JobKind::Service,
            job_type: job_type.to_owned(),
            retry: retry.clone(),
            outcomes: step.effective_outcomes(),
            instructions: None,
            result_schema: None,
            action: None,
        }
    }

    /// What only makes sense when workers do it.
    fn check_action_fields(&mut self, step: &StepDocument) {
        let Some(service) = step.service.as_ref().filter(|service| service.job_type.is_none()) else { return };
        let at_once = service.is_inline();
        let misplaced = [
            ("outcomes", !step.outcomes.is_empty(), "only workers choose among outcomes; route on variables"),
            ("input", step.input.is_some(), "a built-in action says itself what it is given"),
            ("output", at_once && step.output.is_some(), "nothing comes back of `set` and `notify`"),
            ("multi", at_once && step.multi.is_some(), "`set` and `notify` are done once, and at once"),
            ("service.retry", at_once && service.retry != Retry::default(), "`set` and `notify` are done at once"),
        ];
        for (field, _, message) in misplaced.into_iter().filter(|(_, is_misplaced, _)| *is_misplaced) {
            self.invalid(format!("steps[{}].{field}", step.key), message);
        }
    }

    fn notify(
        &mut self,
        notify: &NotifyDocument,
        directory: &Directory,
        roles: &mut BTreeMap<String, RoleId>,
        path: &str,
    ) -> Option<InlineAction> {
        let NotifyDocument { to, title, text } = notify;
        let to = resolve_candidate(to, &format!("{path}.to"), directory, roles, self.problems);
        let title = self.expression(title, format!("{path}.title"));
        let text = text.as_ref().map(|text| self.expression(text, format!("{path}.text")));
        Some(InlineAction::Notify { to: to?, title: title?, text: optional(text)? })
    }

    fn http(&mut self, http: &HttpDocument, path: &str) -> Option<HttpAction> {
        let HttpDocument { method, url, query, headers, body, timeout, success, errors } = http;
        let url = self.expression(url, format!("{path}.url"));
        let mut fields = |field: &str, found: &Option<Value>, rule: NameRule| match found {
            Some(found) => self.named(found, rule, &format!("{path}.{field}")),
            None => Some(Mapping::default()),
        };
        let query = fields("query", query, NameRule::Any);
        let headers = fields("headers", headers, NameRule::Token);
        self.check_headers(headers.as_ref(), path);
        let body = body.as_ref().map(|body| match body {
            BodyDocument::Json(fields) => {
                self.named(fields, NameRule::Any, &format!("{path}.body.json")).map(Body::Json)
            }
            BodyDocument::Text(text) => self.expression(text, format!("{path}.body.text")).map(Body::Text),
        });
        if *timeout == Duration::ZERO || timeout.seconds() > MAX_TIMEOUT {
            self.invalid(format!("{path}.timeout"), "expected a duration above zero and at most PT5M");
        }
        self.check_statuses(success.iter().chain(errors.keys()), success, path);
        for (status, code) in errors {
            self.check_name(code, format!("{path}.errors.{status}"));
            if success.contains(status) {
                self.invalid(format!("{path}.errors.{status}"), "the status is a success as well");
            }
        }
        Some(HttpAction {
            method: *method,
            url: url?,
            query: query?,
            headers: headers?,
            body: optional(body)?,
            timeout: *timeout,
            success: success.clone(),
            errors: errors.clone(),
        })
    }

    fn check_statuses<'s>(&mut self, all: impl Iterator<Item = &'s u16>, success: &[u16], path: &str) {
        for status in all.filter(|status| !(200..600).contains(*status)) {
            let field = if success.contains(status) { "success" } else { "errors" };
            self.invalid(format!("{path}.{field}"), &format!("expected statuses from 200 to 599, found {status}"));
        }
    }

    fn check_headers(&mut self, headers: Option<&Mapping>, path: &str) {
        for (name, _) in headers.into_iter().flat_map(Mapping::targets) {
            if RESERVED_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
                self.invalid(format!("{path}.headers.{name}"), "this header field is NexusFlow's own");
            }
        }
    }

    fn email(&mut self, email: &EmailDocument, path: &str) -> Option<EmailAction> {
        let EmailDocument { to, cc, bcc, reply_to, subject, text, html } = email;
        if text.is_none() && html.is_none() {
            self.invalid(path, "expected `text`, `html` or both");
        }
        let mut compiled = |field: &str, source: Option<&String>| {
            optional(source.map(|source| self.expression(source, format!("{path}.{field}"))))
        };
        let [to, subject] = [("to", to), ("subject", subject)].map(|(field, source)| compiled(field, Some(source)));
        let [cc, bcc, reply_to, text, html] =
            [("cc", cc), ("bcc", bcc), ("replyTo", reply_to), ("text", text), ("html", html)]
                .map(|(field, source)| compiled(field, source.as_ref()));
        Some(EmailAction {
            to: to??,
            cc: cc?,
            bcc: bcc?,
            reply_to: reply_to?,
            subject: subject??,
            text: text?,
            html: html?,
        })
    }

    fn named(&mut self, source: &Value, rule: NameRule, path: &str) -> Option<Mapping> {
        match Mapping::parse_named(source, rule) {
            Ok(mapping) => Some(mapping),
            Err(found) => {
                self.below(path, found);
                None
            }
        }
    }
}

/// What may be missing, but not broken.
#[expect(clippy::option_option, reason = "the outer one says whether it compiled, the inner one whether it is there")]
fn optional<T>(compiled: Option<Option<T>>) -> Option<Option<T>> {
    match compiled {
        None => Some(None),
        Some(found) => found.map(Some),
    }
}

fn built_in(action: Action, retry: &Retry) -> JobStep {
    let answer = json!({ "type": "object", "additionalProperties": false, "properties": {
        "status": { "type": "integer" }, "headers": { "type": "object" }, "body": {} } });
    let sent = json!({ "type": "object", "additionalProperties": false, "properties": {
        "messageId": { "type": "string" } } });
    let result = match &action {
        Action::Http(_) => answer,
        Action::Email(_) => sent,
    };
    JobStep {
        kind: JobKind::Service,
        job_type: action.kind().job_type().to_owned(),
        retry: retry.clone(),
        outcomes: vec![Outcome::completed()],
        instructions: None,
        result_schema: InputSchema::parse(&result).ok(),
        action: Some(action),
    }
}
