use std::borrow::Cow;

use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::{Context, ContextSelectionSet, OutputType, Positioned, Result, ServerResult, Value};

/// A key that leads to a node.
pub trait Linked: Copy + Send + Sync {
    /// What it leads to.
    type Node: OutputType;

    /// Loads the node; `None` when there is none that the caller may see.
    fn find(self, ctx: &Context<'_>) -> impl Future<Output = Result<Option<Self::Node>>> + Send;
}

/// A node that is loaded when a client selects it, and only then. For the answers of mutations, of
/// which many clients want no more than the errors; always within an `Option`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link<K>(pub K);

impl<K: Linked> OutputType for Link<K> {
    fn type_name() -> Cow<'static, str> {
        K::Node::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        K::Node::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        let found = self.0.find(&ctx.with_field(field)).await;
        let node = found.map_err(|error| ctx.set_error_path(error.into_server_error(field.pos)))?;
        match node {
            Some(node) => node.resolve(ctx, field).await,
            None => Ok(Value::Null),
        }
    }
}
