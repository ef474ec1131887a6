use nexusflow_domain::access::Principal;
use nexusflow_domain::insight::Origin;

/// Who calls a use case, and from where.
#[derive(Debug, Clone)]
pub struct Call {
    /// The signed-in person, with the roles held now.
    pub principal: Principal,
    /// Address, client and correlation id, for the audit log.
    pub origin: Origin,
}
