use nexusflow_domain::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A place in a sorted list: the sort key of a row and its id as tie-break.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The sort key.
    #[serde(rename = "v")]
    pub value: CursorValue,
    /// The row's id.
    #[serde(rename = "i")]
    pub id: Uuid,
}

/// A sort key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CursorValue {
    /// The list is sorted by id alone.
    #[serde(rename = "n")]
    Id,
    /// Sorted by an instant.
    #[serde(rename = "t")]
    Time(Timestamp),
    /// Sorted by a text.
    #[serde(rename = "s")]
    Text(String),
    /// Sorted by a number, such as a sequence number.
    #[serde(rename = "u")]
    Number(u64),
}

/// A part of a sorted list (keyset pagination): at most `limit` rows strictly after `after` and
/// strictly before `before`; from the end of that range when `backward`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// At most this many rows, 1 to 100.
    pub limit: u32,
    /// Only rows after this place.
    pub after: Option<Cursor>,
    /// Only rows before this place.
    pub before: Option<Cursor>,
    /// The last rows of the range instead of the first; still in list order.
    pub backward: bool,
}

impl PageRequest {
    /// The first rows.
    pub const fn first(limit: u32) -> Self {
        Self { limit, after: None, before: None, backward: false }
    }
}

/// A page, in list order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows with their places.
    pub edges: Vec<Edge<T>>,
    /// Whether rows follow the last one.
    pub has_next: bool,
    /// Whether rows precede the first one.
    pub has_previous: bool,
}

/// A row with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge<T> {
    /// Its place.
    pub cursor: Cursor,
    /// The row.
    pub node: T,
}

impl<T> Page<T> {
    /// Makes a page of rows fetched in query order (reversed when backward) with a limit of one more
    /// than asked for.
    pub fn from_fetched(mut rows: Vec<T>, request: &PageRequest, cursor: impl Fn(&T) -> Cursor) -> Self {
        let more = rows.len() > request.limit as usize;
        rows.truncate(request.limit as usize);
        if request.backward {
            rows.reverse();
        }
        let edges = rows.into_iter().map(|node| Edge { cursor: cursor(&node), node }).collect();
        let (has_next, has_previous) =
            if request.backward { (request.before.is_some(), more) } else { (more, request.after.is_some()) };
        Self { edges, has_next, has_previous }
    }

    /// The rows without their places.
    pub fn into_nodes(self) -> Vec<T> {
        self.edges.into_iter().map(|edge| edge.node).collect()
    }
}
