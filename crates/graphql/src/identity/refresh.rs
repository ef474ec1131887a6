use async_graphql::{Context, InputObject, SimpleObject};
use nexusflow_application::{Error, Refused};

use super::granted::{Delivery, Granted, forget};
use crate::context::{application, origin};
use crate::error::{Answer, Declined, DomainError};

/// With what a session goes on.
#[derive(Clone, InputObject)]
pub struct RefreshSessionInput {
    /// The refresh token; the one of the browser's cookie where `cookie` is set.
    refresh_token: Option<String>,
    /// Takes the refresh token out of the browser's cookie, and puts the new tokens into cookies instead of the
    /// answer.
    #[graphql(default)]
    cookie: bool,
}

/// What `refreshSession` did.
#[derive(Default, SimpleObject)]
pub struct RefreshSessionPayload {
    #[graphql(flatten)]
    pub granted: Granted,
    /// Why the session does not go on; empty when it does.
    pub errors: Vec<DomainError>,
}

impl RefreshSessionInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<Granted> {
        let delivery = Delivery::of(ctx, self.cookie)?;
        let token = match (self.refresh_token.as_deref(), self.cookie) {
            (Some(token), _) => token,
            (None, true) => delivery.refresh_token().ok_or(Refused::SessionEnded)?,
            (None, false) => return Err(Declined::input("refreshToken", "expected a refresh token")),
        };
        match application(ctx)?.identity.refresh_session(token, &origin(ctx)).await {
            Ok(signed_in) => Ok(delivery.hand_over(ctx, signed_in)),
            Err(Error::Refused(refused)) if self.cookie => {
                forget(ctx);
                Err((*refused).into())
            }
            Err(error) => Err(error.into()),
        }
    }
}
