//! Everything but requests.

mod delegations;
mod failures;
mod identity;
mod job_pauses;
mod members;
mod messages;
mod organizations;
mod owners;
mod publication;
mod purge;
mod role_mappings;
mod roles;
mod sessions;
mod verifications;
mod workflows;

use crate::transaction::Transaction;
use async_trait::async_trait;
use nexusflow_application::administration::{
    AdministrationCommit, AdministrationStore, Change, CommitError, NewAuditEntry, chain_entries,
};
use nexusflow_application::{IdempotencyEntry, IdempotencyRecord, StoreError};
use nexusflow_domain::Timestamp;
use nexusflow_domain::identity::Email;
use nexusflow_domain::ids::{OrganizationId, UserId};
use nexusflow_domain::insight::Hash;

use crate::Store;
use crate::database::Access;
use crate::encoding::{from_json, hash, unsigned};
use crate::error::store_error;
use crate::write::audit::insert_organization_records;
use crate::write::idempotency::take_keys;
use crate::write::mails;
use crate::write::sql::{column, execute, expect_rows, locking, query_one, signed};
use failures::{missing, require_one};

#[async_trait]
impl AdministrationStore for Store {
    async fn commit(&self, commit: AdministrationCommit) -> Result<(), CommitError> {
        let organizations = [commit.organization()];
        let transaction = self.database.write(access(&commit, &organizations)).await?;
        match write(&transaction, &commit).await {
            Ok(()) => Ok(transaction.commit().await.map_err(store_error)?),
            Err(error) => {
                // After an error of the database itself this may fail too; the first error tells more.
                drop(transaction.rollback().await);
                Err(error)
            }
        }
    }

    async fn idempotency_record(
        &self,
        organization: OrganizationId,
        user: UserId,
        key: &str,
    ) -> Result<Option<IdempotencyRecord>, StoreError> {
        const TABLE: &str = "idempotency_keys";
        let transaction = self.database.read(Access::Tenants(&[organization])).await?;
        let sql = "SELECT operation, input_hash, result FROM idempotency_keys \
            WHERE organization_id = $1 AND user_id = $2 AND key = $3";
        let values = [organization.uuid().into(), user.uuid().into(), key.into()];
        let Some(row) = query_one(&transaction, sql, values).await? else { return Ok(None) };
        Ok(Some(IdempotencyRecord {
            operation: column(&row, 0)?,
            input_hash: hash(TABLE, &user, "input_hash", &column::<Vec<u8>>(&row, 1)?)?,
            result: from_json(TABLE, &user, "result", &column::<String>(&row, 2)?)?,
        }))
    }

    async fn email_is_taken(&self, email: &Email) -> Result<bool, StoreError> {
        let transaction = self.database.read(Access::System).await?;
        let sql = "SELECT id FROM users WHERE email = $1";
        Ok(query_one(&transaction, sql, [email.as_str().into()]).await?.is_some())
    }
}

/// A new tenant and new people belong to nobody yet, and links may be any tenant's, so a tenant's own rights do not
/// suffice.
fn access<'a>(commit: &AdministrationCommit, organizations: &'a [OrganizationId]) -> Access<'a> {
    let reaches_out = |change: &Change| {
        matches!(
            change,
            Change::CreateOrganization(_)
                | Change::CreateUser { .. }
                | Change::SetEmailVerified { .. }
                | Change::EndVerificationsOf { .. }
        )
    };
    if commit.changes().iter().any(reaches_out) { Access::System } else { Access::Tenants(organizations) }
}

/// The organization's row is locked first; so one organization's commits come one after the other.
async fn write(transaction: &Transaction, commit: &AdministrationCommit) -> Result<(), CommitError> {
    let organization = commit.organization();
    let is_new = commit.changes().iter().any(|change| matches!(change, Change::CreateOrganization(_)));
    let head = if is_new { (0, Hash::GENESIS) } else { lock_head(transaction, commit).await? };
    if !is_new {
        store_key(transaction, commit.idempotency()).await?;
    }
    for change in commit.changes() {
        require_own(organization, change)?;
        apply(transaction, organization, change).await?;
    }
    if is_new {
        store_key(transaction, commit.idempotency()).await?;
    }
    append(transaction, organization, head, commit.entries(), commit.changes_policy()).await?;
    Ok(())
}

/// A change never reaches into another tenant, whatever its rows say.
fn require_own(organization: OrganizationId, change: &Change) -> Result<(), CommitError> {
    let foreign = |owner: OrganizationId| owner != organization;
    match change {
        Change::CreateRole(role) | Change::UpdateRole(role) if foreign(role.organization) => {
            Err(missing("role", role.id))
        }
        Change::CreateWorkflow(workflow) | Change::UpdateWorkflow(workflow) if foreign(workflow.organization) => {
            Err(missing("workflow", workflow.id))
        }
        Change::CreateDelegation(delegation) if foreign(delegation.organization) => {
            Err(missing("delegation", delegation.id))
        }
        Change::BeginSession { session, .. } | Change::RefreshSession { session, .. }
            if foreign(session.organization) =>
        {
            Err(missing("session", session.id))
        }
        Change::UpdateOrganization(new) if foreign(new.id) => Err(missing("organization", new.id)),
        Change::CreateVerification(new) if foreign(new.organization) => Err(missing("verification", new.id)),
        Change::QueueMail(mail) if foreign(mail.organization) => Err(missing("mail", mail.id)),
        Change::SaveDraft(draft) if foreign(draft.organization) => Err(missing("draft", draft.id)),
        Change::PauseJobs(pause) if foreign(pause.organization) => Err(missing("pause", pause.id)),
        Change::PublishMessage(message) if foreign(message.organization) => Err(missing("message", message.id)),
        Change::PublishVersion(rows) if foreign(rows.organization) => Err(missing("draft", rows.id)),
        _ => Ok(()),
    }
}

async fn apply(transaction: &Transaction, organization: OrganizationId, change: &Change) -> Result<(), CommitError> {
    match change {
        Change::CreateOrganization(new) => organizations::create(transaction, new).await,
        Change::UpdateOrganization(new) => organizations::update(transaction, new).await,
        Change::DeleteOrganization { at } => organizations::delete(transaction, organization, *at).await,
        Change::RestoreOrganization { at, deleted_after } => {
            organizations::restore(transaction, organization, (*at, *deleted_after)).await
        }
        Change::CreateUser { user, password_hash } => {
            identity::create_user(transaction, user, password_hash.as_deref()).await
        }
        Change::AddMember { user, at } => members::add(transaction, organization, *user, *at).await,
        Change::RemoveMember { user, by, at } => {
            owners::keep_one(transaction, organization, *user, None).await?;
            members::remove(transaction, organization, (*user, *by), *at).await
        }
        Change::SetPassword { user, password_hash, at } => {
            identity::set_password(transaction, organization, (*user, password_hash), *at).await
        }
        Change::SetEmailVerified { user, email, at } => {
            identity::set_email_verified(transaction, (*user, email), *at).await
        }
        Change::SetEmail { user, email, at } => {
            identity::set_email(transaction, organization, (*user, email), *at).await
        }
        Change::CreateVerification(new) => verifications::create(transaction, new).await,
        Change::RenewVerification { verification, serial, expires_at } => {
            verifications::renew(transaction, organization, *verification, (*serial, *expires_at)).await
        }
        Change::EndVerification { verification, serial, end, at } => {
            verifications::end(transaction, organization, (*verification, *serial), (*end, *at)).await
        }
        Change::EndVerificationsOf { user, at } => verifications::end_all_of(transaction, *user, *at).await,
        Change::CountAttempt { verification } => {
            verifications::count_attempt(transaction, organization, *verification).await
        }
        Change::QueueMail(mail) => mails::queue(transaction, mail).await,
        Change::AbandonMail { mail, fence } => {
            require_one(mails::abandon(transaction, organization, *mail, *fence).await?, "mail", mail)
        }
        Change::SetMemberDeactivated { user, deactivated, at } => {
            if *deactivated {
                owners::keep_one(transaction, organization, *user, None).await?;
            }
            members::set_deactivated(transaction, organization, *user, (*deactivated, *at)).await
        }
        Change::RecordSignIn { user, at } => identity::record_sign_in(transaction, organization, *user, *at).await,
        Change::BeginSession { session, token } => sessions::begin(transaction, session, token).await,
        Change::RefreshSession { session, used, next } => sessions::refresh(transaction, session, (used, next)).await,
        Change::RevokeSession { session, end, at } => {
            sessions::revoke(transaction, organization, *session, (*end, *at)).await
        }
        Change::RevokeSessionsOf { user, end, at } => {
            sessions::revoke_all_of(transaction, organization, *user, (*end, *at)).await
        }
        Change::CreateRole(role) => roles::create(transaction, role).await,
        Change::UpdateRole(role) => roles::update(transaction, role).await,
        Change::DeleteRole(role) => roles::delete(transaction, organization, *role).await,
        Change::GrantRole { mapping, by, at } => {
            role_mappings::grant(transaction, organization, *mapping, (*by, *at)).await
        }
        Change::RevokeRole { mapping, at } => {
            owners::keep_one(transaction, organization, mapping.user, Some(*mapping)).await?;
            role_mappings::revoke(transaction, organization, *mapping, *at).await
        }
        Change::CreateDelegation(delegation) => delegations::create(transaction, delegation).await,
        Change::RevokeDelegation { delegation, by, at } => {
            delegations::revoke(transaction, organization, *delegation, (*by, *at)).await
        }
        Change::GrantPermission { role, permission, at } => {
            roles::grant_permission(transaction, organization, *role, *permission, *at).await
        }
        Change::RevokePermission { role, permission } => {
            roles::revoke_permission(transaction, organization, *role, *permission).await
        }
        Change::CreateWorkflow(workflow) => workflows::create(transaction, workflow).await,
        Change::UpdateWorkflow(workflow) => workflows::update(transaction, workflow).await,
        Change::SaveDraft(draft) => workflows::save_draft(transaction, draft).await,
        Change::PublishVersion(rows) => publication::publish(transaction, rows).await,
        Change::SetVersionStatus { version, status } => {
            workflows::set_version_status(transaction, organization, *version, *status).await
        }
        Change::RequireNoLiveRequest(workflow) => {
            workflows::require_no_live_request(transaction, organization, *workflow).await
        }
        Change::PublishMessage(message) => messages::publish(transaction, message).await,
        Change::PauseJobs(pause) => job_pauses::pause(transaction, pause).await,
        Change::ResumeJobs(pause) => job_pauses::resume(transaction, organization, *pause).await,
        Change::PurgeWorkflow { workflow, deleted_before } => {
            purge::purge_workflow(transaction, organization, *workflow, *deleted_before).await
        }
    }
}

/// The end of the organization's stream, if its mappings are those that the commit was judged on. `FOR NO KEY UPDATE`,
/// because every row of a tenant refers to this one, and those who insert such rows must not wait.
async fn lock_head(transaction: &Transaction, commit: &AdministrationCommit) -> Result<(u64, Hash), CommitError> {
    const TABLE: &str = "organizations";
    let organization = commit.organization();
    let clause = locking(transaction, "FOR NO KEY UPDATE");
    let sql = format!("SELECT audit_seq, audit_hash, policy_version FROM organizations WHERE id = $1 {clause}");
    let row = query_one(transaction, sql, [organization.uuid().into()]).await?;
    let row = row.ok_or_else(|| missing("organization", organization))?;
    let policy_version: u64 = unsigned(TABLE, &organization, "policy_version", column(&row, 2)?)?;
    if commit.policy_version().is_some_and(|judged_on| judged_on != policy_version) {
        return Err(CommitError::PolicyChanged);
    }
    let seq = unsigned(TABLE, &organization, "audit_seq", column(&row, 0)?)?;
    let head = match column::<Option<Vec<u8>>>(&row, 1)? {
        Some(bytes) => hash(TABLE, &organization, "audit_hash", &bytes)?,
        None => Hash::GENESIS,
    };
    Ok((seq, head))
}

async fn store_key(transaction: &Transaction, entry: Option<&IdempotencyEntry>) -> Result<(), CommitError> {
    match entry {
        Some(entry) if !take_keys(transaction, &[(0, entry)]).await?.is_empty() => {
            Err(CommitError::IdempotencyKeyTaken)
        }
        _ => Ok(()),
    }
}

/// Chains the entries, and counts the policy version up where mappings changed.
async fn append(
    transaction: &Transaction,
    organization: OrganizationId,
    head: (u64, Hash),
    entries: &[NewAuditEntry],
    policy_changed: bool,
) -> Result<(), StoreError> {
    let records = chain_entries(organization, head, entries);
    let (seq, hash) = records.last().map_or(head, |record| (record.seq, record.hash));
    insert_organization_records(transaction, records).await?;
    if entries.is_empty() && !policy_changed {
        return Ok(());
    }
    let sql = "UPDATE organizations SET audit_seq = $1, audit_hash = $2, policy_version = policy_version + $3 \
        WHERE id = $4";
    let values = [signed(seq), hash.0.to_vec().into(), i64::from(policy_changed).into(), organization.uuid().into()];
    expect_rows("organizations", 1, execute(transaction, sql, values).await?)
}

/// An optional instant as a column.
fn instant(at: Option<Timestamp>) -> sea_orm::Value {
    at.map(crate::encoding::storable).into()
}
