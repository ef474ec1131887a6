use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use nexusflow_application::{Cursor, CursorValue};

/// What a list is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortKey {
    /// The id alone.
    Id,
    /// An instant.
    Time,
    /// A text.
    Text,
    /// A number.
    Number,
}

/// A text that is not a cursor of the list it was given to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a cursor that this list gave, with the same order")]
pub struct InvalidCursor;

/// A place as clients see it: base64url (RFC 4648, section 5) of its JSON.
pub fn encode(cursor: &Cursor) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(cursor).unwrap_or_default())
}

/// The place that a client's text names, in a list sorted by `key`.
pub fn decode(text: &str, key: SortKey) -> Result<Cursor, InvalidCursor> {
    let json = URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidCursor)?;
    let cursor: Cursor = serde_json::from_slice(&json).map_err(|_| InvalidCursor)?;
    if sort_key(&cursor.value) == key { Ok(cursor) } else { Err(InvalidCursor) }
}

const fn sort_key(value: &CursorValue) -> SortKey {
    match value {
        CursorValue::Id => SortKey::Id,
        CursorValue::Time(_) => SortKey::Time,
        CursorValue::Text(_) => SortKey::Text,
        CursorValue::Number(_) => SortKey::Number,
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn cursors_round_trip_and_fit_their_list_only() {
        let cursor = Cursor { value: CursorValue::Text("Ä".to_owned()), id: Uuid::from_u128(5) };
        let text = encode(&cursor);
        assert_eq!(decode(&text, SortKey::Text), Ok(cursor));
        assert_eq!(decode(&text, SortKey::Id), Err(InvalidCursor));
        assert_eq!(decode("eyJ2IjoibiJ9", SortKey::Id), Err(InvalidCursor));
    }
}
