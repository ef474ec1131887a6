use async_graphql::SimpleObject;
use nexusflow_domain::insight::Origin;

/// From where somebody acted.
#[derive(Debug, Clone, SimpleObject)]
pub struct AuditOrigin {
    /// The client's address, as the server saw it.
    ip: Option<String>,
    /// The client's own name for itself.
    user_agent: Option<String>,
    /// Ties together everything that one call caused.
    correlation_id: Option<String>,
}

impl From<Origin> for AuditOrigin {
    fn from(origin: Origin) -> Self {
        Self { ip: origin.ip, user_agent: origin.user_agent, correlation_id: origin.correlation_id }
    }
}
