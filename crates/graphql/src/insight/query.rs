use async_graphql::{Context, ID, Object, Result};

use super::audit_filter::AuditFilter;
use super::verification::AuditVerification;
use crate::connection::{Connection, PageArguments, SortKey};
use crate::context::{application, require_call};
use crate::error::{argument_id, failure, missing};
use crate::insight::AuditRecord;
use crate::limits::page_cost;

/// Reading the audit log.
#[derive(Debug, Default)]
pub struct InsightQuery;

#[Object]
impl InsightQuery {
    /// Records of all streams of the organization, newest first. Needs `VIEW_AUDIT`.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn audit_logs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which of them.")] filter: Option<AuditFilter>,
        #[graphql(desc = "That many from the start, at most 100; 20 unless told otherwise.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "That many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what precedes this cursor.")] before: Option<String>,
    ) -> Result<Option<Connection<AuditRecord>>> {
        let call = require_call(ctx)?;
        let page = PageArguments { first, after, last, before }.read(SortKey::Time)?;
        let filter = filter.unwrap_or_default().read()?;
        let records = application(ctx)?.audit.records(call, &filter, &page).await.map_err(failure)?;
        Ok(Some(Connection::of(records, AuditRecord::from)))
    }

    /// Checks the chains of the audit log: of one request, or of the whole organization. Needs
    /// `VIEW_AUDIT`.
    #[graphql(complexity = "1000 + child_complexity")]
    async fn verify_audit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only this request's journal.")] request_id: Option<ID>,
    ) -> Result<Option<AuditVerification>> {
        let call = require_call(ctx)?;
        let request = request_id.map(|id| argument_id(&id, "requestId")).transpose()?;
        let verification = application(ctx)?.audit.verify(call, request).await.map_err(failure)?;
        match request {
            Some(unknown) if verification.streams == 0 => Err(missing("request", &unknown.to_string())),
            _ => Ok(Some(verification.into())),
        }
    }
}
