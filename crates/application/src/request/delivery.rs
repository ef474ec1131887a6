//! Messages on their way to what waits for them. Whoever publishes one, and whoever opens a place that
//! waits, tries at once; what is missed there, because a server died or two were at it, is found by the
//! workers, who look at everything again and again. A message is received in the commit of the request
//! that receives it, so never twice.

use std::collections::VecDeque;

use nexusflow_domain::ids::{MessageId, OrganizationId, RequestId};
use nexusflow_domain::request::Command;

use crate::access::Scope;
use crate::request::execution::Acting;
use crate::request::{Address, Deliverable, RequestService};
use crate::{Error, Result, StoreError};

/// The most messages that one call sets in motion; workers deliver the others.
const MOST_AT_ONCE: usize = 100;
/// The most messages looked for at one address.
const MESSAGES: u32 = 10;
/// The most places that a message is offered to.
const RECEIVERS: u32 = 16;

impl RequestService {
    /// Delivers a message if something waits for it, and then what is kept for those who wait
    /// because of that. Returns whether this one was received now.
    pub(super) async fn deliver(&self, organization: OrganizationId, message: MessageId) -> Result<bool, StoreError> {
        let opened = self.offer(organization, message).await?;
        let received = opened.is_some();
        self.hand_over(organization, opened.unwrap_or_default()).await;
        Ok(received)
    }

    /// Delivers what is kept for places that wait since now. What fails is left to the workers.
    pub(super) async fn hand_over(&self, organization: OrganizationId, opened: Vec<Address>) {
        let mut opened = VecDeque::from(opened);
        let mut left = MOST_AT_ONCE;
        while let Some(address) = opened.pop_front() {
            match self.hand_over_at(organization, &address, &mut left).await {
                Ok(more) => opened.extend(more),
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    return tracing::warn!(%organization, error, "a kept message is delivered later");
                }
            }
        }
    }

    async fn hand_over_at(
        &self,
        organization: OrganizationId,
        address: &Address,
        left: &mut usize,
    ) -> Result<Vec<Address>, StoreError> {
        let mut opened = Vec::new();
        for message in self.messages.awaited_at(organization, address, MESSAGES).await? {
            let Some(fewer) = left.checked_sub(1) else { break };
            *left = fewer;
            opened.extend(self.offer(organization, message).await?.unwrap_or_default());
        }
        Ok(opened)
    }

    /// Offers a message to those who wait for it, the longest waiting first, until one receives it.
    /// Returns what that one begins to wait for; `None` when none did.
    async fn offer(
        &self,
        organization: OrganizationId,
        message: MessageId,
    ) -> Result<Option<Vec<Address>>, StoreError> {
        let found = self.messages.deliverable(organization, message, RECEIVERS).await?;
        let Some(Deliverable { payload, receivers }) = found else { return Ok(None) };
        let acting = Acting::Worker { scope: Scope::system(organization), lease: None };
        for (request, to) in receivers {
            let command = Command::Deliver { to, message, payload: payload.clone() };
            match self.attempt(acting, request, &command, None).await {
                Ok(done) if done.received => return Ok(Some(done.opened)),
                Ok(_) => {}
                Err(Error::Store(error @ (StoreError::Unavailable(_) | StoreError::Overloaded { .. }))) => {
                    return Err(error);
                }
                // One that cannot receive it must not keep it from the others.
                Err(error) => undelivered(request, message, &error),
            }
        }
        Ok(None)
    }
}

fn undelivered(request: RequestId, message: MessageId, error: &Error) {
    let error = error as &dyn std::error::Error;
    tracing::warn!(%request, %message, error, "a message was not delivered here");
}
