use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use nexusflow_application::access::{Delegation, Role, RoleGrant};
use nexusflow_application::identity::{Session, User, Verification};
use nexusflow_domain::access::Permission;
use nexusflow_domain::ids::{DelegationId, RoleId, SessionId, UserId, VerificationId};

use super::keys::{GrantsOf, OwnPermissions, PermissionsOf};
use super::reads::{ReadError, Reads, by_key, grouped};

impl Loader<UserId> for Reads {
    type Value = User;
    type Error = ReadError;

    async fn load(&self, keys: &[UserId]) -> Result<HashMap<UserId, User>, ReadError> {
        let users = self.application().identity.users(self.call()?, keys).await?;
        Ok(by_key(users, |user| user.id))
    }
}

impl Loader<SessionId> for Reads {
    type Value = Session;
    type Error = ReadError;

    async fn load(&self, keys: &[SessionId]) -> Result<HashMap<SessionId, Session>, ReadError> {
        let sessions = self.application().identity.sessions(self.call()?, keys).await?;
        Ok(by_key(sessions, |session| session.id))
    }
}

impl Loader<RoleId> for Reads {
    type Value = Role;
    type Error = ReadError;

    async fn load(&self, keys: &[RoleId]) -> Result<HashMap<RoleId, Role>, ReadError> {
        let roles = self.application().access.roles(self.call()?, keys).await?;
        Ok(by_key(roles, |role| role.id))
    }
}

impl Loader<DelegationId> for Reads {
    type Value = Delegation;
    type Error = ReadError;

    async fn load(&self, keys: &[DelegationId]) -> Result<HashMap<DelegationId, Delegation>, ReadError> {
        let delegations = self.application().access.delegations(self.call()?, keys).await?;
        Ok(by_key(delegations, |delegation| delegation.id))
    }
}

impl Loader<VerificationId> for Reads {
    type Value = Verification;
    type Error = ReadError;

    async fn load(&self, keys: &[VerificationId]) -> Result<HashMap<VerificationId, Verification>, ReadError> {
        let invitations = self.application().identity.invitations(self.call()?, keys).await?;
        Ok(by_key(invitations, |invitation| invitation.id))
    }
}

impl Loader<GrantsOf> for Reads {
    type Value = Result<Vec<RoleGrant>, ReadError>;
    type Error = ReadError;

    /// One's own roles are everybody's to see, so they do not fail together with those of others.
    async fn load(&self, keys: &[GrantsOf]) -> Result<HashMap<GrantsOf, Self::Value>, ReadError> {
        let call = self.call()?;
        let (own, others): (Vec<GrantsOf>, Vec<GrantsOf>) = keys.iter().partition(|key| key.0 == call.principal.user);
        let mut answers = HashMap::new();
        for keys in [own, others].into_iter().filter(|keys| !keys.is_empty()) {
            let users: Vec<UserId> = keys.iter().map(|key| key.0).collect();
            match self.application().access.grants_of_users(call, &users).await {
                Ok(held) => {
                    let held = grouped(&keys, held, |grant| (GrantsOf(grant.mapping.user), grant));
                    answers.extend(held.into_iter().map(|(key, grants)| (key, Ok(grants))));
                }
                Err(error) => {
                    let error = ReadError::from(error);
                    answers.extend(keys.into_iter().map(|key| (key, Err(error.clone()))));
                }
            }
        }
        Ok(answers)
    }
}

impl Loader<PermissionsOf> for Reads {
    type Value = Vec<Permission>;
    type Error = ReadError;

    async fn load(&self, keys: &[PermissionsOf]) -> Result<HashMap<PermissionsOf, Vec<Permission>>, ReadError> {
        let roles: Vec<RoleId> = keys.iter().map(|key| key.0).collect();
        let grants = self.application().access.permissions_of_roles(self.call()?, &roles).await?;
        Ok(grouped(keys, grants, |(role, permission)| (PermissionsOf(role), permission)))
    }
}

impl Loader<OwnPermissions> for Reads {
    type Value = Vec<Permission>;
    type Error = ReadError;

    async fn load(&self, keys: &[OwnPermissions]) -> Result<HashMap<OwnPermissions, Vec<Permission>>, ReadError> {
        let permissions = self.application().access.own_permissions(self.call()?).await?;
        Ok(keys.iter().map(|&key| (key, permissions.clone())).collect())
    }
}
