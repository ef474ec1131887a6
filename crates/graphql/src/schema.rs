use std::sync::Arc;

use async_graphql::{MergedObject, MergedSubscription, SDLExportOptions, Schema, SchemaBuilder};
use nexusflow_application::Application;

use crate::access::{AccessMutation, AccessQuery};
use crate::identity::{IdentityMutation, IdentityQuery, SessionMutation, TenancyMutation};
use crate::insight::InsightQuery;
use crate::platform::PlatformQuery;
use crate::request::{JobMutation, RequestMutation, RequestQuery, RequestSubscription};
use crate::workflow::{WorkflowMutation, WorkflowQuery};

/// The API's schema.
pub type ApiSchema = Schema<QueryRoot, MutationRoot, SubscriptionRoot>;

/// Everything that can be read.
#[derive(MergedObject, Default)]
#[graphql(name = "Query")]
pub struct QueryRoot(PlatformQuery, IdentityQuery, AccessQuery, WorkflowQuery, RequestQuery, InsightQuery);

/// Everything that can be changed. Each mutation answers with the changed nodes, or with typed
/// refusals in `errors`; a top-level error means that it failed.
#[derive(MergedObject, Default)]
#[graphql(name = "Mutation")]
pub struct MutationRoot(
    SessionMutation,
    IdentityMutation,
    TenancyMutation,
    AccessMutation,
    WorkflowMutation,
    RequestMutation,
    JobMutation,
);

/// Everything that is told as it happens.
#[derive(MergedSubscription, Default)]
#[graphql(name = "Subscription")]
pub struct SubscriptionRoot(RequestSubscription);

/// The schema on an application, still without limits. Requests must carry
/// [`crate::caller_data`].
pub fn schema_builder(application: Arc<Application>) -> SchemaBuilder<QueryRoot, MutationRoot, SubscriptionRoot> {
    builder().data(application)
}

/// The schema as text, sorted, the same in every run.
pub fn sdl() -> String {
    let options = SDLExportOptions::new()
        .sorted_fields()
        .sorted_arguments()
        .sorted_enum_items()
        .include_specified_by()
        .prefer_single_line_descriptions()
        .use_space_ident();
    format!("{}\n", builder().finish().sdl_with_options(options).trim_end())
}

fn builder() -> SchemaBuilder<QueryRoot, MutationRoot, SubscriptionRoot> {
    Schema::build(QueryRoot::default(), MutationRoot::default(), SubscriptionRoot::default())
}
