use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use nexusflow_domain::insight::Origin;

use super::correlation::correlation_id;

const MAX_USER_AGENT: usize = 256;

/// Where a request comes from. Without a peer address (a server without `ConnectInfo`) the address
/// is unknown.
pub(super) fn origin(parts: &Parts, trust_proxy: bool) -> Origin {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_canonical().to_string());
    let forwarded = if trust_proxy { forwarded_for(&parts.headers) } else { None };
    let user_agent = parts.headers.get(header::USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()));
    Origin {
        ip: forwarded.or(peer),
        user_agent: user_agent.map(|text| text.chars().take(MAX_USER_AGENT).collect()),
        correlation_id: Some(correlation_id(&parts.headers)),
        credential: None,
    }
}

/// The address that the trusted proxy saw: the last one, as clients can send any before it.
fn forwarded_for(headers: &HeaderMap) -> Option<String> {
    let last = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?.rsplit(',').next()?.trim();
    let address = last.parse().or_else(|_| last.parse::<SocketAddr>().map(|address| address.ip())).ok()?;
    Some(std::net::IpAddr::to_canonical(&address).to_string())
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn parts(headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::builder().extension(ConnectInfo(SocketAddr::from(([192, 0, 2, 1], 4000))));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).expect("a request").into_parts().0
    }

    #[test]
    fn the_proxys_word_counts_only_when_it_is_trusted() {
        let parts = parts(&[("x-forwarded-for", "198.51.100.9, 203.0.113.7")]);
        assert_eq!(origin(&parts, false).ip.as_deref(), Some("192.0.2.1"));
        assert_eq!(origin(&parts, true).ip.as_deref(), Some("203.0.113.7"));
    }

    #[test]
    fn nonsense_from_the_proxy_falls_back_to_the_peer() {
        let parts = parts(&[("x-forwarded-for", "<script>")]);
        assert_eq!(origin(&parts, true).ip.as_deref(), Some("192.0.2.1"));
    }

    #[test]
    fn a_long_user_agent_is_cut() {
        let parts = parts(&[("user-agent", &"x".repeat(1000))]);
        assert_eq!(origin(&parts, false).user_agent.map(|text| text.len()), Some(256));
    }
}
