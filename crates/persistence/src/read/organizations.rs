use async_trait::async_trait;
use nexusflow_application::StoreError;
use nexusflow_application::identity::{Organization, OrganizationReader, Plan};
use nexusflow_domain::Timestamp;
use nexusflow_domain::identity::Slug;
use nexusflow_domain::ids::OrganizationId;
use sea_orm::FromQueryResult;
use uuid::Uuid;

use crate::Store;
use crate::database::Access;
use crate::encoding::{from_json, parsed, unsigned};
use crate::read::reading::decode;

/// The columns of a tenant, whose table is `o`.
pub(super) const COLUMNS: &str = "o.id, o.name, o.slug, o.settings, o.plan, o.subscription_status, o.trial_ends_at, \
    o.version, o.created_at, o.updated_at";

#[async_trait]
impl OrganizationReader for Store {
    async fn plans(&self) -> Result<Vec<Plan>, StoreError> {
        let reading = self.reading_as(Access::System).await?;
        let mut sql = reading.sql([]);
        sql.push("SELECT code, name, members FROM plans ORDER BY position");
        let rows = reading.rows::<PlanRow>(sql).await?;
        reading.end().await?;
        decode(rows)
    }

    async fn deleted(&self, slug: &Slug, after: Timestamp) -> Result<Option<Organization>, StoreError> {
        let reading = self.reading_as(Access::System).await?;
        let mut sql = reading.sql([slug.as_str().into()]);
        sql.push("SELECT ").push(COLUMNS).push(" FROM organizations o WHERE o.slug = $1 AND o.deleted_at > ").at(after);
        let rows = reading.rows::<OrganizationRow>(sql).await?;
        reading.end().await?;
        Ok(decode(rows)?.pop())
    }
}

#[derive(FromQueryResult)]
struct PlanRow {
    code: String,
    name: String,
    members: Option<i32>,
}

impl TryFrom<PlanRow> for Plan {
    type Error = StoreError;

    fn try_from(row: PlanRow) -> Result<Self, StoreError> {
        let members = row.members.map(|members| unsigned("plans", &row.code, "members", members.into())).transpose()?;
        Ok(Self { code: row.code, name: row.name, members })
    }
}

#[derive(FromQueryResult)]
pub(super) struct OrganizationRow {
    id: Uuid,
    name: String,
    slug: String,
    settings: String,
    plan: String,
    subscription_status: String,
    trial_ends_at: Option<Timestamp>,
    version: i64,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl TryFrom<OrganizationRow> for Organization {
    type Error = StoreError;

    fn try_from(row: OrganizationRow) -> Result<Self, StoreError> {
        const TABLE: &str = "organizations";
        let id = OrganizationId::from_uuid(row.id);
        Ok(Self {
            id,
            name: row.name,
            slug: parsed(TABLE, &id, "slug", &row.slug)?,
            settings: from_json(TABLE, &id, "settings", &row.settings)?,
            plan: row.plan,
            subscription_status: parsed(TABLE, &id, "subscription_status", &row.subscription_status)?,
            trial_ends_at: row.trial_ends_at,
            version: unsigned(TABLE, &id, "version", row.version)?,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}
