use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use nexusflow_application::identity::AuthenticationError;
use nexusflow_application::platform::TokenError;
use nexusflow_application::{Application, Call, StoreError};
use nexusflow_domain::insight::Origin;

use super::code::Code;
use super::failure::Failure;
use crate::Caller;

/// What the `Authorization` header says. Text that is not ASCII is kept as something no token equals.
pub(super) fn authorization(headers: &HeaderMap) -> Option<String> {
    headers.get(header::AUTHORIZATION).map(|value| value.to_str().unwrap_or("?").to_owned())
}

/// Who calls. Nobody, without an authorization; but a token that is not accepted is refused rather
/// than taken for nobody, so that a client notices that it has to sign in again.
pub(super) async fn authenticate(
    application: &Application,
    authorization: Option<&str>,
    origin: Origin,
) -> Result<Caller, Failure> {
    let Some(authorization) = authorization else { return Ok(Caller { call: None, origin }) };
    let token = bearer_token(authorization)?;
    match application.identity.authenticate(token).await {
        Ok(Some(principal)) => Ok(Caller { call: Some(Call { principal, origin: origin.clone() }), origin }),
        Ok(None) => Err(unauthenticated("the account is no longer active in its organization", "NOT_A_MEMBER")),
        Err(AuthenticationError::Token(error)) => Err(token_failure(error)),
        Err(AuthenticationError::Store(error)) => Err(store_failure(&error, &origin)),
    }
}

fn bearer_token(authorization: &str) -> Result<&str, Failure> {
    match authorization.trim().split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty() => Ok(token.trim()),
        _ => Err(unauthenticated("expected an authorization of the form: Bearer TOKEN", "TOKEN_INVALID")),
    }
}

fn token_failure(error: TokenError) -> Failure {
    let reason = match error {
        TokenError::Expired => "TOKEN_EXPIRED",
        TokenError::Invalid => "TOKEN_INVALID",
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
