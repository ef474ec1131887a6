use async_graphql::{Context, InputObject, SimpleObject};

use super::granted::{Delivery, Granted};
use crate::context::{application, origin, require_call};
use crate::error::{Answer, DomainError};

/// Who signs in, and to which organization.
#[derive(Clone, InputObject)]
pub struct SignInInput {
    /// The login name.
    email: String,
    /// The password.
    password: String,
    /// The organization's slug; the one joined first unless told otherwise.
    organization: Option<String>,
    /// Puts the tokens into cookies of the browser instead of the answer.
    #[graphql(default)]
    cookie: bool,
}

/// What `signIn` did.
#[derive(Default, SimpleObject)]
pub struct SignInPayload {
    #[graphql(flatten)]
    pub granted: Granted,
    /// Why nobody was signed in; empty when somebody was.
    pub errors: Vec<DomainError>,
}

impl SignInInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<Granted> {
        let delivery = Delivery::of(ctx, self.cookie)?;
        let (organization, origin) = (self.organization.as_deref(), origin(ctx));
        let signed_in = application(ctx)?.identity.sign_in(&self.email, self.password, organization, &origin).await?;
        Ok(delivery.hand_over(ctx, signed_in))
    }
}

/// Another organization of the caller's.
#[derive(Debug, Clone, InputObject)]
pub struct SwitchOrganizationInput {
    /// Its slug.
    organization: String,
    /// Puts the tokens into cookies of the browser instead of the answer.
    #[graphql(default)]
    cookie: bool,
}

/// What `switchOrganization` did.
#[derive(Default, SimpleObject)]
pub struct SwitchOrganizationPayload {
    #[graphql(flatten)]
    pub granted: Granted,
    /// Why no session was begun; empty when one was.
    pub errors: Vec<DomainError>,
}

impl SwitchOrganizationInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<Granted> {
        let call = require_call(ctx)?;
        let delivery = Delivery::of(ctx, self.cookie)?;
        let signed_in = application(ctx)?.identity.switch_organization(call, &self.organization).await?;
        Ok(delivery.hand_over(ctx, signed_in))
    }
}
