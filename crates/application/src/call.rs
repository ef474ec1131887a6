use nexusflow_domain::access::Principal;
use nexusflow_domain::ids::SessionId;
use nexusflow_domain::insight::{Credential, Origin};

/// Who calls a use case, and from where.
#[derive(Debug, Clone)]
pub struct Call {
    /// The signed-in person, with the roles held now.
    pub principal: Principal,
    /// Address, client, correlation id and credential, for the audit log.
    pub origin: Origin,
}

impl Call {
    /// The session that the person acts in, if it is one.
    pub fn session(&self) -> Option<SessionId> {
        self.origin.credential.and_then(Credential::session)
    }
}
