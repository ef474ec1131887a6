use nexusflow_application::StoreError;
use nexusflow_application::request::{Escalation, RequestStep, StepInstance, StepJob};
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{EscalationId, RequestId, RequestStepId, RoleId, UserId, WorkflowStepId};
use sea_orm::FromQueryResult;
use uuid::Uuid;

use crate::encoding::{from_json, parsed, unsigned};

/// A row of `request_steps`.
#[derive(FromQueryResult)]
pub(super) struct StepRow {
    id: Uuid,
    request_id: Uuid,
    workflow_step_id: Uuid,
    step_key: String,
    status: String,
    is_human: bool,
    attempt: i32,
    required_role_id: Option<Uuid>,
    assignee_id: Option<Uuid>,
    claimed_by: Option<Uuid>,
    claimed_on_behalf_of: Option<Uuid>,
    votes: i32,
    called_id: Option<Uuid>,
    outcome: Option<String>,
    completed_by: Option<Uuid>,
    completed_on_behalf_of: Option<Uuid>,
    comment: Option<String>,
    started_at: Option<Timestamp>,
    completed_at: Option<Timestamp>,
    deadline: Option<Timestamp>,
    job_type: Option<String>,
    target: Option<String>,
    failed_attempts: i32,
    last_error: Option<String>,
    next_attempt_at: Option<Timestamp>,
    instance_of: Option<Uuid>,
    instance_index: Option<i32>,
    item: Option<String>,
    input: Option<String>,
}

impl StepRow {
    pub const COLUMNS: &[&str] = &[
        "id",
        "request_id",
        "workflow_step_id",
        "step_key",
        "status",
        "is_human",
        "attempt",
        "required_role_id",
        "assignee_id",
        "claimed_by",
        "claimed_on_behalf_of",
        "votes",
        "called_id",
        "outcome",
        "completed_by",
        "completed_on_behalf_of",
        "comment",
        "started_at",
        "completed_at",
        "deadline",
        "job_type",
        "target",
        "failed_attempts",
        "last_error",
        "next_attempt_at",
        "instance_of",
        "instance_index",
        "item",
        "input",
    ];
}

impl TryFrom<StepRow> for RequestStep {
    type Error = StoreError;

    fn try_from(row: StepRow) -> Result<Self, StoreError> {
        const TABLE: &str = "request_steps";
        let id = RequestStepId::from_uuid(row.id);
        let failed = unsigned(TABLE, &id, "failed_attempts", row.failed_attempts.into())?;
        let (target, last_error, next_attempt) = (row.target, row.last_error, row.next_attempt_at);
        let job = row.job_type.map(|job_type| StepJob { job_type, target, failed, last_error, next_attempt });
        Ok(Self {
            id,
            request: RequestId::from_uuid(row.request_id),
            workflow_step: WorkflowStepId::from_uuid(row.workflow_step_id),
            step: parsed(TABLE, &id, "step_key", &row.step_key)?,
            status: parsed(TABLE, &id, "status", &row.status)?,
            is_human: row.is_human,
            attempt: unsigned(TABLE, &id, "attempt", row.attempt.into())?,
            required_role: row.required_role_id.map(RoleId::from_uuid),
            assignee: row.assignee_id.map(UserId::from_uuid),
            claimed_by: row.claimed_by.map(UserId::from_uuid),
            claimed_on_behalf_of: row.claimed_on_behalf_of.map(UserId::from_uuid),
            votes: unsigned(TABLE, &id, "votes", row.votes.into())?,
            called: row.called_id.map(RequestId::from_uuid),
            outcome: row.outcome.map(|text| parsed(TABLE, &id, "outcome", &text)).transpose()?,
            completed_by: row.completed_by.map(UserId::from_uuid),
            completed_on_behalf_of: row.completed_on_behalf_of.map(UserId::from_uuid),
            comment: row.comment,
            started_at: row.started_at,
            completed_at: row.completed_at,
            deadline: row.deadline,
            job,
            instance: match (row.instance_of, row.instance_index, row.item) {
                (Some(of), Some(index), Some(item)) => Some(StepInstance {
                    of: RequestStepId::from_uuid(of),
                    index: unsigned(TABLE, &id, "instance_index", index.into())?,
                    item: from_json(TABLE, &id, "item", &item)?,
                }),
                _ => None,
            },
            input: row.input.map(|text| from_json(TABLE, &id, "input", &text)).transpose()?,
        })
    }
}

/// A row of `sla_escalations`.
#[derive(FromQueryResult)]
pub(super) struct EscalationRow {
    id: Uuid,
    request_id: Uuid,
    request_step_id: Option<Uuid>,
    rung: i32,
    action: String,
    detail: String,
    missed_deadline: Timestamp,
    escalated_at: Timestamp,
}

impl TryFrom<EscalationRow> for Escalation {
    type Error = StoreError;

    fn try_from(row: EscalationRow) -> Result<Self, StoreError> {
        const TABLE: &str = "sla_escalations";
        let id = EscalationId::from_uuid(row.id);
        Ok(Self {
            id,
            request: RequestId::from_uuid(row.request_id),
            request_step: row.request_step_id.map(RequestStepId::from_uuid),
            rung: unsigned(TABLE, &id, "rung", row.rung.into())?,
            action: row.action,
            detail: from_json(TABLE, &id, "detail", &row.detail)?,
            missed_deadline: row.missed_deadline,
            escalated_at: row.escalated_at,
        })
    }
}
