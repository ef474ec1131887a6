use std::cmp::Ordering;

use chrono::{DateTime, TimeZone, Utc};
use nexusflow_domain::Timestamp;
use uuid::Uuid;

use crate::{Cursor, CursorValue, Page, PageRequest};

/// A page of rows that are given in any order. `cursor` gives a row's place; places in list order
/// ascend, or descend when `descending`.
pub(super) fn page<T>(
    rows: impl IntoIterator<Item = T>,
    descending: bool,
    request: &PageRequest,
    cursor: impl Fn(&T) -> Cursor,
) -> Page<T> {
    let in_list_order = |a: &Cursor, b: &Cursor| if descending { compare(b, a) } else { compare(a, b) };
    let inside = |row: &T| {
        let place = cursor(row);
        request.after.as_ref().is_none_or(|after| in_list_order(&place, after).is_gt())
            && request.before.as_ref().is_none_or(|before| in_list_order(&place, before).is_lt())
    };
    let mut rows: Vec<T> = rows.into_iter().filter(inside).collect();
    rows.sort_by(|a, b| in_list_order(&cursor(a), &cursor(b)));
    if request.backward {
        rows.reverse();
    }
    rows.truncate(request.limit as usize + 1);
    Page::from_fetched(rows, request, cursor)
}

/// A place in a list sorted by id.
pub(super) const fn by_id(id: Uuid) -> Cursor {
    Cursor { value: CursorValue::Id, id }
}

/// A place in a list sorted by time; what has none comes last.
pub(super) fn by_time(at: Option<Timestamp>, id: Uuid) -> Cursor {
    let end = Utc.with_ymd_and_hms(9999, 12, 31, 0, 0, 0).single().unwrap_or(DateTime::<Utc>::MAX_UTC);
    Cursor { value: CursorValue::Time(at.unwrap_or(end)), id }
}

fn compare(a: &Cursor, b: &Cursor) -> Ordering {
    let by_value = match (&a.value, &b.value) {
        (CursorValue::Time(a), CursorValue::Time(b)) => a.cmp(b),
        (CursorValue::Text(a), CursorValue::Text(b)) => a.cmp(b),
        // A number is unique within its list.
        (CursorValue::Number(a), CursorValue::Number(b)) => return a.cmp(b),
        // Lists by id; and places of another list, which callers refuse before.
        _ => Ordering::Equal,
    };
    by_value.then(a.id.cmp(&b.id))
}
