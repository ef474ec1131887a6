use async_graphql::{ID, InputObject, Result};
use nexusflow_application::insight;

use crate::error::argument_id;
use crate::scalar::DateTime;

/// Which records a list shows; every given part must hold.
#[derive(Debug, Clone, Default, InputObject)]
pub struct AuditFilter {
    /// Caused by this person.
    actor_id: Option<ID>,
    /// About this request: its journal, and the denials of those who may not act on it.
    request_id: Option<ID>,
    /// At or after this instant.
    from: Option<DateTime>,
    /// Before this instant.
    until: Option<DateTime>,
    /// Of this kind, such as `STEP_COMPLETED`.
    event: Option<String>,
}

impl AuditFilter {
    pub(super) fn read(self) -> Result<insight::AuditFilter> {
        Ok(insight::AuditFilter {
            actor: self.actor_id.map(|id| argument_id(&id, "filter.actorId")).transpose()?,
            request: self.request_id.map(|id| argument_id(&id, "filter.requestId")).transpose()?,
            from: self.from.map(|at| at.0),
            until: self.until.map(|at| at.0),
            event: self.event,
        })
    }
}
