use std::sync::Arc;

use nexusflow_domain::ids::UserId;

use crate::access::{Authorizer, actions};
use crate::administration::Registrar;
use crate::application::Ports;
use crate::identity::links::Links;
use crate::identity::{
    IdentityReader, Organization, OrganizationReader, SessionLimits, SessionStore, User, UserFilter,
};
use crate::platform::{PasswordHasher, TokenIssuer};
use crate::request::RequestService;
use crate::{Call, Page, PageRequest, Result};

/// Organizations, people, signing in.
pub struct IdentityService {
    pub(super) authorizer: Authorizer,
    pub(super) reader: Arc<dyn IdentityReader>,
    pub(super) passwords: Arc<dyn PasswordHasher>,
    pub(super) tokens: Arc<dyn TokenIssuer>,
    pub(super) sessions: Arc<dyn SessionStore>,
    pub(super) limits: SessionLimits,
    pub(super) links: Links,
    pub(super) organizations: Arc<dyn OrganizationReader>,
    pub(super) requests: Arc<RequestService>,
    pub(super) registrar: Registrar,
}

impl IdentityService {
    pub(crate) fn new(
        ports: &Ports,
        authorizer: Authorizer,
        registrar: Registrar,
        requests: Arc<RequestService>,
    ) -> Self {
        Self {
            authorizer,
            reader: ports.identity.clone(),
            passwords: ports.passwords.clone(),
            tokens: ports.tokens.clone(),
            sessions: ports.sessions.clone(),
            limits: ports.session_limits,
            links: Links::new(ports, registrar.clone()),
            organizations: ports.organizations.clone(),
            requests,
            registrar,
        }
    }

    /// The caller's organization.
    pub async fn organization(&self, call: &Call) -> Result<Option<Organization>> {
        Ok(self.reader.organization(&self.authorizer.member(call).scope()).await?)
    }

    /// Members by id. Names and addresses of colleagues are visible to every member.
    pub async fn users(&self, call: &Call, ids: &[UserId]) -> Result<Vec<User>> {
        Ok(self.reader.users(&self.authorizer.member(call).scope(), ids).await?)
    }

    /// A page of the members.
    pub async fn list_users(&self, call: &Call, filter: &UserFilter, page: &PageRequest) -> Result<Page<User>> {
        let permit = self.authorizer.require::<actions::ViewUser>(call).await?;
        Ok(self.reader.list_users(&permit.scope(), filter, page).await?)
    }
}
