use nexusflow_domain::ids::{OrganizationId, RequestId, RequestStepId};

use crate::request::{Webhook, WebhookAddresses};

/// Addresses that say in plain text what they are for.
pub struct PlainWebhooks;

impl WebhookAddresses for PlainWebhooks {
    fn address(&self, Webhook { organization, request, step }: &Webhook) -> String {
        format!("/hooks/{organization}.{request}.{step}")
    }

    fn find(&self, token: &str) -> Option<Webhook> {
        let mut parts = token.split('.');
        let organization: OrganizationId = parts.next()?.parse().ok()?;
        let request: RequestId = parts.next()?.parse().ok()?;
        let step: RequestStepId = parts.next()?.parse().ok()?;
        Some(Webhook { organization, request, step })
    }
}
