use async_graphql::{Context, OneofObject, Result, SimpleObject};
use nexusflow_application::request::{Moment, Snapshot};
use nexusflow_domain::ids::RequestId;

use super::kinds::{Priority, RequestStatus};
use crate::context::{application, require_call};
use crate::error::failure;
use crate::scalar::{DateTime, Json, int};

/// A moment in a request's life.
#[derive(Debug, Clone, OneofObject)]
pub enum RequestMoment {
    /// After everything recorded at or before this instant.
    Time(DateTime),
    /// After the journal's record with this number.
    Version(i32),
}

/// A request as it was at a moment, by its journal.
#[derive(Debug, Clone, SimpleObject)]
pub struct RequestSnapshot {
    /// The number of its journal's records then.
    version: i32,
    /// When the last of them was made.
    at: DateTime,
    /// Where it was in its life.
    status: RequestStatus,
    /// How urgent it was.
    priority: Priority,
    /// The last instant in time.
    due_at: Option<DateTime>,
    /// The data that conditions read, by name.
    variables: Json,
    /// The steps that were open.
    open_steps: Vec<OpenStepSnapshot>,
    /// Where tokens rested.
    marking: Vec<RestingTokens>,
}

/// A step that was open.
#[derive(Debug, Clone, SimpleObject)]
pub struct OpenStepSnapshot {
    /// The step's key.
    key: String,
    /// Its name.
    name: String,
    /// The how many-th execution of it, from 1.
    attempt: i32,
    /// When it had opened.
    started_at: DateTime,
    /// The last instant in time.
    deadline: Option<DateTime>,
    /// Whether somebody had taken it.
    claimed: bool,
}

/// Tokens that rested on a transition.
#[derive(Debug, Clone, SimpleObject)]
pub struct RestingTokens {
    /// The key of the step that they came from.
    from: String,
    /// The key of the step at which they waited.
    to: String,
    /// How many.
    count: i32,
}

/// A request as it was; null when it did not exist yet.
pub(super) async fn snapshot(
    ctx: &Context<'_>,
    request: RequestId,
    moment: RequestMoment,
) -> Result<Option<RequestSnapshot>> {
    let moment = match moment {
        RequestMoment::Time(at) => Moment::At(at.0),
        RequestMoment::Version(version) => Moment::Version(u64::try_from(version).unwrap_or(0)),
    };
    let found = application(ctx)?.explanations.at(require_call(ctx)?, request, moment).await;
    Ok(found.map_err(failure)?.map(Into::into))
}

impl From<Snapshot> for RequestSnapshot {
    fn from(snapshot: Snapshot) -> Self {
        let Snapshot { state, at, version } = snapshot;
        let graph = &version.graph;
        let open = state.open.values().map(|open| OpenStepSnapshot {
            key: open.step.to_string(),
            name: graph.find(&open.step).map_or_else(|| open.step.to_string(), |ix| graph.step(ix).name.clone()),
            attempt: int(open.attempt),
            started_at: open.started_at.into(),
            deadline: open.due_at.map(Into::into),
            claimed: open.claimed_by().is_some(),
        });
        let key = |step| graph.step(step).key.to_string();
        let tokens = state.marking.marked().map(|(token, count)| {
            let transition = graph.transition(token.at);
            RestingTokens { from: key(transition.from), to: key(transition.to), count: int(count) }
        });
        Self {
            open_steps: open.collect(),
            marking: tokens.collect(),
            version: int(state.version),
            at: at.into(),
            status: state.status().into(),
            priority: state.priority.into(),
            due_at: state.due_at.map(Into::into),
            variables: Json(state.variables.into()),
        }
    }
}
