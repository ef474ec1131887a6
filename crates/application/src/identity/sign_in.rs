use nexusflow_domain::identity::Email;
use nexusflow_domain::ids::SessionId;
use nexusflow_domain::insight::{Credential, Origin};

use crate::access::Scope;
use crate::administration::{AdministrationCommit, Change};
use crate::identity::refresh_token::RefreshToken;
use crate::identity::{IdentityService, Organization, Session, SignedIn, User};
use crate::platform::TokenClaims;
use crate::{Call, Refused, Result};

/// How much of a slug that leads nowhere is told again.
const SLUG_SHOWN: usize = 64;

impl IdentityService {
    /// Signs a person in to an organization; without a slug, to the one joined first. Unknown
    /// accounts, wrong passwords and foreign organizations get the same answer in the same time.
    #[tracing::instrument(skip_all)]
    pub async fn sign_in(
        &self,
        email: &str,
        password: String,
        organization: Option<&str>,
        origin: &Origin,
    ) -> Result<SignedIn> {
        let record = match email.parse::<Email>() {
            Ok(email) => self.reader.sign_in_record(&email).await?,
            Err(_) => None,
        };
        let hash = record.as_ref().and_then(|record| record.password_hash.clone());
        let genuine = self.passwords.verify(password, hash).await?;
        let Some(record) = record else { return Err(Refused::InvalidCredentials.into()) };
        let wanted = |o: &&Organization| organization.is_none_or(|slug| o.slug.as_str() == slug);
        let Some(organization) = record.organizations.iter().find(wanted).cloned() else {
            return Err(Refused::InvalidCredentials.into());
        };
        let user = record.user;
        if !genuine {
            let entry = self.registrar.entry_of(None, origin, "SIGN_IN_FAILED", Some(("user", user.id.uuid())));
            self.registrar.commit(AdministrationCommit::of_entries(organization.id, vec![entry])).await?;
            return Err(Refused::InvalidCredentials.into());
        }
        self.begin_session(user, organization, origin).await
    }

    /// Begins a session of the caller in another organization, of which he is an active member. The one
    /// that he calls in goes on.
    #[tracing::instrument(skip_all)]
    pub async fn switch_organization(&self, call: &Call, slug: &str) -> Result<SignedIn> {
        let organizations = self.organizations(call).await?;
        let organization = organizations.into_iter().find(|organization| organization.slug.as_str() == slug);
        let unknown = || Refused::NotFound { kind: "organization", id: slug.chars().take(SLUG_SHOWN).collect() };
        let organization = organization.ok_or_else(unknown)?;
        let users = self.reader.users(&Scope::system(organization.id), &[call.principal.user]).await?;
        let user = users.into_iter().next().ok_or_else(unknown)?;
        self.begin_session(user, organization, &call.origin).await
    }

    async fn begin_session(&self, user: User, organization: Organization, origin: &Origin) -> Result<SignedIn> {
        let now = self.registrar.now();
        let expires_at = now + self.limits.lifetime;
        let session = Session {
            id: self.registrar.next_id(),
            organization: organization.id,
            user: user.id,
            created_at: now,
            last_seen_at: now,
            expires_at,
            ends_at: expires_at,
            address: None,
            client: None,
            revoked: None,
        };
        let session = session.refreshed(now, self.limits, origin);
        let token = RefreshToken::new(organization.id, self.tokens.random()?);
        let changes = vec![
            Change::RecordSignIn { user: user.id, at: now },
            Change::BeginSession { session: session.clone(), token: token.hash() },
        ];
        let (actor, subject) = (Some(user.id), Some(("user", user.id.uuid())));
        let entry = self.registrar.entry_of(actor, &in_session(origin, session.id), "SIGNED_IN", subject);
        self.registrar.commit(AdministrationCommit::of_system(organization.id, changes, vec![entry])).await?;
        self.signed_in(session, user, organization, &token)
    }

    /// What the client of a session gets.
    pub(super) fn signed_in(
        &self,
        session: Session,
        user: User,
        organization: Organization,
        refresh_token: &RefreshToken,
    ) -> Result<SignedIn> {
        let claims = TokenClaims { user: user.id, organization: organization.id, session: session.id };
        let (token, expires_at) = self.tokens.issue(&claims, session.expires_at - self.registrar.now())?;
        Ok(SignedIn {
            token,
            expires_at,
            refresh_token: refresh_token.text(),
            refresh_expires_at: session.ends_at,
            csrf_token: self.tokens.csrf_token(session.id),
            session,
            user,
            organization,
        })
    }
}

/// From where, in a session.
pub(super) fn in_session(origin: &Origin, session: SessionId) -> Origin {
    Origin { credential: Some(Credential::Session(session)), ..origin.clone() }
}
