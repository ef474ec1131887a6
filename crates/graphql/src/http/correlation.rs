use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::HeaderMap;

/// Request and response header of the correlation id.
pub(super) const X_REQUEST_ID: &str = "x-request-id";

const MAX_LENGTH: usize = 128;

/// The caller's correlation id: `X-Request-Id`, else the trace id of `traceparent` (W3C Trace
/// Context), else a fresh one. Foreign text ends up in logs, headers and the audit log, so anything
/// unusual is not taken over.
pub(super) fn correlation_id(headers: &HeaderMap) -> String {
    request_id(headers).or_else(|| trace_id(headers)).map_or_else(fresh, str::to_owned)
}

fn request_id(headers: &HeaderMap) -> Option<&str> {
    let id = headers.get(X_REQUEST_ID)?.to_str().ok()?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/+=@".contains(&byte);
    ((1..=MAX_LENGTH).contains(&id.len()) && id.bytes().all(is_plain)).then_some(id)
}

fn trace_id(headers: &HeaderMap) -> Option<&str> {
    let mut parts = headers.get("traceparent")?.to_str().ok()?.split('-');
    let (version, id) = (parts.next()?, parts.next()?);
    let is_hex = |text: &str| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let valid = version.len() == 2 && is_hex(version) && version != "ff" && id.len() == 32 && is_hex(id);
    (valid && id.bytes().any(|byte| byte != b'0')).then_some(id)
}

/// 128 random bits. Should the system have no randomness, a counter still tells requests apart.
fn fresh() -> String {
    static COUNTER: AtomicU64 = AtomicU64::new(1);
    nonce().unwrap_or_else(|| format!("{:032x}", COUNTER.fetch_add(1, Ordering::Relaxed)))
}

/// 128 random bits in hexadecimal, unless the system has no randomness.
pub(super) fn nonce() -> Option<String> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).ok().map(|()| hex::encode(bytes))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn id(name: &'static str, value: &str) -> String {
        correlation_id(&HeaderMap::from_iter([(
            name.parse().expect("a header name"),
            HeaderValue::from_str(value).expect("a header value"),
        )]))
    }

    #[test]
    fn plain_ids_are_taken_over() {
        assert_eq!(id("x-request-id", "checkout:42/a.b"), "checkout:42/a.b");
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        assert_eq!(id("traceparent", &format!("00-{trace}-00f067aa0ba902b7-01")), trace);
    }

    #[test]
    fn others_are_replaced_by_a_fresh_one() {
        for (name, value) in [
            ("x-request-id", ""),
            ("x-request-id", "two words"),
            ("x-request-id", "\u{e9}"),
            ("x-request-id", &"a".repeat(129)),
            ("traceparent", "00-00000000000000000000000000000000-00f067aa0ba902b7-01"),
            ("traceparent", "nonsense"),
        ] {
            let fresh = id(name, value);
            assert!(fresh.len() == 32 && fresh != value, "{name}: {value}");
        }
    }
}
