use async_graphql::Result;
use nexusflow_application::{Cursor, PageRequest};

use super::cursor::{SortKey, decode};
use crate::error::bad_argument;
use crate::limits::{DEFAULT_PAGE, MAX_PAGE};

/// Which part of a list a client asks for.
#[derive(Debug, Clone, Default)]
pub struct PageArguments {
    /// That many from the start of the range.
    pub first: Option<i32>,
    /// Only what follows this cursor.
    pub after: Option<String>,
    /// That many from the end of the range.
    pub last: Option<i32>,
    /// Only what precedes this cursor.
    pub before: Option<String>,
}

impl PageArguments {
    /// The page to read of a list sorted by `key`; a `VALIDATION` error that names the argument when
    /// one is out of range or no cursor of such a list.
    pub fn read(self, key: SortKey) -> Result<PageRequest> {
        let (limit, backward) = match (self.first, self.last) {
            (Some(_), Some(_)) => return Err(bad_argument("last", "give either first or last, not both")),
            (Some(first), None) => (size("first", first)?, false),
            (None, Some(last)) => (size("last", last)?, true),
            (None, None) => (size("first", i32::try_from(DEFAULT_PAGE)?)?, false),
        };
        let after = place("after", self.after.as_deref(), key)?;
        let before = place("before", self.before.as_deref(), key)?;
        Ok(PageRequest { limit, after, before, backward })
    }
}

fn size(argument: &'static str, asked: i32) -> Result<u32> {
    match u32::try_from(asked) {
        Ok(size) if (1..=MAX_PAGE).contains(&(size as usize)) => Ok(size),
        _ => Err(bad_argument(argument, format!("expected 1 to {MAX_PAGE}, found {asked}"))),
    }
}

fn place(argument: &'static str, cursor: Option<&str>, key: SortKey) -> Result<Option<Cursor>> {
    let decoded = cursor.map(|cursor| decode(cursor, key)).transpose();
    decoded.map_err(|error| bad_argument(argument, error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_out_of_range_and_strange_cursors_are_refused() {
        let first = |first| PageArguments { first: Some(first), ..PageArguments::default() };
        assert_eq!(first(100).read(SortKey::Id).expect("a page").limit, 100);
        assert_eq!(PageArguments::default().read(SortKey::Id).expect("a page").limit, 20);
        for arguments in [
            first(0),
            first(-1),
            first(101),
            PageArguments { last: Some(1), ..first(1) },
            PageArguments { after: Some("?".to_owned()), ..PageArguments::default() },
            PageArguments { before: Some(String::new()), ..PageArguments::default() },
        ] {
            assert!(arguments.clone().read(SortKey::Id).is_err(), "{arguments:?}");
        }
    }
}
