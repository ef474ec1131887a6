use nexusflow_domain::ids::{OrganizationId, RequestId, RequestStepId};
use nexusflow_domain::request::Command;

use crate::access::Scope;
use crate::request::RequestService;
use crate::request::execution::Acting;
use crate::{Error, StoreError};

/// Claims looked at in one statement.
const AT_ONCE: u32 = 200;

/// An open step that somebody claimed who is no active member any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AbandonedClaim {
    /// The tenant.
    pub organization: OrganizationId,
    /// The request.
    pub request: RequestId,
    /// The execution.
    pub step: RequestStepId,
}

impl RequestService {
    /// Gives back what people had claimed who are no active members any more, so that others see it: of one tenant, or
    /// of all. What cannot be given back now, such as a step of a suspended request, is found again next time.
    #[tracing::instrument(skip_all)]
    pub async fn release_abandoned(&self, organization: Option<OrganizationId>) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let found = self.reader.abandoned_claims(organization, after, AT_ONCE).await?;
            for claim in &found {
                let acting = Acting::Worker { scope: Scope::system(claim.organization), lease: None };
                let command = Command::Release { step: claim.step, forced: true };
                match self.execute(acting, claim.request, &command, None).await {
                    Ok(_) | Err(Error::Refused(_)) => {}
                    Err(Error::Store(error)) => return Err(error),
                }
            }
            if found.len() < AT_ONCE as usize {
                return Ok(());
            }
            after = found.last().map(|claim| claim.step);
        }
    }
}
