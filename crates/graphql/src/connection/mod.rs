//! Relay connections over the application's pages (GraphQL Cursor Connections Specification).

mod arguments;
mod cursor;
mod edge;
mod page_info;
mod relay;

pub use arguments::PageArguments;
pub use cursor::{SortKey, decode, encode};
pub use edge::Edge;
pub use page_info::PageInfo;
pub(crate) use page_info::page_info;
pub use relay::Connection;

/// What a list that is not paged costs: one, and ten times what is selected of an item.
pub const fn list_cost(child_complexity: usize) -> usize {
    child_complexity.saturating_mul(10).saturating_add(1)
}
