//! Where the links of mails lead: a page that asks, and only then hands the token over to the API. Fetching it does
//! nothing, so that scanners of mail and previews of links do nothing either.

use axum::Router;
use axum::http::{HeaderName, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;

use crate::platform::LINK_PATHS;

const PAGE: &str = include_str!("link_page.html");
const SCRIPT: &str = include_str!("link_page.js");
/// It loads its own script, talks to its own server, and is shown in no other page.
const POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";
/// The page at each path that a link can have, and its script.
pub(super) fn link_pages() -> Router {
    let pages = LINK_PATHS.iter().fold(Router::new(), |router, path| router.route(path, get(page)));
    pages.route("/link-page.js", get(script))
}

async fn page() -> Response {
    (headers(), Html(PAGE)).into_response()
}

async fn script() -> Response {
    (headers(), [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], SCRIPT).into_response()
}

fn headers() -> [(HeaderName, &'static str); 4] {
    [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ]
}
