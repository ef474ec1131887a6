//! The inbox: flat whatever the number of requests. Each role held and the person's own steps are a
//! branch, which walks a partial index of open human steps in order of due date and stops at a
//! page. What other tables say of those few (suspended requests, separation of duties, the kind of
//! step) is asked afterwards: in one statement with the branches, every branch would be planned
//! against every partition of those tables too. Where much of a page falls away, the walk goes on.

use std::collections::{HashMap, HashSet};

use nexusflow_application::access::{Member, Permit};
use nexusflow_application::request::{InboxFilter, InboxItem, Request, RequestStep};
use nexusflow_application::{Cursor, Page, PageRequest, StoreError};
use nexusflow_domain::access::Principal;
use nexusflow_domain::ids::RequestId;
use nexusflow_domain::workflow::HumanKind;
use sea_orm::FromQueryResult;
use uuid::Uuid;

use crate::Store;
use crate::encoding::due_order;
use crate::read::paging::{Key, Keyset, by_due};
use crate::read::reading::{Reading, decode};
use crate::read::request_rows::RequestRow;
use crate::read::sql::{Sql, columns};
use crate::read::step_rows::StepRow;

/// The most branches of one statement; people with more roles need several.
const BRANCHES: usize = 50;
/// Steps fetched beyond the page, for those that fall away.
const SPARE: u32 = 5;
/// The most steps fetched at once while the walk goes on.
const MAX_STRIDE: u32 = 1_000;
const KEYSET: Keyset = Keyset::ascending(Key::Time("due_order", "id"));

impl Store {
    pub(super) async fn read_inbox(
        &self,
        permit: &Permit<Member>,
        filter: &InboxFilter,
        page: &PageRequest,
    ) -> Result<Page<InboxItem>, StoreError> {
        let principal = permit.principal();
        let branches = branches(principal, filter);
        let reading = self.reading(principal.organization).await?;
        let mut items: Vec<InboxItem> = Vec::new();
        let mut stride = PageRequest { limit: page.limit.saturating_add(SPARE), ..page.clone() };
        while items.len() <= page.limit as usize {
            let steps = open_steps(&reading, principal, &branches, filter, &stride).await?;
            let last = steps.last().filter(|_| steps.len() > stride.limit as usize).map(place);
            items.extend(actionable(&reading, principal, filter, steps).await?);
            let Some(last) = last else { break };
            *(if page.backward { &mut stride.before } else { &mut stride.after }) = Some(last);
            stride.limit = stride.limit.saturating_mul(4).min(MAX_STRIDE);
        }
        reading.end().await?;
        Ok(Page::from_fetched(items, page, |item| place(&item.step)))
    }
}

fn place(step: &RequestStep) -> Cursor {
    by_due(step.deadline, step.id.uuid())
}

/// Whose steps one branch of the statement shows.
pub(super) enum Branch {
    /// Those the person was asked to do by name.
    Assigned,
    /// Those that any holder of the role may do.
    Role(Uuid),
    /// Those the person has claimed and may still do; nobody claims so many that it mattered.
    Claimed(Vec<Uuid>),
}

pub(super) fn branches(principal: &Principal, filter: &InboxFilter) -> Vec<Branch> {
    let roles = principal.roles.iter().map(|role| role.uuid());
    if filter.claimed == Some(true) {
        return vec![Branch::Claimed(roles.collect())];
    }
    [Branch::Assigned].into_iter().chain(roles.map(Branch::Role)).collect()
}

/// Open human steps that the person is a candidate for and nobody else has claimed, in the order of
/// fetching.
async fn open_steps(
    reading: &Reading,
    principal: &Principal,
    branches: &[Branch],
    filter: &InboxFilter,
    page: &PageRequest,
) -> Result<Vec<RequestStep>, StoreError> {
    let mut steps: Vec<RequestStep> = Vec::new();
    for some in branches.chunks(BRANCHES) {
        let sql = statement(reading, principal, some, filter, page)?;
        steps.extend(decode(reading.rows::<StepRow>(sql).await?)?);
    }
    if branches.len() > BRANCHES {
        steps.sort_by_key(|step| (due_order(step.deadline), step.id));
        steps.dedup_by_key(|step| step.id);
        if KEYSET.fetches_descending(page) {
            steps.reverse();
        }
        steps.truncate(page.limit as usize + 1);
    }
    Ok(steps)
}

/// The statement of a page of open steps; `$1` is the tenant, `$2` the person.
pub(super) fn statement(
    reading: &Reading,
    principal: &Principal,
    branches: &[Branch],
    filter: &InboxFilter,
    page: &PageRequest,
) -> Result<Sql, StoreError> {
    let mut sql = reading.sql([principal.organization.uuid().into(), principal.user.uuid().into()]);
    for (index, branch) in branches.iter().enumerate() {
        // UNION, not UNION ALL: a step that asks both a role and a person appears once.
        sql.push(if index == 0 { "SELECT * FROM (" } else { " UNION SELECT * FROM (" });
        sql.push("SELECT ").push(&columns("s", StepRow::COLUMNS)).push(", s.due_order FROM request_steps s");
        // Literally the condition of the partial indexes; see the migration.
        sql.push(" WHERE s.organization_id = $1 AND s.status = 'ACTIVE' AND s.is_human");
        match branch {
            Branch::Assigned => sql.push(" AND s.assignee_id = $2"),
            Branch::Role(role) => sql.push(" AND s.required_role_id = ").bind(*role),
            Branch::Claimed(roles) => {
                sql.push(" AND s.claimed_by = $2 AND (s.assignee_id = $2 OR ");
                sql.any("s.required_role_id", roles.iter().copied()).push(")")
            }
        };
        sql.push(match filter.claimed {
            Some(true) => "",
            Some(false) => " AND s.claimed_by IS NULL",
            None => " AND (s.claimed_by IS NULL OR s.claimed_by = $2)",
        });
        KEYSET.bounds(&mut sql, page)?;
        KEYSET.order_and_limit(&mut sql, page);
        sql.push(") b").number(index);
    }
    KEYSET.order_and_limit_all(&mut sql, page);
    Ok(sql)
}

/// Those of the steps that the person may act on and that the filter shows, with their requests, in
/// the same order.
async fn actionable(
    reading: &Reading,
    principal: &Principal,
    filter: &InboxFilter,
    steps: Vec<RequestStep>,
) -> Result<Vec<InboxItem>, StoreError> {
    if steps.is_empty() {
        return Ok(Vec::new());
    }
    let ids: HashSet<Uuid> = steps.iter().map(|step| step.request.uuid()).collect();
    let requests = running(reading, principal, filter, &ids).await?;
    let mut sql = reading.sql([principal.organization.uuid().into(), principal.user.uuid().into()]);
    sql.push("SELECT step_id AS id FROM request_step_exclusions WHERE ").of_tenant("organization_id");
    sql.push(" AND user_id = $2 AND ").any("request_id", ids);
    let excluded = id_set(reading, sql).await?;
    let of_kind = match filter.kind {
        None => None,
        Some(kind) => Some(of_kind(reading, principal, kind, &steps).await?),
    };
    let items = steps.into_iter().filter_map(|step| {
        let fits = !excluded.contains(&step.id.uuid())
            && of_kind.as_ref().is_none_or(|ids| ids.contains(&step.workflow_step.uuid()));
        let request = requests.get(&step.request).filter(|_| fits)?.clone();
        Some(InboxItem { step, request })
    });
    Ok(items.collect())
}

/// Those of the requests that run, of the workflow that the filter shows.
async fn running(
    reading: &Reading,
    principal: &Principal,
    filter: &InboxFilter,
    ids: &HashSet<Uuid>,
) -> Result<HashMap<RequestId, Request>, StoreError> {
    let mut sql = reading.sql([principal.organization.uuid().into()]);
    sql.push("SELECT ").push(&columns("r", RequestRow::COLUMNS)).push(" FROM workflow_requests r");
    sql.push(" WHERE r.organization_id = $1 AND r.status = 'IN_PROGRESS' AND ").any("r.id", ids.iter().copied());
    if let Some(workflow) = filter.workflow {
        sql.push(" AND r.workflow_id = ").bind(workflow.uuid());
    }
    let requests: Vec<Request> = decode(reading.rows::<RequestRow>(sql).await?)?;
    Ok(requests.into_iter().map(|request| (request.id, request)).collect())
}

/// Those nodes of the steps that are of a kind.
async fn of_kind(
    reading: &Reading,
    principal: &Principal,
    kind: HumanKind,
    steps: &[RequestStep],
) -> Result<HashSet<Uuid>, StoreError> {
    let kind = match kind {
        HumanKind::Task => "TASK",
        HumanKind::Approval => "APPROVAL",
    };
    let nodes: HashSet<Uuid> = steps.iter().map(|step| step.workflow_step.uuid()).collect();
    let mut sql = reading.sql([principal.organization.uuid().into(), kind.into()]);
    sql.push("SELECT id FROM workflow_steps WHERE organization_id = $1 AND kind = $2 AND ").any("id", nodes);
    id_set(reading, sql).await
}

#[derive(FromQueryResult)]
struct IdRow {
    id: Uuid,
}

async fn id_set(reading: &Reading, sql: Sql) -> Result<HashSet<Uuid>, StoreError> {
    Ok(reading.rows::<IdRow>(sql).await?.into_iter().map(|row| row.id).collect())
}
