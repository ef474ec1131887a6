use nexusflow_domain::access::Principal;
use nexusflow_domain::ids::SessionId;
use nexusflow_domain::insight::{Credential, Origin};

use crate::identity::IdentityService;
use crate::platform::{SecretText, TokenError};
use crate::{Call, StoreError};

/// Why a bearer token was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticationError {
    /// The token itself.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// Its session was revoked.
    #[error("the session was ended; sign in again")]
    SessionRevoked,
    /// The person may no longer act in the organization.
    #[error("the account is no longer active in its organization")]
    NotAMember,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl IdentityService {
    /// The call of whom a bearer token stands for, with the roles held now. Reads nothing: which
    /// sessions were revoked is known with the mappings, and as soon as those.
    pub async fn authenticate(&self, token: &str, origin: Origin) -> Result<Call, AuthenticationError> {
        let claims = self.tokens.verify(token)?;
        let snapshot = self.authorizer.snapshot(claims.organization).await?;
        let principal = snapshot.principal(claims.organization, claims.user);
        let principal = principal.ok_or(AuthenticationError::NotAMember)?;
        if snapshot.revoked_sessions.contains(&claims.session) {
            return Err(AuthenticationError::SessionRevoked);
        }
        Ok(Call { principal, origin: Origin { credential: Some(Credential::Session(claims.session)), ..origin } })
    }

    /// The same caller with the roles held now, for work that lasts; `None` when not an active member
    /// any more, or when the session was revoked.
    pub async fn refreshed(&self, call: &Call) -> Result<Option<Call>, StoreError> {
        let Principal { user, organization, .. } = call.principal;
        let snapshot = self.authorizer.snapshot(organization).await?;
        if call.session().is_some_and(|session| snapshot.revoked_sessions.contains(&session)) {
            return Ok(None);
        }
        let principal = snapshot.principal(organization, user);
        Ok(principal.map(|principal| Call { principal, origin: call.origin.clone() }))
    }

    /// What the session's pages send with changes, where a browser sends its tokens as cookies.
    pub fn csrf_token(&self, session: SessionId) -> SecretText {
        self.tokens.csrf_token(session)
    }

    /// Whether a page sent what pages of the caller's session do.
    pub fn is_csrf_token(&self, call: &Call, token: &str) -> bool {
        call.session().is_some_and(|session| self.tokens.is_csrf_token(session, token))
    }
}
