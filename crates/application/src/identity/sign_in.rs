use nexusflow_domain::access::Principal;
use nexusflow_domain::identity::Email;
use nexusflow_domain::insight::Origin;

use crate::administration::{AdministrationCommit, Change};
use crate::identity::{IdentityService, Organization, SignedIn};
use crate::platform::{TokenClaims, TokenError};
use crate::{Call, Refused, Result, StoreError};

/// Why a bearer token was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticationError {
    /// The token itself.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

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
        let claims = TokenClaims { user: user.id, organization: organization.id };
        let (token, expires_at) = self.tokens.issue(&claims)?;
        let change = Change::RecordSignIn { user: user.id, at: self.registrar.now() };
        let entry = self.registrar.entry_of(Some(user.id), origin, "SIGNED_IN", Some(("user", user.id.uuid())));
        self.registrar.commit(AdministrationCommit::of_system(organization.id, vec![change], vec![entry])).await?;
        Ok(SignedIn { token, expires_at, user, organization })
    }

    /// Who a bearer token stands for, with the roles held now. `None` when the person is no longer an
    /// active member.
    pub async fn authenticate(&self, token: &str) -> Result<Option<Principal>, AuthenticationError> {
        let claims = self.tokens.verify(token)?;
        Ok(self.authorizer.principal(claims.organization, claims.user).await?)
    }

    /// The same caller with the roles held now, for work that lasts; `None` when not an active member
    /// any more.
    pub async fn refreshed(&self, call: &Call) -> Result<Option<Call>, StoreError> {
        let Principal { user, organization, .. } = call.principal;
        let principal = self.authorizer.principal(organization, user).await?;
        Ok(principal.map(|principal| Call { principal, origin: call.origin.clone() }))
    }
}
