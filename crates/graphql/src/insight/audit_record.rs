use async_graphql::{ComplexObject, Context, Enum, ID, Result, SimpleObject};
use chrono::DateTime as Instant;
use nexusflow_application::insight::AuditFilter;
use nexusflow_application::{Cursor, CursorValue, PageRequest};
use nexusflow_domain::access::Permission;
use nexusflow_domain::ids::{RequestId, UserId};
use nexusflow_domain::insight;
use uuid::Uuid;

use super::audit_origin::AuditOrigin;
use super::audit_subject::AuditSubject;
use crate::context::{application, loader, require_call};
use crate::error::failure;
use crate::identity::User;
use crate::loader::{Linked, OwnPermissions};
use crate::node_id::AuditRecordKey;
use crate::request::Request;
use crate::scalar::{DateTime, Json, int};

/// One record of the audit log. Records of a stream are chained by their hashes, so that a changed,
/// removed, inserted or reordered one shows.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct AuditRecord {
    #[graphql(skip)]
    model: insight::AuditRecord,
    /// The record.
    pub(crate) id: ID,
    /// What its stream is about.
    stream: AuditStream,
    /// Its number in the stream, from 1.
    sequence: i32,
    /// When.
    at: DateTime,
    /// What happened, such as `STEP_COMPLETED`.
    event: String,
    /// The event with everything that it holds.
    detail: Json,
    /// What it changed, before.
    before: Option<Json>,
    /// What it changed, after.
    after: Option<Json>,
    /// What it was about, besides the stream.
    subject: Option<AuditSubject>,
    /// The SHA-256 of the record before, in hexadecimal; zeros for the first.
    previous_hash: String,
    /// The SHA-256 of this record, in hexadecimal.
    hash: String,
}

/// What a stream of the audit log is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "insight::StreamKind")]
pub enum AuditStream {
    /// One request's journal.
    Request,
    /// An organization's administration: people, roles, workflows, denials.
    Organization,
}

#[ComplexObject]
impl AuditRecord {
    /// Who; null for NexusFlow itself.
    async fn actor(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        let Some(actor) = self.model.actor else { return Ok(None) };
        actor.find(ctx).await
    }

    /// On whose behalf, if not for himself.
    async fn on_behalf_of(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        let Some(user) = self.model.on_behalf_of() else { return Ok(None) };
        user.find(ctx).await
    }

    /// Who, in words: `Ann Lee`, `Ann Lee on behalf of Bob Ray` or `NexusFlow`.
    async fn by(&self, ctx: &Context<'_>) -> Result<String> {
        let Some(actor) = self.model.actor else { return Ok("NexusFlow".to_owned()) };
        let actor = name_of(ctx, actor).await?;
        let Some(user) = self.model.on_behalf_of() else { return Ok(actor) };
        Ok(format!("{actor} on behalf of {}", name_of(ctx, user).await?))
    }

    /// The request whose journal it stands in; null when the caller may not see the request.
    async fn request(&self, ctx: &Context<'_>) -> Result<Option<Request>> {
        let Some(request) = request_of(&self.model) else { return Ok(None) };
        request.find(ctx).await
    }

    /// From where; null without `VIEW_AUDIT`.
    async fn origin(&self, ctx: &Context<'_>) -> Result<Option<AuditOrigin>> {
        let permissions = loader(ctx)?.load_one(OwnPermissions).await?.unwrap_or_default();
        let may = permissions.contains(&Permission::ViewAudit);
        Ok(may.then(|| self.model.origin.clone().into()))
    }
}

async fn name_of(ctx: &Context<'_>, user: UserId) -> Result<String> {
    Ok(loader(ctx)?.load_one(user).await?.map_or_else(|| user.to_string(), |user| user.name))
}

/// A record by its global id.
pub(crate) async fn audit_record(ctx: &Context<'_>, key: AuditRecordKey) -> Result<Option<AuditRecord>> {
    let (application, call) = (application(ctx)?, require_call(ctx)?);
    let (id, page) = match key {
        AuditRecordKey::Request { id, request, seq } => {
            let page = just_after(CursorValue::Number(seq.saturating_sub(1)), Uuid::nil());
            (id, application.request_reads.journal(call, request, &page).await.map_err(failure)?)
        }
        AuditRecordKey::Organization { id, micros } => {
            let Some(at) = Instant::from_timestamp_micros(micros) else { return Ok(None) };
            // The list is newest first, so what follows the next greater id is the record itself.
            let page = just_after(CursorValue::Time(at), Uuid::from_u128(id.uuid().as_u128().saturating_add(1)));
            (id, Some(application.audit.records(call, &AuditFilter::default(), &page).await.map_err(failure)?))
        }
    };
    let found = page.and_then(|page| page.into_nodes().pop());
    Ok(found.filter(|found| found.id == id).map(Into::into))
}

fn just_after(value: CursorValue, id: Uuid) -> PageRequest {
    PageRequest { after: Some(Cursor { value, id }), ..PageRequest::first(1) }
}

fn request_of(record: &insight::AuditRecord) -> Option<RequestId> {
    (record.kind == insight::StreamKind::Request).then(|| RequestId::from_uuid(record.stream))
}

fn key(record: &insight::AuditRecord) -> AuditRecordKey {
    match request_of(record) {
        Some(request) => AuditRecordKey::Request { id: record.id, request, seq: record.seq },
        None => AuditRecordKey::Organization { id: record.id, micros: record.at.timestamp_micros() },
    }
}

impl From<insight::AuditRecord> for AuditRecord {
    fn from(record: insight::AuditRecord) -> Self {
        Self {
            id: key(&record).to_string().into(),
            stream: record.kind.into(),
            sequence: int(record.seq),
            at: record.at.into(),
            event: record.event.clone(),
            detail: Json::from_text(&record.payload),
            before: record.before.as_deref().map(Json::from_text),
            after: record.after.as_deref().map(Json::from_text),
            subject: AuditSubject::of(&record),
            previous_hash: record.prev_hash.to_string(),
            hash: record.hash.to_string(),
            model: record,
        }
    }
}
