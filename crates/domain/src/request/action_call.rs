//! What NexusFlow's own actions are to do, made of a request's variables when their step is come to: every attempt
//! does the same.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::JsonMap;
use crate::request::mapping::{evaluate, not_made};
use crate::request::run::check_size;
use crate::request::{Notice, Refusal};
use crate::workflow::expression::{COST_LIMIT, Expression, Fuel, Mapping, Scope};
use crate::workflow::{Action, Body, EmailAction, HttpAction, HttpMethod, InlineAction, Step};

/// The most characters of a message's title, and of what it says; what is longer is cut.
const MAX_TITLE: usize = 200;
const MAX_TEXT: usize = 4_000;

/// An HTTP request to send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpCall {
    /// Its method.
    pub method: HttpMethod,
    /// Its address.
    pub url: String,
    /// Parameters that are added to the address.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub query: BTreeMap<String, String>,
    /// Header fields.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// What is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<CallBody>,
}

/// What an HTTP request sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CallBody {
    /// A JSON object.
    Json(JsonMap),
    /// A text.
    Text(String),
}

/// A mail to send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mail {
    /// The recipients.
    pub to: Vec<String>,
    /// Who gets a copy.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cc: Vec<String>,
    /// Who gets a copy unseen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bcc: Vec<String>,
    /// Where answers go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<String>,
    /// The subject.
    pub subject: String,
    /// The plain text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The HTML form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
}

/// What an action is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActionCall {
    /// To send an HTTP request.
    Http(HttpCall),
    /// To send a mail.
    Email(Mail),
}

impl ActionCall {
    /// Reads what a step of this action was given; `None` when it is something else.
    pub fn read(action: &Action, input: &JsonMap) -> Option<Self> {
        match action {
            Action::Http(_) => read(input).map(Self::Http),
            Action::Email(_) => read(input).map(Self::Email),
        }
    }
}

fn read<T: DeserializeOwned>(input: &JsonMap) -> Option<T> {
    serde_json::from_value(Value::Object(input.clone())).ok()
}

/// What an action is to do, in the form in which its step keeps it.
pub(super) fn call_of(step: &Step, action: &Action, scope: &Scope<'_>) -> Result<JsonMap, Refusal> {
    let made = Making { step, scope };
    let call = match action {
        Action::Http(action) => serde_json::to_value(made.http(action)?),
        Action::Email(action) => serde_json::to_value(made.mail(action)?),
    };
    check_size(&call.as_ref().ok())?;
    match call {
        Ok(Value::Object(call)) => Ok(call),
        _ => Err(not_made(step, "service", "it has no JSON form")),
    }
}

/// What an inline action does: the variables that it sets and the message that it writes.
pub(super) fn effect_of(
    step: &Step,
    action: &InlineAction,
    variables: &JsonMap,
) -> Result<(JsonMap, Option<Notice>), Refusal> {
    let scope = Scope::new(variables);
    match action {
        InlineAction::Set(mapping) => Ok((evaluate(step, "service.set", mapping, &scope)?, None)),
        InlineAction::Notify { to, title, text } => {
            let made = Making { step, scope: &scope };
            let title = cut(made.text("service.notify.title", title)?, MAX_TITLE);
            let text = made.optional("service.notify.text", text.as_ref())?.map(|text| cut(text, MAX_TEXT));
            Ok((JsonMap::new(), Some(Notice { to: *to, title, text })))
        }
    }
}

fn cut(text: String, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text,
        Some(_) => text.chars().take(most - 1).chain(['…']).collect(),
    }
}

/// The values of an action's expressions, as the texts that they have to be.
struct Making<'a> {
    step: &'a Step,
    scope: &'a Scope<'a>,
}

impl Making<'_> {
    fn http(&self, action: &HttpAction) -> Result<HttpCall, Refusal> {
        let body = match &action.body {
            None => None,
            Some(Body::Json(fields)) => {
                Some(CallBody::Json(evaluate(self.step, "service.http.body.json", fields, self.scope)?))
            }
            Some(Body::Text(text)) => Some(CallBody::Text(self.text("service.http.body.text", text)?)),
        };
        Ok(HttpCall {
            method: action.method,
            url: self.text("service.http.url", &action.url)?,
            query: self.texts("service.http.query", &action.query)?,
            headers: self.texts("service.http.headers", &action.headers)?,
            body,
        })
    }

    fn mail(&self, action: &EmailAction) -> Result<Mail, Refusal> {
        let EmailAction { to, cc, bcc, reply_to, subject, text, html } = action;
        let many = |field, found: &Option<Expression>| {
            found.as_ref().map(|found| self.addresses(field, found)).transpose().map(Option::unwrap_or_default)
        };
        Ok(Mail {
            to: self.addresses("service.email.to", to)?,
            cc: many("service.email.cc", cc)?,
            bcc: many("service.email.bcc", bcc)?,
            reply_to: self.optional("service.email.replyTo", reply_to.as_ref())?,
            subject: self.text("service.email.subject", subject)?,
            text: self.optional("service.email.text", text.as_ref())?,
            html: self.optional("service.email.html", html.as_ref())?,
        })
    }

    fn value(&self, field: &str, expression: &Expression) -> Result<Value, Refusal> {
        let value = expression.evaluate(self.scope, &mut Fuel::new(COST_LIMIT));
        value.map_err(|error| not_made(self.step, field, &error.to_string()))
    }

    fn text(&self, field: &str, expression: &Expression) -> Result<String, Refusal> {
        match self.value(field, expression)? {
            Value::String(text) => Ok(text),
            _ => Err(not_made(self.step, field, "expected a text")),
        }
    }

    fn optional(&self, field: &str, expression: Option<&Expression>) -> Result<Option<String>, Refusal> {
        expression.map(|expression| self.text(field, expression)).transpose()
    }

    /// Texts by name, without those that are `null`.
    fn texts(&self, field: &str, mapping: &Mapping) -> Result<BTreeMap<String, String>, Refusal> {
        let mut texts = BTreeMap::new();
        for (name, value) in evaluate(self.step, field, mapping, self.scope)? {
            let text = match value {
                Value::Null => continue,
                Value::String(text) => text,
                Value::Number(_) | Value::Bool(_) => value.to_string(),
                Value::Array(_) | Value::Object(_) => {
                    let expected = "expected a text, a number, a truth value or null";
                    return Err(not_made(self.step, &format!("{field}.{name}"), expected));
                }
            };
            texts.insert(name, text);
        }
        Ok(texts)
    }

    fn addresses(&self, field: &str, expression: &Expression) -> Result<Vec<String>, Refusal> {
        let refused = || not_made(self.step, field, "expected a text, or a list of texts");
        match self.value(field, expression)? {
            Value::String(one) => Ok(vec![one]),
            Value::Array(all) => {
                let texts = all.into_iter().map(|one| match one {
                    Value::String(one) => Ok(one),
                    _ => Err(refused()),
                });
                texts.collect()
            }
            _ => Err(refused()),
        }
    }
}
