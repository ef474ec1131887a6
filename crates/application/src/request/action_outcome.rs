//! What an attempt of an action means for its step: a result, or an error with a code. Pure.

use chrono::DateTime;
use nexusflow_domain::duration::Duration;
use nexusflow_domain::request::ActionFailure;
use nexusflow_domain::workflow::HttpAction;
use nexusflow_domain::{JsonMap, Timestamp};
use serde_json::{Value, json};

use crate::platform::{CallError, HttpAnswer};

/// The code of an attempt whose server died, or stopped, before it was over.
pub(super) const ATTEMPT_LOST: &str = "ATTEMPT_LOST";
/// Statuses that another attempt may change (RFC 9110 §15, RFC 6585 §4).
const TRANSIENT: [u16; 6] = [408, 429, 500, 502, 503, 504];

/// What the step learns of an answer.
pub(super) fn of_answer(action: &HttpAction, answer: &HttpAnswer, now: Timestamp) -> Result<JsonMap, ActionFailure> {
    let HttpAnswer { status, headers, body } = answer;
    let Some(code) = action.error_of(*status) else {
        let result = json!({ "status": status, "headers": headers, "body": readable(answer) });
        return Ok(result.as_object().cloned().unwrap_or_default());
    };
    let said = said(body);
    let message = if said.is_empty() { format!("status {status}") } else { format!("status {status}: {said}") };
    let is_transient = TRANSIENT.contains(status);
    let asks = [429, 503].contains(status);
    let retry_after = headers.get("retry-after").filter(|_| asks).and_then(|value| wait(value, now));
    Err(ActionFailure { code, message, is_transient, retry_after })
}

/// The error of an attempt without an answer.
pub(super) fn of_error(error: &CallError) -> ActionFailure {
    let (code, message, is_transient) = (error.code().to_owned(), error.to_string(), error.is_transient());
    ActionFailure { code, message, is_transient, retry_after: None }
}

/// The error of an attempt of which nobody knows how it ended.
pub(super) fn lost(message: &str) -> ActionFailure {
    ActionFailure { code: ATTEMPT_LOST.to_owned(), message: message.to_owned(), is_transient: true, retry_after: None }
}

/// What a body says: JSON where it says so and is, else text; what is not UTF-8 is replaced.
fn readable(answer: &HttpAnswer) -> Value {
    let of_type = answer.headers.get("content-type").map(|of| of.split(';').next().unwrap_or_default().trim());
    let is_json = of_type.is_some_and(|of| of == "application/json" || of.ends_with("+json"));
    let json = is_json.then(|| serde_json::from_slice(&answer.body).ok()).flatten();
    match json {
        Some(json) => json,
        None if answer.body.is_empty() => Value::Null,
        None => Value::from(String::from_utf8_lossy(&answer.body)),
    }
}

/// The beginning of an error's body, for people.
fn said(body: &[u8]) -> String {
    const MOST: usize = 300;
    let text = String::from_utf8_lossy(body.get(..MOST * 4).unwrap_or(body));
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(MOST).collect()
}

/// The value of `Retry-After`: seconds, or an instant (RFC 9110 §10.2.3).
fn wait(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Duration::from_seconds(seconds);
    }
    let at = DateTime::parse_from_rfc2822(value).ok()?.to_utc();
    Duration::from_seconds((at - now).num_seconds().max(0))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use nexusflow_domain::workflow::HttpMethod;
    use nexusflow_domain::workflow::expression::{Expression, Mapping};

    use super::*;

    fn action(success: &[u16], errors: &[(u16, &str)]) -> HttpAction {
        HttpAction {
            method: HttpMethod::Get,
            url: Expression::from_cel("'x'").expect("an expression"),
            query: Mapping::default(),
            headers: Mapping::default(),
            body: None,
            timeout: Duration::ZERO,
            success: success.to_vec(),
            errors: errors.iter().map(|(status, code)| (*status, (*code).to_owned())).collect(),
        }
    }

    fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> HttpAnswer {
        let headers: BTreeMap<_, _> = headers.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        HttpAnswer { status, headers, body: body.as_bytes().to_vec() }
    }

    fn now() -> Timestamp {
        "2026-11-20T12:00:00Z".parse().expect("an instant")
    }

    #[test]
    fn a_body_is_json_where_it_says_so_and_is() {
        let json = [("content-type", "application/problem+json; charset=utf-8")];
        for (headers, body, expected) in [
            (&json[..], r#"{"a":1}"#, json!({ "a": 1 })),
            (&json[..], "{", json!("{")),
            (&json[..], "", json!(null)),
            (&[][..], r#"{"a":1}"#, json!(r#"{"a":1}"#)),
        ] {
            let result = of_answer(&action(&[], &[]), &answer(200, headers, body), now()).expect("a success");
            assert_eq!((&result["body"], &result["status"]), (&expected, &json!(200)));
        }
    }

    #[test]
    fn statuses_are_mapped_as_the_workflow_says() {
        let usual = action(&[], &[(404, "NO_ORDER")]);
        let codes = |action: &HttpAction, status| {
            of_answer(action, &answer(status, &[], ""), now()).err().map(|error| (error.code, error.is_transient))
        };
        assert_eq!(codes(&usual, 299), None);
        assert_eq!(codes(&usual, 302), Some(("HTTP_302".to_owned(), false)));
        assert_eq!(codes(&usual, 404), Some(("NO_ORDER".to_owned(), false)));
        for status in TRANSIENT {
            assert_eq!(codes(&usual, status), Some((format!("HTTP_{status}"), true)));
        }
        let picky = action(&[200, 404], &[(503, "BUSY")]);
        assert_eq!((codes(&picky, 404), codes(&picky, 204)), (None, Some(("HTTP_204".to_owned(), false))));
        assert_eq!(codes(&picky, 503), Some(("BUSY".to_owned(), true)));
    }

    #[test]
    fn a_wish_to_be_asked_later_is_seconds_or_an_instant() {
        let after = |status, value| {
            let error = of_answer(&action(&[], &[]), &answer(status, &[("retry-after", value)], ""), now());
            error.expect_err("a failure").retry_after.map(Duration::seconds)
        };
        assert_eq!(after(429, "7"), Some(7));
        assert_eq!(after(503, "Fri, 20 Nov 2026 12:01:00 GMT"), Some(60));
        assert_eq!(after(503, "Fri, 20 Nov 2026 11:00:00 GMT"), Some(0));
        assert_eq!((after(503, "soon"), after(503, "-1"), after(500, "7")), (None, None, None));
    }
}
