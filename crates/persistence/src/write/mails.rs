//! Mails that are to be sent: putting them, and the queue.

use async_trait::async_trait;
use nexusflow_application::StoreError;
use nexusflow_application::administration::CommitError;
use nexusflow_application::platform::{ClaimedMail, MailQueue, QueuedMail};
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{MailId, OrganizationId};
use sea_orm::{QueryResult, Value};
use uuid::Uuid;

use crate::Store;
use crate::database::Access;
use crate::encoding::{from_json, json, parsed, storable, unsigned};
use crate::error::store_error;
use crate::transaction::Transaction;
use crate::write::sql::{column, execute, locking, query_all, query_one, signed};

const TABLE: &str = "mails";
const HELD: &str = "id = $1 AND organization_id = $2 AND fence = $3 AND lease_until IS NOT NULL";

#[async_trait]
impl MailQueue for Store {
    async fn claim(&self, now: Timestamp, lease_until: Timestamp, limit: u32) -> Result<Vec<ClaimedMail>, StoreError> {
        let transaction = self.database.write(Access::System).await?;
        let clause = locking(&transaction, "FOR UPDATE SKIP LOCKED");
        let sql = format!(
            "WITH due AS MATERIALIZED (SELECT id AS due_id FROM mails \
                WHERE run_at <= $1 AND (lease_until IS NULL OR lease_until <= $1) \
                ORDER BY run_at, id LIMIT $3 {clause}) \
            UPDATE mails SET lease_until = $2, attempt = attempt + 1, fence = fence + 1 FROM due WHERE id = due_id \
            RETURNING id, organization_id, recipient, content, created_at, expires_at, attempt, fence"
        );
        let values = [storable(now).into(), storable(lease_until).into(), i64::from(limit).into()];
        let claimed = query_all(&transaction, sql, values).await?.iter().map(claimed).collect::<Result<Vec<_>, _>>();
        let mut claimed = claimed?;
        transaction.commit().await.map_err(store_error)?;
        claimed.sort_by_key(|claimed| claimed.mail.id);
        Ok(claimed)
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let transaction = self.database.read(Access::System).await?;
        let row = query_one(&transaction, "SELECT run_at FROM mails ORDER BY run_at LIMIT 1", []).await?;
        row.map(|row| column(&row, 0)).transpose()
    }

    async fn sent(&self, mail: &ClaimedMail) -> Result<(), StoreError> {
        let sql = format!("DELETE FROM mails WHERE {HELD}");
        self.settle(mail, sql, None).await
    }

    async fn postpone(&self, mail: &ClaimedMail, until: Timestamp) -> Result<(), StoreError> {
        let sql = format!("UPDATE mails SET run_at = $4, lease_until = NULL WHERE {HELD}");
        self.settle(mail, sql, Some(storable(until).into())).await
    }
}

impl Store {
    async fn settle(&self, claimed: &ClaimedMail, sql: String, more: Option<Value>) -> Result<(), StoreError> {
        let ClaimedMail { mail, fence, .. } = claimed;
        let transaction = self.database.write(Access::Tenants(&[mail.organization])).await?;
        let values = [mail.id.uuid().into(), mail.organization.uuid().into(), signed(*fence)];
        execute(&transaction, sql, values.into_iter().chain(more)).await?;
        transaction.commit().await.map_err(store_error)
    }
}

pub(super) async fn queue(transaction: &Transaction, mail: &QueuedMail) -> Result<(), CommitError> {
    let sql = "INSERT INTO mails (id, organization_id, recipient, content, created_at, expires_at, run_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $5)";
    let values = [
        mail.id.uuid().into(),
        mail.organization.uuid().into(),
        mail.to.as_str().into(),
        json(&mail.content)?.into(),
        storable(mail.created_at).into(),
        storable(mail.expires_at).into(),
    ];
    execute(transaction, sql, values).await?;
    Ok(())
}

/// How many mails were removed: one, unless the claim was lost.
pub(super) async fn abandon(
    transaction: &Transaction,
    organization: OrganizationId,
    mail: MailId,
    fence: u64,
) -> Result<u64, StoreError> {
    let values = [mail.uuid().into(), organization.uuid().into(), signed(fence)];
    execute(transaction, format!("DELETE FROM mails WHERE {HELD}"), values).await
}

fn claimed(row: &QueryResult) -> Result<ClaimedMail, StoreError> {
    let id = MailId::from_uuid(column::<Uuid>(row, 0)?);
    let mail = QueuedMail {
        id,
        organization: OrganizationId::from_uuid(column(row, 1)?),
        to: parsed(TABLE, &id, "recipient", &column::<String>(row, 2)?)?,
        content: from_json(TABLE, &id, "content", &column::<String>(row, 3)?)?,
        created_at: column(row, 4)?,
        expires_at: column(row, 5)?,
    };
    let attempt = unsigned(TABLE, &id, "attempt", i64::from(column::<i32>(row, 6)?))?;
    Ok(ClaimedMail { mail, attempt, fence: unsigned(TABLE, &id, "fence", column(row, 7)?)? })
}
