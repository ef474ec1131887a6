use axum::http::header::{HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode};

use super::code::Code;
use super::failure::Failure;
use super::options::ApiOptions;

/// Whether a page of another site, or of another origin, made a browser send the request: what
/// `Sec-Fetch-Site` (W3C Fetch Metadata) or `Origin` (RFC 6454) say. A request without either is no
/// browser's, or one that changes nothing.
pub(super) fn is_foreign(parts: &Parts, options: &ApiOptions) -> bool {
    let fetch_site = text(&parts.headers, "sec-fetch-site");
    let origin = text(&parts.headers, ORIGIN.as_str());
    fetch_site == Some("cross-site") || origin.is_some_and(|origin| !is_own(origin, parts, options))
}

/// Whether a browser said that a page of this very origin made it send the request. Every browser names the
/// origin when it opens a WebSocket (RFC 6455, section 4.1).
pub(super) fn is_surely_own(parts: &Parts, options: &ApiOptions) -> bool {
    parts.headers.contains_key(ORIGIN) && !is_foreign(parts, options)
}

/// 403.
pub(super) fn foreign() -> Failure {
    refused("a page of another site may not act with this browser's cookies", "CROSS_SITE")
}

/// 403.
pub(super) fn refused(message: &str, reason: &'static str) -> Failure {
    Failure { reason: Some(reason), ..Failure::new(StatusCode::FORBIDDEN, Code::Forbidden, message) }
}

/// The origin where clients reach the server, or the host that the request itself names.
fn is_own(origin: &str, parts: &Parts, options: &ApiOptions) -> bool {
    let host = text(&parts.headers, HOST.as_str()).or_else(|| parts.uri.authority().map(Authority::as_str));
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    let is_host = host.zip(authority).is_some_and(|(host, authority)| host.eq_ignore_ascii_case(authority));
    is_host || options.public_origin().is_some_and(|own| own.eq_ignore_ascii_case(origin))
}

/// Text that is not ASCII equals nothing.
fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().unwrap_or("?"))
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn parts(headers: &[(&str, &str)]) -> Parts {
        let request = headers.iter().fold(Request::builder(), |request, (name, value)| request.header(*name, *value));
        request.body(()).expect("a request").into_parts().0
    }

    #[test]
    fn what_another_site_sends_is_foreign() {
        let public_url = Some("https://flow.example/base".to_owned());
        let options = ApiOptions { public_url, ..ApiOptions::default() };
        for (headers, foreign, surely_own) in [
            (&[("host", "10.0.0.1:8080")][..], false, false),
            (&[("host", "10.0.0.1:8080"), ("origin", "http://10.0.0.1:8080")], false, true),
            (&[("host", "10.0.0.1:8080"), ("origin", "https://flow.example")], false, true),
            (&[("host", "10.0.0.1:8080"), ("origin", "https://evil.example")], true, false),
            (&[("host", "10.0.0.1:8080"), ("origin", "https://flow.example.evil.example")], true, false),
            (&[("host", "10.0.0.1:8080"), ("origin", "null")], true, false),
            (&[("host", "10.0.0.1:8080"), ("origin", "http://10.0.0.1:8081")], true, false),
            (&[("host", "10.0.0.1:8080"), ("sec-fetch-site", "cross-site")], true, false),
            (&[("host", "10.0.0.1:8080"), ("sec-fetch-site", "same-origin")], false, false),
            (
                &[("host", "flow.example"), ("origin", "https://flow.example"), ("sec-fetch-site", "cross-site")],
                true,
                false,
            ),
        ] {
            let parts = parts(headers);
            assert_eq!(
                (is_foreign(&parts, &options), is_surely_own(&parts, &options)),
                (foreign, surely_own),
                "{headers:?}"
            );
        }
    }
}
