use async_graphql::{Context, InputObject, SimpleObject};
use nexusflow_application::identity::SignedIn;

use crate::context::{application, origin};
use crate::error::{Answer, DomainError};
use crate::identity::{Organization, User};
use crate::scalar::DateTime;

/// Who signs in, and to which organization.
#[derive(Clone, InputObject)]
pub struct SignInInput {
    /// The login name.
    email: String,
    /// The password.
    password: String,
    /// The organization's slug; the one joined first unless told otherwise.
    organization: Option<String>,
}

/// What `signIn` did.
#[derive(Debug, Default, SimpleObject)]
pub struct SignInPayload {
    /// For the header `Authorization: Bearer …` of what follows.
    token: Option<String>,
    /// Until when the token is accepted.
    expires_at: Option<DateTime>,
    /// Who signed in.
    user: Option<User>,
    /// To which organization.
    organization: Option<Organization>,
    /// Why nobody was signed in; empty when somebody was.
    errors: Vec<DomainError>,
}

impl SignInInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<SignedIn> {
        let (organization, origin) = (self.organization.as_deref(), origin(ctx));
        Ok(application(ctx)?.identity.sign_in(&self.email, self.password, organization, &origin).await?)
    }
}

impl SignInPayload {
    pub(super) fn of(signed_in: Option<SignedIn>, errors: Vec<DomainError>) -> Self {
        let Some(signed_in) = signed_in else { return Self { errors, ..Self::default() } };
        Self {
            token: Some(signed_in.token),
            expires_at: Some(signed_in.expires_at.into()),
            user: Some(signed_in.user.into()),
            organization: Some(signed_in.organization.into()),
            errors,
        }
    }
}
