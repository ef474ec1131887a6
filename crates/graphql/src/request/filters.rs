use async_graphql::{Enum, ID, InputObject, Result};
use nexusflow_application::request;

use super::kinds::{HumanKind, RequestStatus};
use crate::connection::SortKey;
use crate::error::argument_id;
use crate::scalar::DateTime;

/// Which requests a list shows; every given part must hold.
#[derive(Debug, Clone, Default, InputObject)]
pub struct RequestFilter {
    /// In one of these states; all when empty.
    #[graphql(default)]
    statuses: Vec<RequestStatus>,
    /// Of this workflow.
    workflow_id: Option<ID>,
    /// Started by this person.
    requester_id: Option<ID>,
    /// With exactly this reference.
    reference: Option<String>,
    /// Live, with the due date before this instant.
    overdue_at: Option<DateTime>,
}

impl RequestFilter {
    pub(super) fn read(self) -> Result<request::RequestFilter> {
        Ok(request::RequestFilter {
            statuses: self.statuses.into_iter().map(Into::into).collect(),
            workflow: self.workflow_id.map(|id| argument_id(&id, "filter.workflowId")).transpose()?,
            requester: self.requester_id.map(|id| argument_id(&id, "filter.requesterId")).transpose()?,
            parent: None,
            reference: self.reference,
            overdue_at: self.overdue_at.map(|at| at.0),
        })
    }
}

/// How a list of requests is sorted; ties by id.
#[derive(Debug, Clone, Copy, InputObject)]
pub struct RequestOrder {
    /// By what.
    field: RequestOrderField,
    /// In which direction.
    direction: OrderDirection,
}

/// What requests can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "request::RequestOrderField")]
pub enum RequestOrderField {
    /// Creation.
    CreatedAt,
    /// Due date; those without one after all others when ascending.
    DueAt,
}

/// In which direction a list is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum OrderDirection {
    /// Smallest or earliest first.
    Asc,
    /// Greatest or latest first.
    Desc,
}

impl RequestOrder {
    /// What cursors of a list sorted so hold.
    pub(super) const fn sort_key(self) -> SortKey {
        match self.field {
            RequestOrderField::CreatedAt => SortKey::Id,
            RequestOrderField::DueAt => SortKey::Time,
        }
    }
}

impl Default for RequestOrder {
    fn default() -> Self {
        Self { field: RequestOrderField::CreatedAt, direction: OrderDirection::Desc }
    }
}

impl From<RequestOrder> for request::RequestOrder {
    fn from(order: RequestOrder) -> Self {
        Self { field: order.field.into(), descending: order.direction == OrderDirection::Desc }
    }
}

/// Which open steps an inbox shows; every given part must hold.
#[derive(Debug, Clone, Default, InputObject)]
pub struct InboxFilter {
    /// Of this workflow.
    workflow_id: Option<ID>,
    /// Only those the caller has claimed (true), or nobody has (false).
    claimed: Option<bool>,
    /// Only tasks, or only approvals.
    kind: Option<HumanKind>,
}

impl InboxFilter {
    pub(super) fn read(self) -> Result<request::InboxFilter> {
        let workflow = self.workflow_id.map(|id| argument_id(&id, "filter.workflowId")).transpose()?;
        Ok(request::InboxFilter { workflow, claimed: self.claimed, kind: self.kind.map(Into::into) })
    }
}

/// Which failed steps a list shows; every given part must hold.
#[derive(Debug, Clone, Default, InputObject)]
pub struct FailedStepFilter {
    /// Whose jobs were for workers of this type.
    job_type: Option<String>,
    /// Of requests of this workflow.
    workflow_id: Option<ID>,
    /// Whose jobs go exactly there: a job type of workers, host and port in lower case (`api.example.org:443`), or
    /// `smtp`.
    target: Option<String>,
    /// Which failed with an error that contains this text, whatever the case of its letters.
    error_contains: Option<String>,
    /// Which failed before this instant.
    failed_before: Option<DateTime>,
}

impl FailedStepFilter {
    pub(super) fn read(self) -> Result<request::FailedStepFilter> {
        Ok(request::FailedStepFilter {
            job_type: self.job_type,
            workflow: self.workflow_id.map(|id| argument_id(&id, "filter.workflowId")).transpose()?,
            target: self.target,
            error_contains: self.error_contains,
            failed_before: self.failed_before.map(|at| at.0),
            retryable: false,
        })
    }
}
