//! What NexusFlow itself carries out for a SERVICE step: documents, and what they compile to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::duration::Duration;
use crate::workflow::expression::{Expression, Mapping};
use crate::workflow::{Candidate, CandidateDocument};

/// Job types that begin so are NexusFlow's own; no worker fetches them.
pub const BUILT_IN: &str = "nexusflow:";

/// A message within NexusFlow, as a document says it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NotifyDocument {
    /// For whom: a role, a user or the requester.
    pub to: CandidateDocument,
    /// A CEL expression for its title, a text.
    pub title: String,
    /// A CEL expression for what it says, a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// An HTTP request, as a document says it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HttpDocument {
    /// Default GET.
    #[serde(default, skip_serializing_if = "is_default")]
    pub method: HttpMethod,
    /// A CEL expression for the absolute address, `http` or `https`.
    pub url: String,
    /// CEL expressions for parameters that are added to the address, by name; `null` leaves one out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<Value>,
    /// CEL expressions for header fields by name; `null` leaves one out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headers: Option<Value>,
    /// What is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<BodyDocument>,
    /// How long one attempt may take; above zero, at most 5 minutes. Default 30 seconds.
    #[serde(default = "half_a_minute", skip_serializing_if = "is_half_a_minute")]
    pub timeout: Duration,
    /// The statuses that are a success. Default those from 200 to 299.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub success: Vec<u16>,
    /// The codes of the errors that other statuses throw. Default `HTTP_` and the status.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub errors: BTreeMap<u16, String>,
}

/// What an HTTP request sends, as a document says it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum BodyDocument {
    /// CEL expressions for the fields of a JSON object, by name.
    Json(Value),
    /// A CEL expression for a text.
    Text(String),
}

/// A mail, as a document says it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EmailDocument {
    /// A CEL expression for the recipients: a text, or a list of texts.
    pub to: String,
    /// The same for those who get a copy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cc: Option<String>,
    /// The same for those who get a copy unseen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bcc: Option<String>,
    /// A CEL expression for where answers go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<String>,
    /// A CEL expression for the subject.
    pub subject: String,
    /// A CEL expression for the plain text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// A CEL expression for the HTML form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
}

/// The methods of HTTP requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "RFC 9110 says what they mean")]
pub enum HttpMethod {
    #[default]
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
}

/// What is done at once, as part of the decision that comes to it: it has no effect outside NexusFlow.
#[derive(Debug, Clone, PartialEq)]
pub enum InlineAction {
    /// Sets variables.
    Set(Mapping),
    /// Puts a message into the lists of people.
    Notify {
        /// For whom.
        to: Candidate,
        /// Its title.
        title: Expression,
        /// What it says.
        text: Option<Expression>,
    },
}

/// What NexusFlow does outside, as a job.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Sends an HTTP request.
    Http(Box<HttpAction>),
    /// Sends a mail.
    Email(Box<EmailAction>),
}

/// The kinds of what NexusFlow does outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ActionKind {
    /// An HTTP request.
    Http,
    /// A mail.
    Email,
}

/// An HTTP request to be.
#[derive(Debug, Clone, PartialEq)]
pub struct HttpAction {
    /// Its method.
    pub method: HttpMethod,
    /// Its address.
    pub url: Expression,
    /// Parameters that are added to the address.
    pub query: Mapping,
    /// Header fields.
    pub headers: Mapping,
    /// What is sent.
    pub body: Option<Body>,
    /// How long one attempt may take.
    pub timeout: Duration,
    /// The statuses that are a success; of none, those from 200 to 299.
    pub success: Vec<u16>,
    /// The codes of the errors that other statuses throw.
    pub errors: BTreeMap<u16, String>,
}

/// What an HTTP request is to send.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// A JSON object.
    Json(Mapping),
    /// A text.
    Text(Expression),
}

/// A mail to be.
#[derive(Debug, Clone, PartialEq)]
pub struct EmailAction {
    /// The recipients.
    pub to: Expression,
    /// Who gets a copy.
    pub cc: Option<Expression>,
    /// Who gets a copy unseen.
    pub bcc: Option<Expression>,
    /// Where answers go.
    pub reply_to: Option<Expression>,
    /// The subject.
    pub subject: Expression,
    /// The plain text.
    pub text: Option<Expression>,
    /// The HTML form.
    pub html: Option<Expression>,
}

impl InlineAction {
    /// Its expressions, each with its place in the step's document.
    pub fn expressions(&self) -> Vec<(String, &Expression)> {
        match self {
            Self::Set(mapping) => below("service.set", mapping).collect(),
            Self::Notify { to: _, title, text } => {
                let text = text.iter().map(|text| ("service.notify.text".to_owned(), text));
                [("service.notify.title".to_owned(), title)].into_iter().chain(text).collect()
            }
        }
    }
}

impl Action {
    /// Which kind.
    pub const fn kind(&self) -> ActionKind {
        match self {
            Self::Http(_) => ActionKind::Http,
            Self::Email(_) => ActionKind::Email,
        }
    }

    /// Its expressions, each with its place in the step's document.
    pub fn expressions(&self) -> Vec<(String, &Expression)> {
        match self {
            Self::Http(action) => {
                let HttpAction { url, query, headers, body, .. } = action.as_ref();
                let mut all = vec![("service.http.url".to_owned(), url)];
                all.extend(below("service.http.query", query).chain(below("service.http.headers", headers)));
                match body {
                    Some(Body::Json(fields)) => all.extend(below("service.http.body.json", fields)),
                    Some(Body::Text(text)) => all.push(("service.http.body.text".to_owned(), text)),
                    None => {}
                }
                all
            }
            Self::Email(action) => {
                let EmailAction { to, cc, bcc, reply_to, subject, text, html } = action.as_ref();
                let optional = [("cc", cc), ("bcc", bcc), ("replyTo", reply_to), ("text", text), ("html", html)];
                let optional = optional.into_iter().filter_map(|(name, found)| Some((name, found.as_ref()?)));
                let all = [("to", to), ("subject", subject)].into_iter().chain(optional);
                all.map(|(name, expression)| (format!("service.email.{name}"), expression)).collect()
            }
        }
    }
}

impl ActionKind {
    /// The type of its jobs, as lists of steps show it.
    pub const fn job_type(self) -> &'static str {
        match self {
            Self::Http => "nexusflow:http",
            Self::Email => "nexusflow:email",
        }
    }
}

impl HttpAction {
    /// The code of the error that a status throws; `None` when it is a success.
    pub fn error_of(&self, status: u16) -> Option<String> {
        let succeeds =
            if self.success.is_empty() { (200..300).contains(&status) } else { self.success.contains(&status) };
        let code = || self.errors.get(&status).cloned().unwrap_or_else(|| format!("HTTP_{status}"));
        (!succeeds).then(code)
    }
}

impl HttpMethod {
    /// As a request line has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

fn below<'a>(place: &'static str, mapping: &'a Mapping) -> impl Iterator<Item = (String, &'a Expression)> {
    mapping.targets().map(move |(name, expression)| (format!("{place}.{name}"), expression))
}

fn half_a_minute() -> Duration {
    Duration::from_seconds(30).unwrap_or(Duration::ZERO)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it by reference")]
fn is_half_a_minute(timeout: &Duration) -> bool {
    *timeout == half_a_minute()
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
