use std::sync::Arc;

use nexusflow_domain::ids::{RequestId, RequestStepId};
use nexusflow_domain::insight::AuditRecord;

use crate::access::{Authorizer, actions};
use crate::application::Ports;
use crate::insight::AuditReader;
use crate::platform::Clock;
use crate::request::gathered::GatheredReads;
use crate::request::{
    Escalation, FailedStepFilter, InboxFilter, InboxItem, Notification, NotificationReader, Request, RequestFilter,
    RequestOrder, RequestReader, RequestStep, StepReader,
};
use crate::{Call, Page, PageRequest, Result};

/// The most requests counted.
const COUNT_CAP: u64 = 10_000;

/// Everything that reads requests, as far as the caller may see them.
pub struct RequestReadService {
    authorizer: Authorizer,
    gathered: GatheredReads,
    requests: Arc<dyn RequestReader>,
    steps: Arc<dyn StepReader>,
    notifications: Arc<dyn NotificationReader>,
    audit: Arc<dyn AuditReader>,
    clock: Arc<dyn Clock>,
}

impl RequestReadService {
    pub(crate) fn new(ports: &Ports, authorizer: Authorizer) -> Self {
        Self {
            authorizer,
            gathered: GatheredReads::new(ports.request_reader.clone(), ports.steps.clone()),
            requests: ports.request_reader.clone(),
            steps: ports.steps.clone(),
            notifications: ports.notifications.clone(),
            audit: ports.audit.clone(),
            clock: ports.clock.clone(),
        }
    }

    /// Those of the given requests that the caller may see.
    pub async fn requests(&self, call: &Call, ids: &[RequestId]) -> Result<Vec<Request>> {
        let scope = self.authorizer.request_scope(call).await?;
        Ok(self.gathered.requests(&scope, ids).await?)
    }

    /// A page of the requests that the caller may see.
    pub async fn list(
        &self,
        call: &Call,
        filter: &RequestFilter,
        order: RequestOrder,
        page: &PageRequest,
    ) -> Result<Page<Request>> {
        let scope = self.authorizer.request_scope(call).await?;
        Ok(self.requests.list_requests(&scope, filter, order, page).await?)
    }

    /// How many there are, counted up to 10,000.
    pub async fn count(&self, call: &Call, filter: &RequestFilter) -> Result<u64> {
        let scope = self.authorizer.request_scope(call).await?;
        Ok(self.requests.count_requests(&scope, filter, COUNT_CAP).await?)
    }

    /// Executions of steps, of requests that the caller may see.
    pub async fn steps(&self, call: &Call, ids: &[(RequestId, RequestStepId)]) -> Result<Vec<RequestStep>> {
        let requests: Vec<RequestId> = ids.iter().map(|(request, _)| *request).collect();
        let visible = self.visible(call, &requests).await?;
        let ids: Vec<_> = ids.iter().copied().filter(|(request, _)| visible.contains(request)).collect();
        Ok(self.steps.steps(&self.authorizer.member(call).scope(), &ids).await?)
    }

    /// All executions of steps of the given requests, as far as the caller may see them, by request and id.
    pub async fn steps_of(&self, call: &Call, requests: &[RequestId]) -> Result<Vec<RequestStep>> {
        let visible = self.visible(call, requests).await?;
        Ok(self.gathered.steps_of(&self.authorizer.member(call).scope(), &visible).await?)
    }

    /// Missed deadlines of the given requests, as far as the caller may see them.
    pub async fn escalations_of(&self, call: &Call, requests: &[RequestId]) -> Result<Vec<Escalation>> {
        let visible = self.visible(call, requests).await?;
        Ok(self.steps.escalations_of(&self.authorizer.member(call).scope(), &visible).await?)
    }

    /// What the caller may act on now, by due date, for himself or on behalf of somebody else.
    pub async fn inbox(&self, call: &Call, filter: &InboxFilter, page: &PageRequest) -> Result<Page<InboxItem>> {
        Ok(self.steps.inbox(&self.authorizer.member(call), self.clock.now(), filter, page).await?)
    }

    /// Open steps that cannot go on by themselves, oldest first. Needs `MANAGE_REQUEST`, in the workflow if the
    /// filter names one.
    pub async fn failed_steps(
        &self,
        call: &Call,
        filter: &FailedStepFilter,
        page: &PageRequest,
    ) -> Result<Page<RequestStep>> {
        let permit = self.authorizer.require_for::<actions::ManageRequest>(call, filter.workflow, None).await?;
        Ok(self.steps.failed_steps(&permit, filter, page).await?)
    }

    /// Messages to the caller, newest first.
    pub async fn notifications(&self, call: &Call, page: &PageRequest) -> Result<Page<Notification>> {
        Ok(self.notifications.notifications(&self.authorizer.member(call), page).await?)
    }

    /// A part of a request's journal, by number; `None` when the caller may not see the request.
    pub async fn journal(
        &self,
        call: &Call,
        request: RequestId,
        page: &PageRequest,
    ) -> Result<Option<Page<AuditRecord>>> {
        if self.visible(call, &[request]).await?.is_empty() {
            return Ok(None);
        }
        Ok(Some(self.audit.journal(&self.authorizer.member(call).scope(), request, page).await?))
    }

    async fn visible(&self, call: &Call, requests: &[RequestId]) -> Result<Vec<RequestId>> {
        let scope = self.authorizer.request_scope(call).await?;
        if scope.involved().is_none() {
            return Ok(requests.to_vec());
        }
        Ok(self.gathered.requests(&scope, requests).await?.into_iter().map(|request| request.id).collect())
    }
}
