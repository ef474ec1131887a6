//! Relay connections over keyset pages.

use async_graphql::connection::{Connection, Edge, EmptyFields};
use async_graphql::{ObjectType, OutputType};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use nexusflow_application::{Cursor, CursorValue, Page, PageRequest};

use crate::failure::{Failure, invalid};
use crate::limits::{DEFAULT_PAGE, MAX_PAGE};

/// A connection whose edges have nothing but cursor and node.
pub(crate) type Paged<T, F = EmptyFields> = Connection<String, T, F>;

/// What a client asks of a connection.
#[derive(Debug, Clone, Default)]
pub(crate) struct Arguments {
    pub first: Option<i32>,
    pub after: Option<String>,
    pub last: Option<i32>,
    pub before: Option<String>,
}

/// What a list is sorted by, hence what its cursors hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SortKey {
    Id,
    Time,
    Text,
    Number,
}

impl Arguments {
    /// The page asked for; a `VALIDATION` failure names the argument that is wrong.
    pub fn page(self, key: SortKey) -> Result<PageRequest, Failure> {
        let (limit, backward) = match (self.first, self.last) {
            (Some(_), Some(_)) => return Err(invalid("give first or last, not both")),
            (Some(first), None) => (size(first, "first")?, false),
            (None, Some(last)) => (size(last, "last")?, true),
            (None, None) => (u32::try_from(DEFAULT_PAGE).unwrap_or(u32::MAX), false),
        };
        let after = self.after.map(|text| decode(&text, key, "after")).transpose()?;
        let before = self.before.map(|text| decode(&text, key, "before")).transpose()?;
        Ok(PageRequest { limit, after, before, backward })
    }
}

fn size(number: i32, argument: &str) -> Result<u32, Failure> {
    match u32::try_from(number) {
        Ok(number @ 1..) if number as usize <= MAX_PAGE => Ok(number),
        _ => Err(invalid(format!("{argument}: expected 1 to {MAX_PAGE}, found {number}"))),
    }
}

/// A place in a list as opaque text.
pub(crate) fn encode(cursor: &Cursor) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(cursor).unwrap_or_default())
}

/// A place in a list from its text.
pub(crate) fn decode(text: &str, key: SortKey, argument: &str) -> Result<Cursor, Failure> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok();
    let cursor: Option<Cursor> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let fits = |cursor: &Cursor| match cursor.value {
        CursorValue::Id => key == SortKey::Id,
        CursorValue::Time(_) => key == SortKey::Time,
        CursorValue::Text(_) => key == SortKey::Text,
        CursorValue::Number(_) => key == SortKey::Number,
    };
    cursor.filter(fits).ok_or_else(|| invalid(format!("{argument}: not a cursor of this list")))
}

/// The connection that a page becomes.
pub(crate) fn connection<M, T: OutputType, F: ObjectType>(
    page: Page<M>,
    fields: F,
    node: impl Fn(M) -> T,
) -> Paged<T, F> {
    let mut connection = Connection::with_additional_fields(page.has_previous, page.has_next, fields);
    let edges = page.edges.into_iter().map(|edge| Edge::new(encode(&edge.cursor), node(edge.node)));
    connection.edges.extend(edges);
    connection
}
