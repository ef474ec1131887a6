use std::sync::Arc;

use async_graphql::{EmptyMutation, EmptySubscription, Object, Schema, SchemaBuilder};
use nexusflow_application::Application;

/// The API's schema.
pub type ApiSchema = Schema<QueryRoot, MutationRoot, SubscriptionRoot>;
/// Everything that changes something.
pub type MutationRoot = EmptyMutation;
/// Everything that is told as it happens.
pub type SubscriptionRoot = EmptySubscription;

/// Everything that can be read.
#[derive(Default)]
pub struct QueryRoot;

#[Object]
impl QueryRoot {
    async fn version(&self) -> &str {
        "0"
    }
}

/// The schema on an application, still without limits.
pub fn schema_builder(application: Arc<Application>) -> SchemaBuilder<QueryRoot, MutationRoot, SubscriptionRoot> {
    Schema::build(QueryRoot, EmptyMutation, EmptySubscription).data(application)
}

/// The schema as text.
pub fn sdl() -> String {
    Schema::build(QueryRoot, EmptyMutation, EmptySubscription).finish().sdl()
}
