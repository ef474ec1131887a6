use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Result, SimpleObject};
use futures::{Stream, stream};
use nexusflow_application::request::Request as Seen;
use nexusflow_application::{Application, Call, Cursor, CursorValue, PageRequest};
use nexusflow_domain::ids::RequestId;
use nexusflow_domain::insight::AuditRecord as Record;
use uuid::Uuid;

use crate::connection::encode;
use crate::context::unauthenticated;
use crate::error::{failure, missing};
use crate::insight::AuditRecord;
use crate::loader::Loaders;
use crate::request::Request;

/// Records read ahead of the client at most.
const READ_AHEAD: u32 = 50;

/// How often a watched request is looked at again; schema data. Polling makes it correct on several
/// servers; half a second unless told otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JournalPoll(pub Duration);

impl Default for JournalPoll {
    fn default() -> Self {
        Self(Duration::from_millis(500))
    }
}

/// Something that happened to a request.
#[derive(Debug, SimpleObject)]
pub struct RequestEvent {
    /// Its place, for `after` when the client comes back.
    cursor: String,
    /// What happened.
    record: AuditRecord,
    /// The request as it is now.
    request: Request,
}

/// Follows a request's journal. It reads only what the client takes, so a slow client costs no memory.
pub(super) struct Watch {
    pub(super) application: Arc<Application>,
    pub(super) loaders: Arc<Loaders>,
    pub(super) call: Call,
    pub(super) request: RequestId,
    /// The number of the last record that the client has.
    pub(super) after: u64,
    pub(super) poll: Duration,
}

impl Watch {
    /// The events after the place, until the request has ended or the caller may not see it any more.
    pub(super) fn events(self) -> impl Stream<Item = Result<RequestEvent>> + Send + 'static {
        stream::try_unfold((self, VecDeque::new()), |(mut watch, mut ahead)| async move {
            let event = watch.next(&mut ahead).await?;
            Ok(event.map(|event| (event, (watch, ahead))))
        })
    }

    /// The next event; `None` when there will be none. Whether the caller may see the request is
    /// asked anew for each, with the roles held then.
    async fn next(&mut self, ahead: &mut VecDeque<Record>) -> Result<Option<RequestEvent>> {
        loop {
            let request = self.look().await?;
            if let Some(record) = ahead.pop_front() {
                self.after = record.seq;
                self.loaders.renew();
                return Ok(Some(event(record, request)));
            }
            if request.version > self.after {
                *ahead = self.read().await?;
            } else if request.status.is_final() {
                return Ok(None);
            }
            if ahead.is_empty() {
                tokio::time::sleep(self.poll).await;
            }
        }
    }

    /// The request as the caller may see it now.
    pub(super) async fn look(&mut self) -> Result<Seen> {
        let refreshed = self.application.identity.refreshed(&self.call).await;
        self.call = refreshed.map_err(|error| failure(error.into()))?.ok_or_else(unauthenticated)?;
        let found = self.application.request_reads.requests(&self.call, &[self.request]).await.map_err(failure)?;
        found.into_iter().next().ok_or_else(|| missing("request", &self.request.to_string()))
    }

    async fn read(&self) -> Result<VecDeque<Record>> {
        let place = Cursor { value: CursorValue::Number(self.after), id: Uuid::nil() };
        let page = PageRequest { after: Some(place), ..PageRequest::first(READ_AHEAD) };
        let read = self.application.request_reads.journal(&self.call, self.request, &page).await.map_err(failure)?;
        Ok(read.map(|page| page.into_nodes().into()).unwrap_or_default())
    }
}

fn event(record: Record, request: Seen) -> RequestEvent {
    let cursor = encode(&Cursor { value: CursorValue::Number(record.seq), id: record.id.uuid() });
    RequestEvent { cursor, record: record.into(), request: request.into() }
}
