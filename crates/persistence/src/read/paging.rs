use nexusflow_application::{Cursor, CursorValue, PageRequest, StoreError};
use nexusflow_domain::Timestamp;
use uuid::Uuid;

use crate::encoding::due_order;
use crate::read::sql::Sql;

/// The columns that a list is sorted by, unqualified, and so the kind of cursor it takes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Key {
    /// The id alone.
    Id(&'static str),
    /// A number that is unique within the list.
    Number(&'static str),
    /// An instant, then the id.
    Time(&'static str, &'static str),
    /// A text, then the id.
    Text(&'static str, &'static str),
}

/// The order of a list.
///
/// Instants compare as texts on `SQLite`. sqlx writes them as `2026-11-20T09:00:00+00:00` with no, three,
/// six or nine digits of a fraction; since `+` sorts before `.` and `.` before the digits, the texts of the years
/// 1 to 9999 sort as the instants do, if every one of them was bound as a `DateTime<Utc>`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Keyset {
    /// By what.
    pub key: Key,
    /// Greatest first.
    pub descending: bool,
    /// Whether a condition leads to few rows, which are then sorted.
    few: bool,
}

/// A cursor that belongs to a list with another order. Who takes cursors from outside checks their
/// kind and refuses this as bad input before it gets here.
#[derive(Debug, thiserror::Error)]
#[error("the cursor {cursor:?} is not one of a list sorted by {key:?}")]
struct ForeignCursor {
    cursor: CursorValue,
    key: Key,
}

impl Keyset {
    pub const fn ascending(key: Key) -> Self {
        Self { key, descending: false, few: false }
    }

    pub const fn descending(key: Key) -> Self {
        Self { key, descending: true, few: false }
    }

    /// The same order of rows to which a condition leads that only few rows fulfil. `SQLite`, which does not
    /// know that they are few, would otherwise go through all rows in order.
    pub const fn of_few(self, few: bool) -> Self {
        Self { few, ..self }
    }

    /// Whether rows are fetched in descending order: a backward page is fetched from its end.
    pub const fn fetches_descending(&self, page: &PageRequest) -> bool {
        self.descending != page.backward
    }

    /// ` AND …`: only rows strictly after `after` and strictly before `before`.
    pub fn bounds(&self, sql: &mut Sql, page: &PageRequest) -> Result<(), StoreError> {
        if let Some(after) = &page.after {
            self.bound(sql, after, if self.descending { "<" } else { ">" })?;
        }
        if let Some(before) = &page.before {
            self.bound(sql, before, if self.descending { ">" } else { "<" })?;
        }
        Ok(())
    }

    fn bound(&self, sql: &mut Sql, cursor: &Cursor, operator: &str) -> Result<(), StoreError> {
        sql.push(" AND ");
        let prefix = self.prefix(sql);
        match (self.key, &cursor.value) {
            (Key::Id(id), CursorValue::Id) => {
                sql.push(prefix).push(id).push(" ").push(operator).push(" ").bind(cursor.id);
            }
            (Key::Number(column), &CursorValue::Number(number)) => {
                let number = i64::try_from(number).unwrap_or(i64::MAX);
                sql.push(prefix).push(column).push(" ").push(operator).push(" ").bind(number);
            }
            (Key::Time(column, id), &CursorValue::Time(at)) => {
                pair(sql, prefix, (column, id), operator).at(at).push(", ").bind(cursor.id).push(")");
            }
            (Key::Text(column, id), CursorValue::Text(text)) => {
                // No column holds a NUL character, and PostgreSQL refuses one.
                pair(sql, prefix, (column, id), operator)
                    .bind(text.replace('\0', ""))
                    .push(", ")
                    .bind(cursor.id)
                    .push(")");
            }
            (key, value) => return Err(StoreError::Failed(Box::new(ForeignCursor { cursor: value.clone(), key }))),
        }
        Ok(())
    }

    /// ` ORDER BY … LIMIT …` in the order of fetching, with one row more than the page, which tells
    /// whether there are more.
    pub fn order_and_limit(&self, sql: &mut Sql, page: &PageRequest) {
        self.order(sql, page, self.prefix(sql));
    }

    fn prefix(&self, sql: &Sql) -> &'static str {
        if self.few { sql.unindexed() } else { "" }
    }

    /// The same for a compound of statements that each have an order and a limit already.
    pub fn order_and_limit_all(&self, sql: &mut Sql, page: &PageRequest) {
        self.order(sql, page, "");
    }

    fn order(&self, sql: &mut Sql, page: &PageRequest, prefix: &str) {
        let direction = if self.fetches_descending(page) { " DESC" } else { "" };
        let columns = match self.key {
            Key::Id(column) | Key::Number(column) => vec![column],
            Key::Time(column, id) | Key::Text(column, id) => vec![column, id],
        };
        let columns: Vec<String> = columns.iter().map(|column| format!("{prefix}{column}{direction}")).collect();
        sql.push(" ORDER BY ").push(&columns.join(", ")).push(" LIMIT ").number(u64::from(page.limit) + 1);
    }
}

/// A place in a list sorted by id.
pub(super) const fn by_id(id: Uuid) -> Cursor {
    Cursor { value: CursorValue::Id, id }
}

/// A place in a list sorted by due date; what has none comes last.
pub(super) fn by_due(due: Option<Timestamp>, id: Uuid) -> Cursor {
    Cursor { value: CursorValue::Time(due_order(due)), id }
}

/// `(column, id) operator (`: a comparison of rows, which both databases answer from an index.
fn pair<'a>(sql: &'a mut Sql, prefix: &str, (column, id): (&str, &str), operator: &str) -> &'a mut Sql {
    sql.push("(").push(prefix).push(column).push(", ").push(prefix).push(id).push(") ").push(operator).push(" (")
}
