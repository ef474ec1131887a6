use async_graphql::{ID, SimpleObject};
use nexusflow_domain::insight::{Credential, Origin};

/// From where somebody acted.
#[derive(Debug, Clone, SimpleObject)]
pub struct AuditOrigin {
    /// The client's address, as the server saw it.
    ip: Option<String>,
    /// The client's own name for itself.
    user_agent: Option<String>,
    /// Ties together everything that one call caused.
    correlation_id: Option<String>,
    /// The session he acted in.
    session_id: Option<ID>,
}

impl From<Origin> for AuditOrigin {
    fn from(origin: Origin) -> Self {
        let session = origin.credential.and_then(Credential::session);
        Self {
            ip: origin.ip,
            user_agent: origin.user_agent,
            correlation_id: origin.correlation_id,
            session_id: session.map(|session| session.to_string().into()),
        }
    }
}
