use crate::transaction::Transaction;
use async_trait::async_trait;
use nexusflow_application::StoreError;
use nexusflow_application::access::{PolicyHorizon, PolicySnapshot, PolicySource};
use nexusflow_domain::Timestamp;
use nexusflow_domain::access::{DelegationTerm, Permission};
use nexusflow_domain::ids::{DelegationId, OrganizationId, RoleId, SessionId, UserId, WorkflowId};
use sea_orm::QueryResult;
use uuid::Uuid;

use crate::Store;
use crate::database::Access;
use crate::encoding::{storable, unsigned};
use crate::write::sql::{column, query_all, query_one};

#[async_trait]
impl PolicySource for Store {
    async fn policy_version(&self, organization: OrganizationId) -> Result<u64, StoreError> {
        let transaction = self.database.read(Access::Tenants(&[organization])).await?;
        version(&transaction, organization).await
    }

    async fn policy(&self, organization: OrganizationId, horizon: PolicyHorizon) -> Result<PolicySnapshot, StoreError> {
        // One view of the database, so that version and mappings fit together.
        let transaction = self.database.read(Access::Tenants(&[organization])).await?;
        let mut policy = PolicySnapshot { version: version(&transaction, organization).await?, ..Default::default() };
        add_roles(&transaction, organization, &mut policy).await?;
        add_grants(&transaction, organization, &mut policy).await?;
        add_members(&transaction, organization, &mut policy).await?;
        add_delegations(&transaction, organization, horizon.delegations, &mut policy).await?;
        add_revoked_sessions(&transaction, organization, horizon.sessions, &mut policy).await?;
        Ok(policy)
    }
}

async fn version(transaction: &Transaction, organization: OrganizationId) -> Result<u64, StoreError> {
    let sql = "SELECT policy_version FROM organizations WHERE id = $1";
    match query_one(transaction, sql, [organization.uuid().into()]).await? {
        Some(row) => unsigned("organizations", &organization, "policy_version", column(&row, 0)?),
        None => Ok(0),
    }
}

async fn add_roles(
    transaction: &Transaction,
    organization: OrganizationId,
    policy: &mut PolicySnapshot,
) -> Result<(), StoreError> {
    for row in rows(transaction, "SELECT id, name FROM roles WHERE organization_id = $1", organization).await? {
        policy.roles.insert(RoleId::from_uuid(column(&row, 0)?), column(&row, 1)?);
    }
    Ok(())
}

async fn add_grants(
    transaction: &Transaction,
    organization: OrganizationId,
    policy: &mut PolicySnapshot,
) -> Result<(), StoreError> {
    let sql = "SELECT role_id, permission FROM permission_mappings WHERE organization_id = $1";
    for row in rows(transaction, sql, organization).await? {
        let role = RoleId::from_uuid(column(&row, 0)?);
        match column::<String>(&row, 1)?.parse::<Permission>() {
            Ok(permission) => {
                policy.grants.entry(role).or_default().insert(permission);
            }
            // A newer release has made it; here nothing asks for it.
            Err(error) => tracing::warn!(%role, %error, "a grant is passed over"),
        }
    }
    Ok(())
}

async fn add_members(
    transaction: &Transaction,
    organization: OrganizationId,
    policy: &mut PolicySnapshot,
) -> Result<(), StoreError> {
    let sql = "SELECT m.user_id, COALESCE(m.deactivated_at, u.deactivated_at), r.role_id, r.workflow_id \
        FROM memberships m JOIN users u ON u.id = m.user_id \
        JOIN organizations o ON o.id = m.organization_id AND o.deleted_at IS NULL \
        LEFT JOIN role_mappings r ON r.organization_id = m.organization_id AND r.user_id = m.user_id \
        WHERE m.organization_id = $1";
    for row in rows(transaction, sql, organization).await? {
        let is_active = column::<Option<Timestamp>>(&row, 1)?.is_none();
        let members = if is_active { &mut policy.members } else { &mut policy.dormant };
        let holdings = members.entry(UserId::from_uuid(column(&row, 0)?)).or_default();
        if let Some(role) = column::<Option<Uuid>>(&row, 2)? {
            holdings.add(RoleId::from_uuid(role), column::<Option<Uuid>>(&row, 3)?.map(WorkflowId::from_uuid));
        }
    }
    // Who is deactivated and held nothing has nothing to get back.
    policy.dormant.retain(|_, holdings| !holdings.roles().is_empty());
    Ok(())
}

async fn add_delegations(
    transaction: &Transaction,
    organization: OrganizationId,
    ended_after: Timestamp,
    policy: &mut PolicySnapshot,
) -> Result<(), StoreError> {
    let sql = "SELECT delegate_id, delegator_id, workflow_id, starts_at, ends_at, revoked_at, id FROM delegations \
        WHERE organization_id = $1 AND ends_at > $2 AND (revoked_at IS NULL OR revoked_at > $2) ORDER BY id";
    for row in query_all(transaction, sql, [organization.uuid().into(), storable(ended_after).into()]).await? {
        let ends_at: Timestamp = column(&row, 4)?;
        let term = DelegationTerm {
            delegation: DelegationId::from_uuid(column(&row, 6)?),
            workflow: column::<Option<Uuid>>(&row, 2)?.map(WorkflowId::from_uuid),
            starts_at: column(&row, 3)?,
            ends_at: column::<Option<Timestamp>>(&row, 5)?.map_or(ends_at, |revoked_at| revoked_at.min(ends_at)),
        };
        let to = policy.delegations.entry(UserId::from_uuid(column(&row, 0)?)).or_default();
        to.entry(UserId::from_uuid(column(&row, 1)?)).or_default().push(term);
    }
    Ok(())
}

async fn add_revoked_sessions(
    transaction: &Transaction,
    organization: OrganizationId,
    revoked_after: Timestamp,
    policy: &mut PolicySnapshot,
) -> Result<(), StoreError> {
    let sql = "SELECT id FROM sessions WHERE organization_id = $1 AND revoked_reason IS NOT NULL AND ends_at > $2";
    for row in query_all(transaction, sql, [organization.uuid().into(), storable(revoked_after).into()]).await? {
        policy.revoked_sessions.insert(SessionId::from_uuid(column(&row, 0)?));
    }
    Ok(())
}

async fn rows(
    transaction: &Transaction,
    sql: &str,
    organization: OrganizationId,
) -> Result<Vec<QueryResult>, StoreError> {
    query_all(transaction, sql, [organization.uuid().into()]).await
}
