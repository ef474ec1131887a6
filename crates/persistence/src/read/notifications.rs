use async_trait::async_trait;
use nexusflow_application::access::{Member, Permit};
use nexusflow_application::request::{Notification, NotificationReader};
use nexusflow_application::{Page, PageRequest, StoreError};
use nexusflow_domain::Timestamp;
use nexusflow_domain::access::{Principal, Rights};
use nexusflow_domain::ids::{NotificationId, RequestId, RequestStepId, RoleId, UserId};
use sea_orm::FromQueryResult;
use uuid::Uuid;

use crate::Store;
use crate::encoding::from_json;
use crate::read::paging::{Key, Keyset, by_id};
use crate::read::reading::decode;
use crate::read::sql::Sql;

/// The most branches of one statement; people with more roles need several.
const BRANCHES: usize = 50;
const KEYSET: Keyset = Keyset::descending(Key::Id("id"));

#[async_trait]
impl NotificationReader for Store {
    async fn notifications(
        &self,
        permit: &Permit<Member>,
        page: &PageRequest,
    ) -> Result<Page<Notification>, StoreError> {
        let principal = permit.principal();
        let branches = branches(principal);
        let reading = self.reading(principal.organization).await?;
        let mut found: Vec<Notification> = Vec::new();
        for some in branches.chunks(BRANCHES) {
            let mut sql = reading.sql([principal.organization.uuid().into()]);
            for (index, branch) in some.iter().enumerate() {
                // UNION, not UNION ALL: a message to both a person and a role appears once.
                sql.push(if index == 0 { "SELECT * FROM (" } else { " UNION SELECT * FROM (" });
                sql.push("SELECT id, user_id, role_id, kind, request_id, request_step_id, detail, created_at");
                sql.push(" FROM notifications n WHERE organization_id = $1 AND ");
                branch.condition(&mut sql);
                KEYSET.bounds(&mut sql, page)?;
                KEYSET.order_and_limit(&mut sql, page);
                sql.push(") b").number(index);
            }
            KEYSET.order_and_limit_all(&mut sql, page);
            found.extend(decode(reading.rows::<NotificationRow>(sql).await?)?);
        }
        reading.end().await?;
        if branches.len() > BRANCHES {
            merge(&mut found, page);
        }
        Ok(Page::from_fetched(found, page, |notification| by_id(notification.id.uuid())))
    }
}

/// To whom the messages of one branch of the statement are.
enum Branch {
    Person(Uuid),
    Role(Uuid),
    /// To a role that the person holds in one workflow only: what is about its requests.
    RoleWithin(Uuid, Uuid),
}

fn branches(principal: &Principal) -> Vec<Branch> {
    let Rights { everywhere, within } = &principal.rights;
    let to_roles = everywhere.roles.iter().map(|role| Branch::Role(role.uuid()));
    let within = within.iter().flat_map(|(workflow, held)| {
        held.roles.difference(&everywhere.roles).map(|role| Branch::RoleWithin(role.uuid(), workflow.uuid()))
    });
    [Branch::Person(principal.user.uuid())].into_iter().chain(to_roles).chain(within).collect()
}

impl Branch {
    fn condition(&self, sql: &mut Sql) {
        match self {
            Self::Person(user) => sql.push("user_id = ").bind(*user),
            Self::Role(role) => sql.push("role_id = ").bind(*role),
            Self::RoleWithin(role, workflow) => {
                sql.push("role_id = ").bind(*role).push(" AND EXISTS (SELECT 1 FROM workflow_requests r");
                sql.push(" WHERE r.id = n.request_id AND ").of_tenant("r.organization_id");
                sql.push(" AND r.workflow_id = ").bind(*workflow).push(")")
            }
        };
    }
}

/// Puts rows of several statements in the order of fetching.
fn merge(found: &mut Vec<Notification>, page: &PageRequest) {
    found.sort_by_key(|notification| notification.id);
    found.dedup_by_key(|notification| notification.id);
    if KEYSET.fetches_descending(page) {
        found.reverse();
    }
}

#[derive(FromQueryResult)]
struct NotificationRow {
    id: Uuid,
    user_id: Option<Uuid>,
    role_id: Option<Uuid>,
    kind: String,
    request_id: Option<Uuid>,
    request_step_id: Option<Uuid>,
    detail: String,
    created_at: Timestamp,
}

impl TryFrom<NotificationRow> for Notification {
    type Error = StoreError;

    fn try_from(row: NotificationRow) -> Result<Self, StoreError> {
        let id = NotificationId::from_uuid(row.id);
        Ok(Self {
            id,
            user: row.user_id.map(UserId::from_uuid),
            role: row.role_id.map(RoleId::from_uuid),
            kind: row.kind,
            request: row.request_id.map(RequestId::from_uuid),
            request_step: row.request_step_id.map(RequestStepId::from_uuid),
            detail: from_json("notifications", &id, "detail", &row.detail)?,
            created_at: row.created_at,
        })
    }
}
