use std::convert::Infallible;
use std::time::Duration;

use async_graphql::{Name, Request, Value};
use axum::http::HeaderMap;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt};

use super::execute::Answer;
use super::respond::to_json;

/// The variable that a resumed subscription takes its cursor from.
const AFTER: &str = "after";

/// A result as an event. When its root field selects a `cursor`, that is the event's id, so that a
/// browser that reconnects sends it back as `Last-Event-ID`.
pub(super) fn next(answer: &Answer) -> String {
    // JSON as serde writes it has no line breaks.
    let data = to_json(&answer.response, answer.executed);
    match cursor(&answer.response.data) {
        Some(cursor) => format!("event: next\nid: {cursor}\ndata: {data}\n\n"),
        None => format!("event: next\ndata: {data}\n\n"),
    }
}

/// The end of a stream. Its data is empty but present: browsers drop events without data.
pub(super) fn complete() -> String {
    "event: complete\ndata:\n\n".to_owned()
}

/// The events, and a comment whenever there was none for so long.
pub(super) fn kept_alive(
    events: BoxStream<'static, String>,
    interval: Duration,
) -> impl Stream<Item = Result<String, Infallible>> + Send {
    futures::stream::unfold(events, move |mut events| async move {
        let event = tokio::time::timeout(interval, events.next()).await.unwrap_or_else(|_| Some(":\n\n".to_owned()))?;
        Some((Ok(event), events))
    })
}

/// Continues after the last event that the client saw: `Last-Event-ID` becomes the variable `after`.
pub(super) fn resume(request: &mut Request, headers: &HeaderMap) {
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok()).filter(|id| !id.is_empty());
    if let Some(last) = last {
        request.variables.insert(Name::new(AFTER), Value::String(last.to_owned()));
    }
}

fn cursor(data: &Value) -> Option<&str> {
    let Value::Object(fields) = data else { return None };
    let Some(Value::Object(root)) = fields.values().next() else { return None };
    match root.get("cursor") {
        // An event's id is one line.
        Some(Value::String(cursor)) if !cursor.contains(['\r', '\n', '\0']) => Some(cursor),
        _ => None,
    }
}
