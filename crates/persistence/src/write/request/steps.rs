//! Step rows: the changes of a request's units are first put together per row, so that a row is written once.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use nexusflow_application::StoreError;
use nexusflow_application::request::{RequestStep, StepChange};
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{OrganizationId, RequestId, RequestStepId, RoleId, UserId};
use nexusflow_domain::request::RequestState;
use sea_orm::Value;

use crate::encoding::{due_order, json, storable};
use crate::error::store_error;
use crate::rows::{Column, Kind, Rows};
use crate::transaction::Transaction;
use crate::write::request::batch::Prepared;
use crate::write::request::patch::{Finish, Patch, write_patches};
use crate::write::sql::{expect_rows, insert, signed_short, try_insert};

const STEP: [Column; 32] = [
    ("request_id", Kind::Uuid),
    ("id", Kind::Uuid),
    ("organization_id", Kind::Uuid),
    ("workflow_step_id", Kind::Uuid),
    ("step_key", Kind::Text),
    ("status", Kind::Text),
    ("is_human", Kind::Bool),
    ("attempt", Kind::Int),
    ("required_role_id", Kind::Uuid),
    ("assignee_id", Kind::Uuid),
    ("claimed_by", Kind::Uuid),
    ("claimed_on_behalf_of", Kind::Uuid),
    ("votes", Kind::Int),
    ("called_id", Kind::Uuid),
    ("outcome", Kind::Text),
    ("completed_by", Kind::Uuid),
    ("completed_on_behalf_of", Kind::Uuid),
    ("comment", Kind::Text),
    ("started_at", Kind::Time),
    ("completed_at", Kind::Time),
    ("deadline", Kind::Time),
    ("due_order", Kind::Time),
    ("instance_of", Kind::Uuid),
    ("instance_index", Kind::Int),
    ("item", Kind::Text),
    ("input", Kind::Text),
    ("job_type", Kind::Text),
    ("target", Kind::Text),
    ("failed_attempts", Kind::Int),
    ("last_error", Kind::Text),
    ("next_attempt_at", Kind::Time),
    ("created_at", Kind::Time),
];

const EXCLUSION: [Column; 4] =
    [("request_id", Kind::Uuid), ("step_id", Kind::Uuid), ("user_id", Kind::Uuid), ("organization_id", Kind::Uuid)];

const PUT_ANEW: &str = "ON CONFLICT (request_id, id) DO UPDATE SET workflow_step_id = excluded.workflow_step_id, \
    step_key = excluded.step_key, status = excluded.status, is_human = excluded.is_human, \
    attempt = excluded.attempt, required_role_id = excluded.required_role_id, assignee_id = excluded.assignee_id, \
    claimed_by = excluded.claimed_by, claimed_on_behalf_of = excluded.claimed_on_behalf_of, votes = excluded.votes, \
    called_id = excluded.called_id, outcome = excluded.outcome, completed_by = excluded.completed_by, \
    completed_on_behalf_of = excluded.completed_on_behalf_of, \
    comment = excluded.comment, started_at = excluded.started_at, completed_at = excluded.completed_at, \
    deadline = excluded.deadline, due_order = excluded.due_order, instance_of = excluded.instance_of, \
    instance_index = excluded.instance_index, item = excluded.item, input = excluded.input, \
    job_type = excluded.job_type, target = excluded.target, failed_attempts = excluded.failed_attempts, \
    last_error = excluded.last_error, next_attempt_at = excluded.next_attempt_at";

/// Writes what becomes of requests' steps.
pub(super) async fn write_steps(transaction: &Transaction, units: &[&Prepared]) -> Result<(), StoreError> {
    let mut requests: BTreeMap<RequestId, Merged<'_>> = BTreeMap::new();
    for unit in units {
        let merged = requests.entry(unit.request()).or_insert_with(|| Merged::of(&unit.unit.state));
        merged.add(&unit.unit.steps, unit.unit.at);
    }
    let (mut new, mut anew) = (Rows::new(&STEP), Rows::new(&STEP));
    let (mut exclusions, mut patches) = (Rows::new(&EXCLUSION), Vec::new());
    for (request, merged) in requests {
        let organization = merged.organization;
        for Whole { step, at, is_new } in merged.rows.into_values() {
            let rows = if is_new { &mut new } else { &mut anew };
            rows.push(row(organization, request, step.into_owned(), at)?);
        }
        let key = |id: RequestStepId| [request.uuid().into(), id.uuid().into(), organization.uuid().into()];
        patches.extend(merged.patches.into_iter().map(|(id, patch)| (key(id), patch)));
        for (step, user) in merged.exclusions {
            exclusions.push([
                request.uuid().into(),
                step.uuid().into(),
                user.uuid().into(),
                organization.uuid().into(),
            ]);
        }
    }
    insert(transaction, "request_steps", new).await?;
    let expected = anew.len() as u64;
    let affected = try_insert(transaction, "request_steps", anew, PUT_ANEW).await.map_err(store_error)?;
    expect_rows("request_steps", expected, affected)?;
    write_patches(transaction, patches).await?;
    let once = "ON CONFLICT (request_id, step_id, user_id) DO NOTHING";
    try_insert(transaction, "request_step_exclusions", exclusions, once).await.map(drop).map_err(store_error)
}

/// The changes of a request's units, per row.
#[derive(Debug)]
struct Merged<'a> {
    organization: OrganizationId,
    rows: BTreeMap<RequestStepId, Whole<'a>>,
    patches: BTreeMap<RequestStepId, Patch>,
    exclusions: BTreeSet<(RequestStepId, UserId)>,
}

/// A whole row, and when it was decided.
#[derive(Debug)]
struct Whole<'a> {
    step: Cow<'a, RequestStep>,
    at: Timestamp,
    /// Whether it is not stored yet.
    is_new: bool,
}

impl<'a> Merged<'a> {
    const fn of(state: &RequestState) -> Self {
        let organization = state.organization;
        Self { organization, rows: BTreeMap::new(), patches: BTreeMap::new(), exclusions: BTreeSet::new() }
    }

    fn add(&mut self, changes: &'a [StepChange], at: Timestamp) {
        for change in changes {
            match change {
                StepChange::Add(row) => self.put(row, at, true),
                StepChange::Put(row) => {
                    let is_new = self.rows.get(&row.id).is_some_and(|whole| whole.is_new);
                    self.put(row, at, is_new);
                }
                StepChange::Exclude { id, users } => {
                    self.exclusions.extend(users.iter().map(|user| (*id, *user)));
                }
                StepChange::Claim { id, by, on_behalf_of } => {
                    self.patch(*id, |patch| patch.claim = Some((*by, *on_behalf_of)));
                }
                StepChange::CountVotes { id, votes } => self.patch(*id, |patch| patch.votes = Some(*votes)),
                StepChange::Reassign { id, role } => self.patch(*id, |patch| {
                    patch.required_role = Some(*role);
                    patch.claim = Some((None, None));
                }),
                StepChange::Finish { id, status, outcome, by, on_behalf_of, comment, at } => {
                    let finish = Finish {
                        status: *status,
                        outcome: outcome.clone(),
                        by: *by,
                        on_behalf_of: *on_behalf_of,
                        comment: comment.clone(),
                        at: *at,
                    };
                    self.patch(*id, |patch| patch.finish = Some(finish));
                }
                StepChange::MoveDeadline { id, deadline } => {
                    self.patch(*id, |patch| patch.deadline = Some(*deadline));
                }
                StepChange::Work { id, job } => self.patch(*id, |patch| patch.job = Some(job.clone())),
            }
        }
    }

    fn put(&mut self, row: &'a RequestStep, at: Timestamp, is_new: bool) {
        self.patches.remove(&row.id);
        self.rows.insert(row.id, Whole { step: Cow::Borrowed(row), at, is_new });
    }

    /// Changes the row that this unit puts, or the stored one.
    fn patch(&mut self, id: RequestStepId, change: impl FnOnce(&mut Patch)) {
        if let Some(whole) = self.rows.get_mut(&id) {
            let mut patch = Patch::default();
            change(&mut patch);
            patch.apply(whole.step.to_mut());
        } else {
            change(self.patches.entry(id).or_default());
        }
    }
}

fn row(
    organization: OrganizationId,
    request: RequestId,
    step: RequestStep,
    at: Timestamp,
) -> Result<[Value; 32], StoreError> {
    let instance = step.instance.as_ref();
    let (job_type, target, failed, last_error, next_attempt) = match step.job {
        Some(job) => (Some(job.job_type), job.target, job.failed, job.last_error, job.next_attempt),
        None => (None, None, 0, None, None),
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
        target.into(),
        signed_short(failed),
        last_error.into(),
        next_attempt.map(storable).into(),
        storable(at).into(),
    ])
}
