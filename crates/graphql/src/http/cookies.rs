use async_graphql::Context;
use axum::http::{HeaderMap, header};
use nexusflow_application::identity::SignedIn;
use nexusflow_application::platform::SecretText;

use super::options::ApiOptions;

/// What browsers keep the tokens under. Behind `__Host-` a browser takes a cookie only from this host, with
/// TLS, for all of it (RFC 6265bis, section 4.1.3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Names {
    access: &'static str,
    refresh: &'static str,
    is_secure: bool,
}

const SECURE: Names = Names { access: "__Host-nexusflow", refresh: "__Host-nexusflow-refresh", is_secure: true };
/// Without TLS.
const PLAIN: Names = Names { access: "nexusflow", refresh: "nexusflow-refresh", is_secure: false };

impl Names {
    fn of(options: &ApiOptions) -> Self {
        if options.cookies_are_secure() { SECURE } else { PLAIN }
    }
}

/// The access token that a browser sent, if it is one's and has one.
pub(super) fn access_token(headers: &HeaderMap, options: &ApiOptions) -> Option<String> {
    cookie(headers, Names::of(options).access)
}

/// A browser's cookies, for who signs in and out: only there where an answer can set them.
#[derive(Clone)]
pub(crate) struct Cookies {
    names: Names,
    refresh_token: Option<String>,
    has_access_token: bool,
}

impl Cookies {
    pub(super) fn of(headers: &HeaderMap, options: &ApiOptions) -> Self {
        let names = Names::of(options);
        let has_access_token = cookie(headers, names.access).is_some();
        Self { names, refresh_token: cookie(headers, names.refresh), has_access_token }
    }

    /// The refresh token that came along.
    pub fn refresh_token(&self) -> Option<&str> {
        self.refresh_token.as_deref()
    }

    /// Lets the browser keep a session's tokens, out of reach of scripts, for as long as the session may
    /// last unless it is refreshed. An access token that has expired by then is nobody's.
    pub fn keep(&self, ctx: &Context<'_>, signed_in: &SignedIn) {
        let seconds = (signed_in.session.ends_at - signed_in.session.last_seen_at).num_seconds();
        self.set(ctx, self.names.access, signed_in.token.reveal(), ("Lax", seconds));
        self.set(ctx, self.names.refresh, signed_in.refresh_token.reveal(), ("Strict", seconds));
    }

    /// Lets the browser forget them, if it has any.
    pub fn forget(&self, ctx: &Context<'_>) {
        if self.has_access_token {
            self.set(ctx, self.names.access, "", ("Lax", 0));
        }
        if self.refresh_token.is_some() {
            self.set(ctx, self.names.refresh, "", ("Strict", 0));
        }
    }

    fn set(&self, ctx: &Context<'_>, name: &str, value: &str, (same_site, seconds): (&str, i64)) {
        let secure = if self.names.is_secure { "; Secure" } else { "" };
        let cookie = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite={same_site}{secure}");
        ctx.append_http_header(header::SET_COOKIE, cookie);
    }
}

/// A token for the answer's body, unless the browser keeps it.
pub(crate) fn unless_kept(token: SecretText, is_kept: bool) -> Option<String> {
    (!is_kept).then(|| token.into_revealed())
}

/// The value of the first cookie with a name (RFC 6265, section 4.2); an empty one is none.
fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let found = pairs.find(|(found, _)| *found == name).map(|(_, value)| value.trim_matches('"').to_owned());
    found.filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(lines: &[&'static str]) -> HeaderMap {
        lines.iter().map(|line| (header::COOKIE, HeaderValue::from_static(line))).collect()
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let options = ApiOptions::default();
        for (lines, token) in [
            (&["__Host-nexusflow=a.b.c"][..], Some("a.b.c")),
            (&["x=1; __Host-nexusflow=\"a.b.c\" ; y=2"], Some("a.b.c")),
            (&["x=1", "__Host-nexusflow=a"], Some("a")),
            (&["nexusflow=a"], None),
            (&["__Host-nexusflow-refresh=a"], None),
            (&["__Host-nexusflow="], None),
            (&["__Host-nexusflow"], None),
            (&[], None),
        ] {
            assert_eq!(access_token(&headers(lines), &options).as_deref(), token, "{lines:?}");
        }
    }

    #[test]
    fn without_tls_the_names_are_others() {
        for (public_url, development, is_secure) in [
            (None, false, true),
            (None, true, false),
            (Some("http://localhost:8080"), false, false),
            (Some("https://flow.example"), true, true),
        ] {
            let public_url = public_url.map(str::to_owned);
            let options = ApiOptions { development, public_url, ..ApiOptions::default() };
            assert_eq!(Names::of(&options).is_secure, is_secure, "{:?}", options.public_url);
        }
    }
}
