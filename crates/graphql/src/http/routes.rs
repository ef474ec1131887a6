use std::sync::Arc;

use async_graphql::{ObjectType, SchemaBuilder, SubscriptionType};
use axum::Router;
use axum::routing::{any, get};
use nexusflow_application::Application;

use super::api::{Api, Attach};
use super::documents::Documents;
use super::options::ApiOptions;
use super::propagate::NullPropagation;
use super::{graphiql, handlers, hooks, sse, websocket};
use crate::limits::limited;
use crate::{caller_data, schema_builder};

/// Serves the API: its schema at `/graphql`, `/graphql/ws` and `/graphql/stream`.
///
/// See [`router_of`] for how to serve it.
pub fn router(application: Arc<Application>, options: ApiOptions) -> Router {
    let attached = application.clone();
    let attach: Attach = Arc::new(move |request, caller| caller_data(request, &attached, caller));
    router_of(schema_builder(application.clone()), application, options, attach)
}

/// Serves a schema at `/graphql`, `/graphql/ws`, `/graphql/stream` and, if wanted, GraphiQL at `/`; and the
/// addresses of steps that wait for a call, at `/hooks/`.
///
/// Serve it with `into_make_service_with_connect_info::<SocketAddr>()`, so that the audit log knows
/// the clients' addresses.
pub fn router_of<Q, M, S>(
    schema: SchemaBuilder<Q, M, S>,
    application: Arc<Application>,
    options: ApiOptions,
    attach: Attach,
) -> Router
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    let executor = limited(schema.extension(NullPropagation), &options.limits);
    let has_graphiql = options.graphiql;
    let api = Arc::new(Api { executor, application, documents: Documents::new(), options, attach });
    let router = Router::new()
        .route("/graphql", any(handlers::graphql))
        .route("/graphql/stream", any(sse::stream))
        .route("/graphql/ws", get(websocket::upgrade))
        .route("/hooks/{token}", any(hooks::call))
        .with_state(api);
    if has_graphiql { router.route("/", get(graphiql::page)) } else { router }
}
