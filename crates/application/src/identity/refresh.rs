use nexusflow_domain::identity::SessionEnd;
use nexusflow_domain::insight::Origin;

use crate::access::Scope;
use crate::administration::{AdministrationCommit, Change, CommitError};
use crate::identity::refresh_token::RefreshToken;
use crate::identity::sign_in::in_session;
use crate::identity::{IdentityService, Organization, Session, SignedIn, User};
use crate::{Refused, Result};

impl IdentityService {
    /// Goes on with a session: for a refresh token, which can be used once, a new bearer token and the
    /// next refresh token. One that was used before ends the session: of the two who have it, one should
    /// not. A token that is unknown, expired or of a session that has ended is refused in the same words.
    #[tracing::instrument(skip_all)]
    pub async fn refresh_session(&self, token: &str, origin: &Origin) -> Result<SignedIn> {
        let Ok(token) = token.parse::<RefreshToken>() else { return Err(Refused::SessionEnded.into()) };
        let session = self.refreshable(&token, origin).await?;
        let (user, organization) = self.member(&session).await?;
        let session = session.refreshed(self.registrar.now(), self.limits, origin);
        let next = RefreshToken::new(token.organization, self.tokens.random()?);
        let (actor, subject) = (Some(session.user), Some(("session", session.id.uuid())));
        let entry = self.registrar.entry_of(actor, &in_session(origin, session.id), "SESSION_REFRESHED", subject);
        let change = Change::RefreshSession { session: session.clone(), used: token.hash(), next: next.hash() };
        let commit = AdministrationCommit::of_system(token.organization, vec![change], vec![entry]);
        match self.registrar.commit(commit).await {
            Ok(()) => self.signed_in(session, user, organization, &next),
            // Somebody else used the token, or ended the session, in the meantime.
            Err(CommitError::Missing { .. }) => {
                self.refreshable(&token, origin).await?;
                Err(Refused::SessionEnded.into())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The session of a token that can still be used. One that cannot any more ends it.
    async fn refreshable(&self, token: &RefreshToken, origin: &Origin) -> Result<Session> {
        let found = self.sessions.refresh_token(&Scope::system(token.organization), &token.hash()).await?;
        let found = found.ok_or(Refused::SessionEnded)?;
        if found.used_at.is_some() {
            self.end_reused(&found.session, origin).await?;
            return Err(Refused::SessionEnded.into());
        }
        let now = self.registrar.now();
        if found.session.is_live(now) && now < found.expires_at {
            return Ok(found.session);
        }
        Err(Refused::SessionEnded.into())
    }

    async fn end_reused(&self, session: &Session, origin: &Origin) -> Result<()> {
        let change =
            Change::RevokeSession { session: session.id, end: SessionEnd::TokenReused, at: self.registrar.now() };
        // Whoever used it is not known to be the person.
        let origin = in_session(origin, session.id);
        let entry = self.registrar.entry_of(None, &origin, "REFRESH_TOKEN_REUSED", Some(("user", session.user.uuid())));
        let commit = AdministrationCommit::of_system(session.organization, vec![change], vec![entry]);
        match self.registrar.commit(commit).await {
            Ok(()) => {
                tracing::warn!(session = %session.id, "a refresh token was used again; its session is revoked");
                self.authorizer.changed(session.organization).await;
                Ok(())
            }
            // It has ended already.
            Err(CommitError::Missing { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Whose session it is, if he may act in its organization.
    async fn member(&self, session: &Session) -> Result<(User, Organization)> {
        let scope = Scope::system(session.organization);
        let user = self.reader.users(&scope, &[session.user]).await?.pop();
        let user = user.filter(|user| user.deactivated_at.is_none());
        let organization = self.reader.organization(&scope).await?;
        Ok(user.zip(organization).ok_or(Refused::SessionEnded)?)
    }
}
