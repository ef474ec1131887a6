//! Step rows: the changes of one unit are first put together per row, so that a row is written once.

use std::collections::{BTreeMap, BTreeSet};

use crate::transaction::Transaction;
use nexusflow_application::StoreError;
use nexusflow_application::request::{RequestStep, StepChange, StepJob};
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{OrganizationId, RequestId, RequestStepId, RoleId, UserId};
use nexusflow_domain::request::RequestStepStatus;
use nexusflow_domain::workflow::Outcome;
use sea_orm::Value;

use crate::encoding::{due_order, json, storable};
use crate::error::store_error;
use crate::write::sql::{execute, expect_rows, list, signed_short, try_insert};

const PUT: &str = "INSERT INTO request_steps (request_id, id, organization_id, workflow_step_id, step_key, status, \
    is_human, attempt, required_role_id, assignee_id, claimed_by, claimed_on_behalf_of, votes, called_id, outcome, \
    completed_by, completed_on_behalf_of, comment, started_at, completed_at, deadline, due_order, instance_of, \
    instance_index, item, input, job_type, failed_attempts, last_error, next_attempt_at, created_at)";

const PUT_ANEW: &str = "ON CONFLICT (request_id, id) DO UPDATE SET workflow_step_id = excluded.workflow_step_id, \
    step_key = excluded.step_key, status = excluded.status, is_human = excluded.is_human, \
    attempt = excluded.attempt, required_role_id = excluded.required_role_id, assignee_id = excluded.assignee_id, \
    claimed_by = excluded.claimed_by, claimed_on_behalf_of = excluded.claimed_on_behalf_of, votes = excluded.votes, \
    called_id = excluded.called_id, outcome = excluded.outcome, completed_by = excluded.completed_by, \
    completed_on_behalf_of = excluded.completed_on_behalf_of, \
    comment = excluded.comment, started_at = excluded.started_at, completed_at = excluded.completed_at, \
    deadline = excluded.deadline, due_order = excluded.due_order, instance_of = excluded.instance_of, \
    instance_index = excluded.instance_index, item = excluded.item, input = excluded.input, \
    job_type = excluded.job_type, failed_attempts = excluded.failed_attempts, \
    last_error = excluded.last_error, next_attempt_at = excluded.next_attempt_at";

/// Writes what becomes of a request's steps.
pub(super) async fn write_steps(
    transaction: &Transaction,
    organization: OrganizationId,
    request: RequestId,
    changes: Vec<StepChange>,
    at: Timestamp,
) -> Result<(), StoreError> {
    let merged = Merged::of(changes);
    let rows: Vec<[Value; 31]> =
        merged.rows.into_values().map(|step| row(organization, request, step, at)).collect::<Result<_, _>>()?;
    let expected = rows.len() as u64;
    let affected = try_insert(transaction, PUT, rows, PUT_ANEW).await.map_err(store_error)?;
    expect_rows("request_steps", expected, affected)?;
    for (patch, ids) in grouped(merged.patches) {
        patch.write(transaction, organization, request, &ids).await?;
    }
    insert_exclusions(transaction, organization, request, &merged.exclusions).await
}

/// The changes of a unit, per row.
#[derive(Debug, Default)]
struct Merged {
    rows: BTreeMap<RequestStepId, RequestStep>,
    patches: BTreeMap<RequestStepId, Patch>,
    exclusions: BTreeSet<(RequestStepId, UserId)>,
}

impl Merged {
    fn of(changes: Vec<StepChange>) -> Self {
        let mut merged = Self::default();
        for change in changes {
            match change {
                StepChange::Put(row) => {
                    merged.patches.remove(&row.id);
                    merged.rows.insert(row.id, *row);
                }
                StepChange::Exclude { id, users } => {
                    merged.exclusions.extend(users.into_iter().map(|user| (id, user)));
                }
                StepChange::Claim { id, by, on_behalf_of } => {
                    merged.patch(id, |patch| patch.claim = Some((by, on_behalf_of)));
                }
                StepChange::CountVotes { id, votes } => merged.patch(id, |patch| patch.votes = Some(votes)),
                StepChange::Reassign { id, role } => merged.patch(id, |patch| {
                    patch.required_role = Some(role);
                    patch.claim = Some((None, None));
                }),
                StepChange::Finish { id, status, outcome, by, on_behalf_of, comment, at } => {
                    let finish = Finish { status, outcome, by, on_behalf_of, comment, at };
                    merged.patch(id, |patch| patch.finish = Some(finish));
                }
                StepChange::MoveDeadline { id, deadline } => {
                    merged.patch(id, |patch| patch.deadline = Some(deadline));
                }
                StepChange::Work { id, job } => merged.patch(id, |patch| patch.job = Some(job)),
            }
        }
        merged
    }

    /// Changes the row that this unit puts, or the stored one.
    fn patch(&mut self, id: RequestStepId, change: impl FnOnce(&mut Patch)) {
        if let Some(row) = self.rows.get_mut(&id) {
            let mut patch = Patch::default();
            change(&mut patch);
            patch.apply(row);
        } else {
            change(self.patches.entry(id).or_default());
        }
    }
}

/// What changes in a stored row.
#[expect(clippy::option_option, reason = "outside: whether it changes; inside: to what, or to nothing")]
#[derive(Debug, Clone, Default, PartialEq)]
struct Patch {
    /// The role that is asked from now on, and no person.
    required_role: Option<RoleId>,
    /// By whom it is claimed, and on whose behalf.
    claim: Option<(Option<UserId>, Option<UserId>)>,
    votes: Option<u32>,
    finish: Option<Finish>,
    deadline: Option<Option<Timestamp>>,
    job: Option<StepJob>,
}

#[derive(Debug, Clone, PartialEq)]
struct Finish {
    status: RequestStepStatus,
    outcome: Option<Outcome>,
    by: Option<UserId>,
    on_behalf_of: Option<UserId>,
    comment: Option<String>,
    at: Timestamp,
}

impl Patch {
    fn apply(self, row: &mut RequestStep) {
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
    fn columns(self) -> Vec<(&'static str, Value)> {
        let mut columns: Vec<(&'static str, Value)> = Vec::new();
        let next_attempt = match &self.finish {
            Some(_) => Some(None),
            None => self.job.as_ref().map(|job| job.next_attempt),
        };
        if let Some(at) = next_attempt {
            columns.push(("next_attempt_at", at.map(storable).into()));
        }
        if let Some(job) = self.job {
            columns.push(("job_type", job.job_type.into()));
            columns.push(("failed_attempts", signed_short(job.failed)));
            columns.push(("last_error", job.last_error.into()));
        }
        if let Some(role) = self.required_role {
            columns.push(("required_role_id", role.uuid().into()));
            columns.push(("assignee_id", Value::Uuid(None)));
        }
        if let Some((by, on_behalf_of)) = self.claim {
            columns.push(("claimed_by", by.map(UserId::uuid).into()));
            columns.push(("claimed_on_behalf_of", on_behalf_of.map(UserId::uuid).into()));
        }
        if let Some(votes) = self.votes {
            columns.push(("votes", signed_short(votes)));
        }
        if let Some(finish) = self.finish {
            columns.push(("status", finish.status.as_str().into()));
            columns.push(("outcome", finish.outcome.map(String::from).into()));
            columns.push(("completed_by", finish.by.map(UserId::uuid).into()));
            columns.push(("completed_on_behalf_of", finish.on_behalf_of.map(UserId::uuid).into()));
            columns.push(("comment", finish.comment.into()));
            columns.push(("completed_at", storable(finish.at).into()));
        }
        if let Some(deadline) = self.deadline {
            columns.push(("deadline", deadline.map(storable).into()));
            columns.push(("due_order", due_order(deadline).into()));
        }
        columns
    }

    /// Changes stored rows; an error when one of them is not there.
    async fn write(
        self,
        transaction: &Transaction,
        organization: OrganizationId,
        request: RequestId,
        ids: &[RequestStepId],
    ) -> Result<(), StoreError> {
        let (names, mut values): (Vec<_>, Vec<_>) = self.columns().into_iter().unzip();
        let assignments: Vec<String> = (1..).zip(names).map(|(number, name)| format!("{name} = ${number}")).collect();
        let next = values.len() + 1;
        values.extend([request.uuid().into(), organization.uuid().into()]);
        values.extend(ids.iter().map(|id| Value::from(id.uuid())));
        let sql = format!(
            "UPDATE request_steps SET {} WHERE request_id = ${next} AND organization_id = ${} AND id IN {}",
            assignments.join(", "),
            next + 1,
            list(next + 2, ids.len())
        );
        let affected = execute(transaction, sql, values).await?;
        expect_rows("request_steps", ids.len() as u64, affected)
    }
}

/// Rows that change alike are changed by one statement.
fn grouped(patches: BTreeMap<RequestStepId, Patch>) -> Vec<(Patch, Vec<RequestStepId>)> {
    let mut groups: Vec<(Patch, Vec<RequestStepId>)> = Vec::new();
    for (id, patch) in patches {
        match groups.iter_mut().find(|(other, _)| *other == patch) {
            Some((_, ids)) => ids.push(id),
            None => groups.push((patch, vec![id])),
        }
    }
    groups
}

async fn insert_exclusions(
    transaction: &Transaction,
    organization: OrganizationId,
    request: RequestId,
    exclusions: &BTreeSet<(RequestStepId, UserId)>,
) -> Result<(), StoreError> {
    let head = "INSERT INTO request_step_exclusions (request_id, step_id, user_id, organization_id)";
    let row = |(step, user): &(RequestStepId, UserId)| {
        [request.uuid().into(), step.uuid().into(), user.uuid().into(), organization.uuid().into()]
    };
    let rows: Vec<[Value; 4]> = exclusions.iter().map(row).collect();
    let tail = "ON CONFLICT (request_id, step_id, user_id) DO NOTHING";
    try_insert(transaction, head, rows, tail).await.map(drop).map_err(store_error)
}

fn row(
    organization: OrganizationId,
    request: RequestId,
    step: RequestStep,
    at: Timestamp,
) -> Result<[Value; 31], StoreError> {
    let instance = step.instance.as_ref();
    let (job_type, failed, last_error, next_attempt) = match step.job {
        Some(job) => (Some(job.job_type), job.failed, job.last_error, job.next_attempt),
        None => (None, 0, None, None),
    };
    Ok([
        request.uuid().into(),
        step.id.uuid().into(),
        organization.uuid().into(),
        step.workflow_step.uuid().into(),
        step.step.as_str().into(),
        step.status.as_str().into(),
        step.is_human.into(),
        signed_short(step.attempt),
        step.required_role.map(RoleId::uuid).into(),
        step.assignee.map(UserId::uuid).into(),
        step.claimed_by.map(UserId::uuid).into(),
        step.claimed_on_behalf_of.map(UserId::uuid).into(),
        signed_short(step.votes),
        step.called.map(RequestId::uuid).into(),
        step.outcome.map(String::from).into(),
        step.completed_by.map(UserId::uuid).into(),
        step.completed_on_behalf_of.map(UserId::uuid).into(),
        step.comment.into(),
        step.started_at.map(storable).into(),
        step.completed_at.map(storable).into(),
        step.deadline.map(storable).into(),
        due_order(step.deadline).into(),
        instance.map(|instance| instance.of.uuid()).into(),
        instance.map(|instance| i32::try_from(instance.index).unwrap_or(i32::MAX)).into(),
        instance.map(|instance| json(&instance.item)).transpose()?.into(),
        step.input.as_ref().map(json).transpose()?.into(),
        job_type.into(),
        signed_short(failed),
        last_error.into(),
        next_attempt.map(storable).into(),
        storable(at).into(),
    ])
}
