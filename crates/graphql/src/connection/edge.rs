use std::borrow::Cow;

use async_graphql::{Object, OutputType, TypeName};

/// An item of a page with its place.
#[derive(Debug, Clone)]
pub struct Edge<N> {
    pub(super) cursor: String,
    pub(super) node: N,
}

/// An item of a page, with its place in the list.
#[Object(name_type)]
impl<N: OutputType> Edge<N> {
    /// The item's place, for `after` and `before`.
    async fn cursor(&self) -> &str {
        &self.cursor
    }

    /// The item.
    async fn node(&self) -> &N {
        &self.node
    }
}

impl<N: OutputType> TypeName for Edge<N> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Edge", N::type_name()).into()
    }
}
