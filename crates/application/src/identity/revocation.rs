use chrono::TimeDelta;
use nexusflow_domain::identity::SessionEnd;
use nexusflow_domain::ids::{OrganizationId, SessionId, UserId};

use crate::access::{Action, Scope, actions};
use crate::administration::{AdministrationCommit, Change, CommitError};
use crate::identity::{IdentityService, Organization, Session};
use crate::{Call, Page, PageRequest, Refused, Result, StoreError};

/// How long what is left of a session is kept after its end.
const SESSIONS_KEPT: TimeDelta = TimeDelta::days(30);

impl IdentityService {
    /// Ends the session that the caller acts in.
    #[tracing::instrument(skip_all)]
    pub async fn sign_out(&self, call: &Call) -> Result<SessionId> {
        let session = call.session().ok_or_else(|| Refused::WrongState {
            message: "only who signed in can sign out".to_owned(),
            state: "NO_SESSION".to_owned(),
        })?;
        match self.end_session(call, session, SessionEnd::SignedOut, "SIGNED_OUT").await {
            // It ended by itself.
            Ok(()) | Err(CommitError::Missing { .. }) => Ok(session),
            Err(error) => Err(error.into()),
        }
    }

    /// Ends every session of the caller, in every organization, each of which puts it on record; the one
    /// that he acts in last, so that he can try again should the others fail.
    #[tracing::instrument(skip_all)]
    pub async fn sign_out_everywhere(&self, call: &Call) -> Result<()> {
        let (user, here, now) = (call.principal.user, call.principal.organization, self.registrar.now());
        let everywhere = self.organizations(call).await?.into_iter().map(|organization| organization.id);
        for organization in everywhere.filter(|&id| id != here) {
            let (scope, one) = (Scope::system(organization), PageRequest::first(1));
            if !self.sessions.live_sessions(&scope, user, now, &one).await?.edges.is_empty() {
                self.end_everything_in(call, organization).await?;
            }
        }
        self.end_everything_in(call, here).await
    }

    /// Ends a session: one's own, or with `MANAGE_USER` a member's.
    #[tracing::instrument(skip_all, fields(%session))]
    pub async fn revoke_session(&self, call: &Call, session: SessionId) -> Result<()> {
        let visible = self.sessions(call, &[session]).await?;
        let unknown = || Refused::NotFound { kind: "session", id: session.to_string() };
        let found = visible.first().ok_or_else(unknown)?;
        match self.end_session(call, session, SessionEnd::Revoked, "SESSION_REVOKED").await {
            Err(CommitError::Missing { .. }) => {
                let message = format!("the session ended at {}", found.ends_at);
                Err(Refused::WrongState { message, state: "ENDED".to_owned() }.into())
            }
            ended => Ok(ended?),
        }
    }

    /// Ends every session of a member in the caller's organization.
    #[tracing::instrument(skip_all, fields(%user))]
    pub async fn revoke_user_sessions(&self, call: &Call, user: UserId) -> Result<()> {
        let permit = self.authorizer.require::<actions::ManageUser>(call).await?;
        if self.reader.users(&permit.scope(), &[user]).await?.is_empty() {
            return Err(Refused::NotFound { kind: "user", id: user.to_string() }.into());
        }
        let end = SessionEnd::AllRevoked;
        let changes = vec![Change::RevokeSessionsOf { user, end, at: self.registrar.now() }];
        let entry = self.registrar.entry(call, "USER_SESSIONS_REVOKED", Some(("user", user.uuid())));
        self.registrar.commit(AdministrationCommit::of_users(&permit, changes, vec![entry])).await?;
        self.authorizer.changed(call.principal.organization).await;
        Ok(())
    }

    /// Those of the given sessions that are the caller's own; with `MANAGE_USER` of every member.
    pub async fn sessions(&self, call: &Call, ids: &[SessionId]) -> Result<Vec<Session>> {
        let mut found = self.sessions.sessions(&self.authorizer.member(call).scope(), ids).await?;
        let own = call.principal.user;
        let others = found.iter().any(|session| session.user != own);
        if others && !self.authorizer.allows(&call.principal, actions::ManageUser::PERMISSION, None).await? {
            found.retain(|session| session.user == own);
        }
        Ok(found)
    }

    /// A page of the caller's sessions in the organization that have not ended, the newest first.
    pub async fn live_sessions(&self, call: &Call, page: &PageRequest) -> Result<Page<Session>> {
        let scope = self.authorizer.member(call).scope();
        Ok(self.sessions.live_sessions(&scope, call.principal.user, self.registrar.now(), page).await?)
    }

    /// The organizations of which the caller is an active member, by the time of joining.
    pub async fn organizations(&self, call: &Call) -> Result<Vec<Organization>> {
        Ok(self.sessions.organizations_of(call.principal.user).await?)
    }

    /// Removes what is left of sessions that ended more than 30 days ago, at most `limit` of each kind;
    /// returns how much.
    pub async fn expire_sessions(&self, limit: u32) -> Result<u64, StoreError> {
        self.sessions.expire(self.registrar.now() - SESSIONS_KEPT, limit).await
    }

    async fn end_session(
        &self,
        call: &Call,
        session: SessionId,
        end: SessionEnd,
        event: &'static str,
    ) -> Result<(), CommitError> {
        let change = Change::RevokeSession { session, end, at: self.registrar.now() };
        let entry = self.registrar.entry(call, event, Some(("session", session.uuid())));
        let commit = AdministrationCommit::of_visible_session(&self.authorizer.member(call), change, entry);
        self.registrar.commit(commit).await?;
        self.authorizer.changed(call.principal.organization).await;
        Ok(())
    }

    async fn end_everything_in(&self, call: &Call, organization: OrganizationId) -> Result<()> {
        let user = call.principal.user;
        let end = SessionEnd::SignedOutEverywhere;
        let change = Change::RevokeSessionsOf { user, end, at: self.registrar.now() };
        let mut entry = self.registrar.entry(call, "SIGNED_OUT_EVERYWHERE", Some(("user", user.uuid())));
        if organization != call.principal.organization {
            // A session elsewhere is no other organization's business.
            entry.origin.credential = None;
        }
        self.registrar.commit(AdministrationCommit::of_system(organization, vec![change], vec![entry])).await?;
        self.authorizer.changed(organization).await;
        Ok(())
    }
}
