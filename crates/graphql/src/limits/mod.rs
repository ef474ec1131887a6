//! What one operation may cost, and where that is checked.
//!
//! The order matters: the text is measured before it is parsed (`check_tokens`), the parsed
//! document before anything walks it once per spread (`check_document`), and the validated
//! operation by its cost (`CostLimit`). To add a limit: a field here, a check in the earliest of
//! the three that can see it, a test in `tests/http_limits.rs`.

mod cost;
mod document;
mod page;
mod tokens;
mod weight;

use std::time::Duration;

pub(crate) use cost::Progress;
pub use cost::{CostLimit, limited};
pub(crate) use document::{Introspection, check_document};
pub use page::{DEFAULT_PAGE, MAX_PAGE, page_cost};
pub(crate) use tokens::check_tokens;

/// Limits of one operation and its transport.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Lexical tokens of the document.
    pub tokens: usize,
    /// Brackets of any kind inside each other; the parser recurses once per level.
    pub nesting: usize,
    /// Fields inside each other; 15 is what the full introspection query of `graphql-js` needs.
    pub depth: usize,
    /// Selections inside each other, counting fragments as levels.
    pub levels: usize,
    /// Fields once all fragments are expanded.
    pub fields: usize,
    /// Aliases once all fragments are expanded.
    pub aliases: usize,
    /// Directives once all fragments are expanded.
    pub directives: usize,
    /// Fields of the operation's root.
    pub root_fields: usize,
    /// Cost: one per field, times the page size under a connection.
    pub complexity: usize,
    /// Bytes of an HTTP body or a WebSocket message.
    pub body_bytes: usize,
    /// Operations at a time on one WebSocket.
    pub operations_per_socket: usize,
    /// How long a query or mutation may take, and how long a body may take to arrive.
    pub timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            tokens: 5_000,
            nesting: 64,
            depth: 15,
            levels: 32,
            fields: 5_000,
            aliases: 30,
            directives: 20,
            root_fields: 20,
            complexity: 20_000,
            body_bytes: 1 << 20,
            operations_per_socket: 50,
            timeout: Duration::from_secs(30),
        }
    }
}
