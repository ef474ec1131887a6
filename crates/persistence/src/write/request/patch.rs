//! What changes in step rows that are stored.

use nexusflow_application::StoreError;
use nexusflow_application::request::{RequestStep, StepJob};
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{RoleId, UserId};
use nexusflow_domain::request::RequestStepStatus;
use nexusflow_domain::workflow::Outcome;
use sea_orm::Value;

use crate::encoding::{due_order, storable};
use crate::error::store_error;
use crate::rows::{Column, Kind, Rows};
use crate::transaction::Transaction;
use crate::write::sql::{expect_rows, signed_short};

/// The columns by which a patch finds its row.
const KEY: [Column; 3] = [("request_id", Kind::Uuid), ("id", Kind::Uuid), ("organization_id", Kind::Uuid)];

/// What changes in a stored row.
#[expect(clippy::option_option, reason = "outside: whether it changes; inside: to what, or to nothing")]
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Patch {
    /// The role that is asked from now on, and no person.
    pub required_role: Option<RoleId>,
    /// By whom it is claimed, and on whose behalf.
    pub claim: Option<(Option<UserId>, Option<UserId>)>,
    pub votes: Option<u32>,
    pub finish: Option<Finish>,
    pub deadline: Option<Option<Timestamp>>,
    pub job: Option<StepJob>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Finish {
    pub status: RequestStepStatus,
    pub outcome: Option<Outcome>,
    pub by: Option<UserId>,
    pub on_behalf_of: Option<UserId>,
    pub comment: Option<String>,
    pub at: Timestamp,
}

impl Patch {
    /// Changes a row that is not stored yet.
    pub fn apply(self, row: &mut RequestStep) {
        if let Some(job) = self.job {
            row.job = Some(job);
        }
        if let Some(role) = self.required_role {
            row.required_role = Some(role);
            row.assignee = None;
        }
        if let Some(claim) = self.claim {
            (row.claimed_by, row.claimed_on_behalf_of) = claim;
        }
        if let Some(votes) = self.votes {
            row.votes = votes;
        }
        if let Some(finish) = self.finish {
            row.status = finish.status;
            row.outcome = finish.outcome;
            row.completed_by = finish.by;
            row.completed_on_behalf_of = finish.on_behalf_of;
            row.comment = finish.comment;
            row.completed_at = Some(finish.at);
            row.job = row.job.take().map(|job| StepJob { next_attempt: None, ..job });
        }
        if let Some(deadline) = self.deadline {
            row.deadline = deadline;
        }
    }

    /// The columns that change.
    pub fn columns(self) -> Vec<(Column, Value)> {
        let mut columns: Vec<(Column, Value)> = Vec::new();
        let next_attempt = match &self.finish {
            Some(_) => Some(None),
            None => self.job.as_ref().map(|job| job.next_attempt),
        };
        if let Some(at) = next_attempt {
            columns.push((("next_attempt_at", Kind::Time), at.map(storable).into()));
        }
        if let Some(job) = self.job {
            columns.push((("job_type", Kind::Text), job.job_type.into()));
            columns.push((("failed_attempts", Kind::Int), signed_short(job.failed)));
            columns.push((("last_error", Kind::Text), job.last_error.into()));
        }
        if let Some(role) = self.required_role {
            columns.push((("required_role_id", Kind::Uuid), role.uuid().into()));
            columns.push((("assignee_id", Kind::Uuid), Value::Uuid(None)));
        }
        if let Some((by, on_behalf_of)) = self.claim {
            columns.push((("claimed_by", Kind::Uuid), by.map(UserId::uuid).into()));
            columns.push((("claimed_on_behalf_of", Kind::Uuid), on_behalf_of.map(UserId::uuid).into()));
        }
        if let Some(votes) = self.votes {
            columns.push((("votes", Kind::Int), signed_short(votes)));
        }
        if let Some(finish) = self.finish {
            columns.push((("status", Kind::Text), finish.status.as_str().into()));
            columns.push((("outcome", Kind::Text), finish.outcome.map(String::from).into()));
            columns.push((("completed_by", Kind::Uuid), finish.by.map(UserId::uuid).into()));
            columns.push((("completed_on_behalf_of", Kind::Uuid), finish.on_behalf_of.map(UserId::uuid).into()));
            columns.push((("comment", Kind::Text), finish.comment.into()));
            columns.push((("completed_at", Kind::Time), storable(finish.at).into()));
        }
        if let Some(deadline) = self.deadline {
            columns.push((("deadline", Kind::Time), deadline.map(storable).into()));
            columns.push((("due_order", Kind::Time), due_order(deadline).into()));
        }
        columns
    }
}

/// Changes stored rows, those whose patches have the same columns by one statement; an error when one of them is
/// not there.
pub(super) async fn write_patches(
    transaction: &Transaction,
    patches: impl IntoIterator<Item = ([Value; 3], Patch)>,
) -> Result<(), StoreError> {
    let mut shapes: Vec<(Vec<Column>, Rows)> = Vec::new();
    for (key, patch) in patches {
        let (columns, cells): (Vec<Column>, Vec<Value>) = patch.columns().into_iter().unzip();
        let cells = key.into_iter().chain(cells);
        if let Some((_, rows)) = shapes.iter_mut().find(|(shape, _)| *shape == columns) {
            rows.push(cells);
            continue;
        }
        let all: Vec<Column> = KEY.into_iter().chain(columns.iter().copied()).collect();
        let mut rows = Rows::new(&all);
        rows.push(cells);
        shapes.push((columns, rows));
    }
    for (columns, rows) in shapes {
        let assignments: Vec<String> = columns.iter().map(|(name, _)| format!("{name} = v.{name}")).collect();
        let (assignments, expected) = (assignments.join(", "), rows.len() as u64);
        let text = |v: &str| {
            format!(
                "UPDATE request_steps AS s SET {assignments} FROM {v} \
                WHERE s.request_id = v.request_id AND s.id = v.id AND s.organization_id = v.organization_id"
            )
        };
        let affected = transaction.execute_over(rows, text).await.map_err(store_error)?;
        expect_rows("request_steps", expected, affected)?;
    }
    Ok(())
}
