//! The inbox: flat whatever the number of requests. Each role held and the person's own steps are a
//! branch (and so are those of whoever he may act for), which walks a partial index of open human steps in order of due date and stops at a
//! page. What other tables say of those few (suspended requests, separation of duties, the kind of
//! step) is asked afterwards: in one statement with the branches, every branch would be planned
//! against every partition of those tables too. Where much of a page falls away, the walk goes on.

use std::collections::{BTreeSet, HashMap, HashSet};

use nexusflow_application::access::{Member, Permit};
use nexusflow_application::request::{
    InboxFilter, InboxItem, OpenWork, Request, RequestStep, may_do_any_work, working_voices,
};
use nexusflow_application::{Cursor, Page, PageRequest, StoreError};
use nexusflow_domain::Timestamp;
use nexusflow_domain::access::{Principal, Voice};
use nexusflow_domain::ids::{RequestId, UserId};
use nexusflow_domain::workflow::HumanKind;
use sea_orm::{FromQueryResult, Value};
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

/// Who looks for work, and in whose names.
pub(super) struct Seeker<'a> {
    principal: &'a Principal,
    voices: Vec<Voice>,
}

impl<'a> Seeker<'a> {
    pub fn new(principal: &'a Principal, now: Timestamp, filter: &InboxFilter) -> Self {
        Self { principal, voices: working_voices(principal, now, filter.kind) }
    }

    fn ids(&self) -> [Value; 2] {
        [self.principal.organization.uuid().into(), self.principal.user.uuid().into()]
    }

    /// Whoever he is, and on whose behalf he may act.
    fn people(&self) -> BTreeSet<Uuid> {
        self.voices.iter().map(|voice| voice.user.uuid()).collect()
    }
}

impl Store {
    pub(super) async fn read_inbox(
        &self,
        permit: &Permit<Member>,
        now: Timestamp,
        filter: &InboxFilter,
        page: &PageRequest,
    ) -> Result<Page<InboxItem>, StoreError> {
        let seeker = Seeker::new(permit.principal(), now, filter);
        let branches = branches(&seeker, filter);
        let mut items: Vec<InboxItem> = Vec::new();
        if !branches.is_empty() {
            let reading = self.reading(permit.organization()).await?;
            let mut stride = PageRequest { limit: page.limit.saturating_add(SPARE), ..page.clone() };
            while items.len() <= page.limit as usize {
                let steps = open_steps(&reading, &seeker, &branches, filter, &stride).await?;
                let last = steps.last().filter(|_| steps.len() > stride.limit as usize).map(place);
                items.extend(actionable(&reading, &seeker, filter, steps).await?);
                let Some(last) = last else { break };
                *(if page.backward { &mut stride.before } else { &mut stride.after }) = Some(last);
                stride.limit = stride.limit.saturating_mul(4).min(MAX_STRIDE);
            }
            reading.end().await?;
        }
        Ok(Page::from_fetched(items, page, |item| place(&item.step)))
    }
}

fn place(step: &RequestStep) -> Cursor {
    by_due(step.deadline, step.id.uuid())
}

/// Whose steps one branch of the statement shows.
pub(super) enum Branch {
    /// Those that a person was asked to do by name.
    Assigned(Uuid),
    /// Those that any holder of the role may do.
    Role(Uuid),
    /// Those that whoever looks has claimed and that one of the people or holders of the roles is asked to
    /// do; nobody claims so many that it mattered.
    Claimed { people: BTreeSet<Uuid>, roles: BTreeSet<Uuid> },
}

/// None when there is no name in which to do any work.
pub(super) fn branches(seeker: &Seeker<'_>, filter: &InboxFilter) -> Vec<Branch> {
    let people = seeker.people();
    let roles: BTreeSet<Uuid> =
        seeker.voices.iter().flat_map(|voice| &voice.held.roles).map(|role| role.uuid()).collect();
    if people.is_empty() {
        return Vec::new();
    }
    if filter.claimed == Some(true) {
        return vec![Branch::Claimed { people, roles }];
    }
    people.into_iter().map(Branch::Assigned).chain(roles.into_iter().map(Branch::Role)).collect()
}

/// Open human steps that some voice is a candidate for and nobody else has claimed, in the order of
/// fetching.
async fn open_steps(
    reading: &Reading,
    seeker: &Seeker<'_>,
    branches: &[Branch],
    filter: &InboxFilter,
    page: &PageRequest,
) -> Result<Vec<RequestStep>, StoreError> {
    let mut steps: Vec<RequestStep> = Vec::new();
    for some in branches.chunks(BRANCHES) {
        let sql = statement(reading, seeker, some, filter, page)?;
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

/// The statement of a page of open steps; `$1` is the tenant, `$2` the person who looks.
pub(super) fn statement(
    reading: &Reading,
    seeker: &Seeker<'_>,
    branches: &[Branch],
    filter: &InboxFilter,
    page: &PageRequest,
) -> Result<Sql, StoreError> {
    let mut sql = reading.sql(seeker.ids());
    for (index, branch) in branches.iter().enumerate() {
        // UNION, not UNION ALL: a step that asks both a role and a person appears once.
        sql.push(if index == 0 { "SELECT * FROM (" } else { " UNION SELECT * FROM (" });
        sql.push("SELECT ").push(&columns("s", StepRow::COLUMNS)).push(", s.due_order FROM request_steps s");
        // Literally the condition of the partial indexes; see the migration.
        sql.push(" WHERE s.organization_id = $1 AND s.status = 'ACTIVE' AND s.is_human");
        match branch {
            Branch::Assigned(user) => sql.push(" AND s.assignee_id = ").bind(*user),
            Branch::Role(role) => sql.push(" AND s.required_role_id = ").bind(*role),
            Branch::Claimed { people, roles } => {
                sql.push(" AND s.claimed_by = $2 AND (").any("s.assignee_id", people.iter().copied()).push(" OR ");
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
    seeker: &Seeker<'_>,
    filter: &InboxFilter,
    steps: Vec<RequestStep>,
) -> Result<Vec<InboxItem>, StoreError> {
    if steps.is_empty() {
        return Ok(Vec::new());
    }
    let (user, nobody) = (seeker.principal.user, BTreeSet::new());
    let ids: HashSet<Uuid> = steps.iter().map(|step| step.request.uuid()).collect();
    let requests = running(reading, seeker, filter, &ids).await?;
    let excluded = excluded(reading, seeker, &ids).await?;
    let any_kind = filter.kind.is_none() && may_do_any_work(&seeker.voices);
    let kinds = if any_kind { None } else { Some(kinds(reading, seeker, &steps).await?) };
    let items = steps.into_iter().filter_map(|step| {
        let request = requests.get(&step.request)?;
        let kind = match &kinds {
            None => None,
            Some(kinds) => Some(*kinds.get(&step.workflow_step.uuid())?),
        };
        let fits = filter.kind.is_none_or(|wanted| kind == Some(wanted));
        let excluded = excluded.get(&step.id.uuid()).unwrap_or(&nobody);
        let work = OpenWork { step: &step, request, kind, excluded };
        let voice = work.voice_of(user, &seeker.voices).filter(|_| fits)?.user;
        Some(InboxItem { request: request.clone(), step, on_behalf_of: Some(voice).filter(|voice| *voice != user) })
    });
    Ok(items.collect())
}

/// Those of the requests that run, of the workflow that the filter shows.
async fn running(
    reading: &Reading,
    seeker: &Seeker<'_>,
    filter: &InboxFilter,
    ids: &HashSet<Uuid>,
) -> Result<HashMap<RequestId, Request>, StoreError> {
    let mut sql = reading.sql(seeker.ids());
    sql.push("SELECT ").push(&columns("r", RequestRow::COLUMNS)).push(" FROM workflow_requests r");
    sql.push(" WHERE r.organization_id = $1 AND r.status = 'IN_PROGRESS' AND ").any("r.id", ids.iter().copied());
    if let Some(workflow) = filter.workflow {
        sql.push(" AND r.workflow_id = ").bind(workflow.uuid());
    }
    let requests: Vec<Request> = decode(reading.rows::<RequestRow>(sql).await?)?;
    Ok(requests.into_iter().map(|request| (request.id, request)).collect())
}

/// By step, which of the people concerned may not act on it.
async fn excluded(
    reading: &Reading,
    seeker: &Seeker<'_>,
    requests: &HashSet<Uuid>,
) -> Result<HashMap<Uuid, BTreeSet<UserId>>, StoreError> {
    let people = seeker.people().into_iter().chain([seeker.principal.user.uuid()]);
    let mut sql = reading.sql(seeker.ids());
    sql.push("SELECT step_id, user_id FROM request_step_exclusions WHERE ").of_tenant("organization_id");
    sql.push(" AND ").any("user_id", people).push(" AND ").any("request_id", requests.iter().copied());
    let mut excluded: HashMap<Uuid, BTreeSet<UserId>> = HashMap::new();
    for row in reading.rows::<ExclusionRow>(sql).await? {
        excluded.entry(row.step_id).or_default().insert(UserId::from_uuid(row.user_id));
    }
    Ok(excluded)
}

#[derive(FromQueryResult)]
struct ExclusionRow {
    step_id: Uuid,
    user_id: Uuid,
}

/// What kinds of work the nodes of the steps are.
async fn kinds(
    reading: &Reading,
    seeker: &Seeker<'_>,
    steps: &[RequestStep],
) -> Result<HashMap<Uuid, HumanKind>, StoreError> {
    let nodes: HashSet<Uuid> = steps.iter().map(|step| step.workflow_step.uuid()).collect();
    let mut sql = reading.sql(seeker.ids());
    sql.push("SELECT id, kind = 'APPROVAL' AS is_approval FROM workflow_steps WHERE organization_id = $1 AND ");
    sql.any("id", nodes);
    let kind = |row: &KindRow| if row.is_approval { HumanKind::Approval } else { HumanKind::Task };
    Ok(reading.rows::<KindRow>(sql).await?.iter().map(|row| (row.id, kind(row))).collect())
}

#[derive(FromQueryResult)]
struct KindRow {
    id: Uuid,
    is_approval: bool,
}
