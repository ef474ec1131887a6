use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use nexusflow_application::identity::AuthenticationError;
use nexusflow_application::platform::TokenError;
use nexusflow_application::{Application, StoreError};
use nexusflow_domain::insight::Origin;

use super::api::Api;
use super::code::Code;
use super::cookies::access_token;
use super::failure::Failure;
use super::options::ApiOptions;
use super::same_site::{foreign, is_foreign, refused};
use crate::Caller;

/// What pages send with changes, where a browser sends the session's tokens as cookies.
const CSRF_TOKEN: &str = "x-csrf-token";

/// What a client shows of who it is.
#[derive(Clone)]
pub(super) enum Credentials {
    None,
    /// The `Authorization` header. Text that is not ASCII is kept as something no token equals.
    Authorization(String),
    /// A browser's cookie, of which the page knows nothing.
    Cookie(String),
}

impl Credentials {
    /// What the header says counts more than a cookie.
    pub(super) fn of(headers: &HeaderMap, options: &ApiOptions) -> Self {
        match headers.get(header::AUTHORIZATION) {
            Some(value) => Self::Authorization(value.to_str().unwrap_or("?").to_owned()),
            None => access_token(headers, options).map_or(Self::None, Self::Cookie),
        }
    }

    pub(super) const fn is_cookie(&self) -> bool {
        matches!(self, Self::Cookie(_))
    }
}

/// Who makes an HTTP request, and with what he is known later on. A browser sends its cookies whether the
/// page wants it or not: so with them, no page of another site may act, a change needs what only our own
/// pages know, and a cookie that is not accepted is nobody's, or it would be in the way of signing in.
pub(super) async fn authenticate_request<E>(
    api: &Api<E>,
    parts: &Parts,
    origin: &Origin,
) -> Result<(Caller, Credentials), Failure> {
    let credentials = Credentials::of(&parts.headers, &api.options);
    if credentials.is_cookie() && is_foreign(parts, &api.options) {
        return Err(foreign());
    }
    match authenticate(&api.application, &credentials, origin.clone()).await {
        Err(failure) if credentials.is_cookie() && failure.code == Code::Unauthenticated => {
            Ok((Caller { call: None, origin: origin.clone() }, Credentials::None))
        }
        Ok(caller) => {
            if credentials.is_cookie() && parts.method != Method::GET {
                check_csrf_token(&api.application, &caller, &parts.headers)?;
            }
            Ok((caller, credentials))
        }
        Err(failure) => Err(failure),
    }
}

fn check_csrf_token(application: &Application, caller: &Caller, headers: &HeaderMap) -> Result<(), Failure> {
    let Some(token) = headers.get(CSRF_TOKEN) else {
        let message = "with cookies, a POST needs the header X-CSRF-Token: what me.csrfToken says";
        return Err(refused(message, "CSRF_TOKEN_MISSING"));
    };
    let token = token.to_str().unwrap_or_default();
    match &caller.call {
        Some(call) if application.identity.is_csrf_token(call, token) => Ok(()),
        _ => Err(refused("the header X-CSRF-Token is not what me.csrfToken says", "CSRF_TOKEN_INVALID")),
    }
}

/// Who calls. Nobody, without credentials; but a token that is not accepted is refused rather than taken for
/// nobody, so that a client notices that it has to sign in again.
pub(super) async fn authenticate(
    application: &Application,
    credentials: &Credentials,
    origin: Origin,
) -> Result<Caller, Failure> {
    let token = match credentials {
        Credentials::None => return Ok(Caller { call: None, origin }),
        Credentials::Authorization(text) => bearer_token(text)?,
        Credentials::Cookie(token) => token,
    };
    match application.identity.authenticate(token, origin.clone()).await {
        Ok(call) => Ok(Caller { call: Some(call), origin }),
        Err(error) => Err(failure(&error, &origin)),
    }
}

fn bearer_token(authorization: &str) -> Result<&str, Failure> {
    match authorization.trim().split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty() => Ok(token.trim()),
        _ => Err(unauthenticated("expected an authorization of the form: Bearer TOKEN", "TOKEN_INVALID")),
    }
}

fn failure(error: &AuthenticationError, origin: &Origin) -> Failure {
    let reason = match error {
        AuthenticationError::Token(TokenError::Expired) => "TOKEN_EXPIRED",
        AuthenticationError::Token(TokenError::Invalid) => "TOKEN_INVALID",
        AuthenticationError::SessionRevoked => "SESSION_REVOKED",
        AuthenticationError::NotAMember => "NOT_A_MEMBER",
        AuthenticationError::Store(error) => return store_failure(error, origin),
    };
    unauthenticated(error.to_string(), reason)
}

fn unauthenticated(message: impl Into<String>, reason: &'static str) -> Failure {
    // RFC 6750, section 3.1.
    let challenge = HeaderValue::from_static(r#"Bearer error="invalid_token""#);
    Failure {
        reason: Some(reason),
        header: Some((header::WWW_AUTHENTICATE, challenge)),
        ..Failure::new(StatusCode::UNAUTHORIZED, Code::Unauthenticated, message)
    }
}

fn store_failure(error: &StoreError, origin: &Origin) -> Failure {
    let (correlation_id, source) = (origin.correlation_id.as_deref(), std::error::Error::source(error));
    if let StoreError::Unavailable(_) = error {
        tracing::warn!(correlation_id, source, "cannot authenticate: {error}");
        return Failure::unavailable();
    }
    tracing::error!(correlation_id, source, "cannot authenticate: {error}");
    Failure::new(StatusCode::INTERNAL_SERVER_ERROR, Code::Internal, super::finish::MASKED)
}
