use std::sync::Arc;

use async_graphql::{Context, ID, Result, Subscription};
use futures::Stream;
use nexusflow_application::{Application, CursorValue};

use super::events::{JournalPoll, RequestEvent, Watch};
use crate::connection::{SortKey, decode};
use crate::context::require_call;
use crate::error::{argument_id, bad_argument};
use crate::loader::Loaders;

/// Watching requests.
#[derive(Debug, Default)]
pub struct RequestSubscription;

#[Subscription]
impl RequestSubscription {
    /// Everything that happened to a request after a place, then everything as it happens. Completes
    /// after the last event of a request that has ended; ends with an error when the caller may not
    /// see the request any more.
    async fn request_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which request.")] request_id: ID,
        #[graphql(desc = "The cursor of the last event seen; from the start unless told otherwise.")] after: Option<
            String,
        >,
    ) -> Result<impl Stream<Item = Result<RequestEvent>> + use<>> {
        let mut watch = Watch {
            application: ctx.data::<Arc<Application>>()?.clone(),
            loaders: ctx.data::<Arc<Loaders>>()?.clone(),
            call: require_call(ctx)?.clone(),
            request: argument_id(&request_id, "requestId")?,
            after: after.map_or(Ok(0), |after| number(&after))?,
            poll: ctx.data_opt::<JournalPoll>().copied().unwrap_or_default().0,
        };
        watch.look().await?;
        Ok(watch.events())
    }
}

fn number(after: &str) -> Result<u64> {
    match decode(after, SortKey::Number).map(|cursor| cursor.value) {
        Ok(CursorValue::Number(number)) => Ok(number),
        _ => Err(bad_argument("after", "expected the cursor of an event")),
    }
}
