use async_graphql::http::{Credentials, GraphiQLSource};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use super::correlation::nonce;

/// Where the page's scripts and styles come from.
const CDN: &str = "https://unpkg.com";

/// GraphiQL. Its assets are loaded from a CDN; everything else is forbidden to the page, and it keeps
/// no token.
pub(super) async fn page() -> Response {
    let Some(nonce) = nonce() else { return StatusCode::SERVICE_UNAVAILABLE.into_response() };
    let page = GraphiQLSource::build()
        .endpoint("/graphql")
        .subscription_endpoint("/graphql/ws")
        .title("NexusFlow")
        .version("4")
        .credentials(Credentials::Omit)
        .finish()
        .replace("<script", &format!("<script nonce=\"{nonce}\""))
        .replace(
            "Loading...",
            "Loading GraphiQL from unpkg.com. Without internet access, use any client with /graphql.",
        );
    let mut response = Html(page).into_response();
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&policy(&nonce)) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Styles stay inline, because the editor makes them at run time.
fn policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'unsafe-inline' {CDN}; font-src {CDN} data:; \
         img-src 'self' data: https://graphql.org; connect-src 'self'; worker-src blob:; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'"
    )
}
