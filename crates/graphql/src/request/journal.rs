use async_graphql::{Context, Result};
use nexusflow_domain::ids::RequestId;

use crate::connection::{Connection, PageArguments, SortKey};
use crate::context::{application, require_call};
use crate::error::failure;
use crate::insight::AuditRecord;

/// A page of a request's journal; `None` when the caller may not see the request.
pub(super) async fn journal(
    ctx: &Context<'_>,
    request: RequestId,
    arguments: PageArguments,
) -> Result<Option<Connection<AuditRecord>>> {
    let page = arguments.read(SortKey::Number)?;
    let journal = application(ctx)?.request_reads.journal(require_call(ctx)?, request, &page).await;
    Ok(journal.map_err(failure)?.map(|page| Connection::of(page, AuditRecord::from)))
}
