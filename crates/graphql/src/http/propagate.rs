use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute, NextResolve, ResolveInfo};
use async_graphql::{QueryPathNode, QueryPathSegment, Response, ServerError, ServerResult, Value};

/// Makes what failed null, as the GraphQL specification says (section 6.4.4): the field itself, or when
/// its type forbids that, the nearest parent that may be null. async-graphql 7.2 leaves the field out
/// of the result instead, and its parents as they are.
#[derive(Debug, Clone, Copy)]
pub(super) struct NullPropagation;

impl ExtensionFactory for NullPropagation {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Propagation::default())
    }
}

/// What failed so far in one execution. The library asks for every item of a list as for a field.
#[derive(Default)]
struct Propagation(Mutex<Failures>);

#[derive(Default)]
struct Failures {
    errors: Vec<ServerError>,
    /// Paths of what must be null: items that failed, objects with a field that must not be null but is.
    nulls: HashSet<String>,
}

#[async_trait::async_trait]
impl Extension for Propagation {
    async fn execute(
        &self,
        ctx: &ExtensionContext<'_>,
        operation_name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        let mut response = next.run(ctx, operation_name).await;
        let failures = std::mem::take(&mut *self.failures());
        if failures.nulls.contains("") {
            response.data = Value::Null;
        } else if failures.errors.is_empty() && response.errors.is_empty() && response.data == Value::Null {
            // Every field was skipped.
            response.data = Value::Object(async_graphql::indexmap::IndexMap::new());
        }
        response.errors.extend(failures.errors);
        response
    }

    async fn resolve(
        &self,
        ctx: &ExtensionContext<'_>,
        info: ResolveInfo<'_>,
        next: NextResolve<'_>,
    ) -> ServerResult<Option<Value>> {
        let (node, value_type) = (info.path_node, info.return_type);
        let result = next.run(ctx, info).await;
        let mut failures = self.failures();
        match result {
            Ok(value) if failures.nulls.is_empty() => Ok(value),
            // What its being null means is for the list's own field to say, which knows its type.
            Ok(value) if is_item(node) => Ok(value),
            Ok(value) => Ok(Some(failures.complete(node, value.unwrap_or_default(), value_type))),
            Err(error) => {
                failures.errors.push(error);
                if is_item(node) {
                    failures.nulls.insert(path(Some(node)));
                } else if value_type.ends_with('!') {
                    failures.nulls.insert(path(node.parent));
                }
                Ok(Some(Value::Null))
            }
        }
    }
}

impl Failures {
    /// A field's value with what failed in it made null; if that may not be, its parent must be.
    fn complete(&mut self, node: &QueryPathNode<'_>, value: Value, value_type: &str) -> Value {
        let completed = complete(value, value_type, &path(Some(node)), &self.nulls);
        completed.unwrap_or_else(|| {
            self.nulls.insert(path(node.parent));
            Value::Null
        })
    }
}

impl Propagation {
    fn failures(&self) -> MutexGuard<'_, Failures> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The value with all in it made null that must be; `None` if its type forbids that.
fn complete(value: Value, value_type: &str, path: &str, nulls: &HashSet<String>) -> Option<Value> {
    let nullable_type = value_type.strip_suffix('!').unwrap_or(value_type);
    let item_type = nullable_type.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let completed = match (value, item_type) {
        _ if nulls.contains(path) => None,
        (Value::List(items), Some(item_type)) => {
            let items = items.into_iter().enumerate();
            let complete = |(index, item)| complete(item, item_type, &format!("{path}/{index}"), nulls);
            items.map(complete).collect::<Option<Vec<_>>>().map(Value::List)
        }
        (value, _) => Some(value),
    };
    if completed.is_none() && nullable_type.len() == value_type.len() { Some(Value::Null) } else { completed }
}

fn is_item(node: &QueryPathNode<'_>) -> bool {
    matches!(node.segment, QueryPathSegment::Index(_))
}

/// A path as text, such as `/steps/3/assignee`; names hold no slash.
fn path(node: Option<&QueryPathNode<'_>>) -> String {
    let Some(node) = node else { return String::new() };
    let parent = path(node.parent);
    match node.segment {
        QueryPathSegment::Index(index) => format!("{parent}/{index}"),
        QueryPathSegment::Name(name) => format!("{parent}/{name}"),
    }
}
