use std::sync::Arc;

use nexusflow_domain::JsonMap;
use nexusflow_domain::ids::{OrganizationId, RequestId, RequestStepId};
use nexusflow_domain::insight::Origin;
use nexusflow_domain::request::Command;

use crate::access::Scope;
use crate::application::Ports;
use crate::request::RequestService;
use crate::request::execution::Acting;
use crate::{Call, Refused, Result};

/// An execution of a step that waits for a call of its own address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Webhook {
    /// The tenant.
    pub organization: OrganizationId,
    /// The request.
    pub request: RequestId,
    /// The execution.
    pub step: RequestStepId,
}

/// Makes addresses that nobody can guess, and knows them again.
pub trait WebhookAddresses: Send + Sync {
    /// Where to call: `/hooks/` and a token, after the public URL if one is set.
    fn address(&self, hook: &Webhook) -> String;

    /// What a token was made for; `None` when it was not made here.
    fn find(&self, token: &str) -> Option<Webhook>;
}

/// Calls from outside that steps wait for.
pub struct WebhookService {
    requests: Arc<RequestService>,
    addresses: Arc<dyn WebhookAddresses>,
}

impl WebhookService {
    pub(crate) fn new(ports: &Ports, requests: Arc<RequestService>) -> Self {
        Self { requests, addresses: ports.webhooks.clone() }
    }

    /// The address of an execution. Whoever knows it may end the step, so it needs `MANAGE_REQUEST`.
    pub async fn address(&self, call: &Call, request: RequestId, step: RequestStepId) -> Result<String> {
        self.requests.require_management(call, request, false).await?;
        Ok(self.addresses.address(&Webhook { organization: call.principal.organization, request, step }))
    }

    /// What a token leads to, if it is genuine.
    pub fn find(&self, token: &str) -> Option<Webhook> {
        self.addresses.find(token)
    }

    /// Ends the step that waits for the call.
    #[tracing::instrument(skip_all, fields(request = %hook.request, step = %hook.step))]
    pub async fn call(&self, hook: Webhook, payload: JsonMap, origin: &Origin) -> Result<()> {
        let Webhook { organization, request, step } = hook;
        if self.requests.authorizer.snapshot(organization).await?.members.is_empty() {
            // Only an organization that was deleted has nobody.
            return Err(Refused::NotFound { kind: "request", id: request.to_string() }.into());
        }
        let acting = Acting::Outside { scope: Scope::system(organization), origin };
        self.requests.execute(acting, request, &Command::CallWebhook { step, payload }, None).await.map(drop)
    }
}
