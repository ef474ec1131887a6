use async_graphql::{Context, SimpleObject};
use nexusflow_application::identity::SignedIn;

use super::session::Session;
use crate::error::{Answer, Declined};
use crate::http::{Cookies, unless_kept};
use crate::identity::{Organization, User};
use crate::scalar::DateTime;

/// What the client of a session gets.
#[derive(Default, SimpleObject)]
pub struct Granted {
    /// For the header `Authorization: Bearer …` of what follows; null when a cookie has it.
    token: Option<String>,
    /// Until when the token is accepted.
    expires_at: Option<DateTime>,
    /// For `refreshSession`, once; null when a cookie has it.
    refresh_token: Option<String>,
    /// Until when the refresh token can be used.
    refresh_expires_at: Option<DateTime>,
    /// For the header `X-CSRF-Token`, which a POST with cookies needs.
    csrf_token: Option<String>,
    /// The session.
    session: Option<Session>,
    /// Who is signed in.
    user: Option<User>,
    /// To which organization.
    organization: Option<Organization>,
}

impl Granted {
    pub(super) fn of(signed_in: SignedIn, is_kept: bool) -> Self {
        Self {
            token: unless_kept(signed_in.token, is_kept),
            expires_at: Some(signed_in.expires_at.into()),
            refresh_token: unless_kept(signed_in.refresh_token, is_kept),
            refresh_expires_at: Some(signed_in.refresh_expires_at.into()),
            csrf_token: Some(signed_in.csrf_token.into_revealed()),
            session: Some(signed_in.session.into()),
            user: Some(signed_in.user.into()),
            organization: Some(signed_in.organization.into()),
        }
    }
}

/// Where the tokens of a session go: into the answer, or into a browser's cookies.
#[derive(Clone, Copy)]
pub(super) struct Delivery<'a>(Option<&'a Cookies>);

impl<'a> Delivery<'a> {
    /// As asked for; a refusal where no cookie can be set.
    pub(super) fn of(ctx: &Context<'a>, cookie: bool) -> Answer<Self> {
        let cookies = ctx.data_opt::<Cookies>();
        if cookie && cookies.is_none() {
            let message = "cookies are set in answer to a POST to /graphql from a page of this site, and only there";
            return Err(Declined::input("cookie", message));
        }
        Ok(Self(cookies.filter(|_| cookie)))
    }

    /// The refresh token of the browser's cookie.
    pub(super) fn refresh_token(self) -> Option<&'a str> {
        self.0.and_then(Cookies::refresh_token)
    }

    pub(super) fn hand_over(self, ctx: &Context<'_>, signed_in: SignedIn) -> Granted {
        if let Some(cookies) = self.0 {
            cookies.keep(ctx, &signed_in);
        }
        Granted::of(signed_in, self.0.is_some())
    }
}

/// Lets a browser forget the tokens that it sent, if it sent any.
pub(super) fn forget(ctx: &Context<'_>) {
    if let Some(cookies) = ctx.data_opt::<Cookies>() {
        cookies.forget(ctx);
    }
}
