//! What a database's refusal of a change means.

use std::fmt::Display;

use nexusflow_application::administration::CommitError;
use sea_orm::DbErr;

use crate::error::{is_foreign_key_violation, store_error, unique_violation};

/// A row that the change needs is not there.
pub(super) fn missing(kind: &'static str, id: impl Display) -> CommitError {
    CommitError::Missing { kind, id: id.to_string() }
}

/// `Missing` unless a row was changed.
pub(super) fn require_one(affected: u64, kind: &'static str, id: impl Display) -> Result<(), CommitError> {
    if affected == 1 { Ok(()) } else { Err(missing(kind, id)) }
}

/// `Duplicate` when the unique index on `field` was violated.
pub(super) fn or_duplicate(field: &'static str, value: impl Display) -> impl FnOnce(DbErr) -> CommitError {
    move |error| match unique_violation(&error) {
        Some(violated) if violated.contains(field) => CommitError::Duplicate { field, value: value.to_string() },
        _ => CommitError::Store(store_error(error)),
    }
}

/// `Missing` when the row refers to one that is not there.
pub(super) fn or_missing(kind: &'static str, id: impl Display) -> impl FnOnce(DbErr) -> CommitError {
    move |error| {
        if is_foreign_key_violation(&error) { missing(kind, id) } else { CommitError::Store(store_error(error)) }
    }
}

/// `InUse` when other rows refer to the one to be removed.
pub(super) fn or_in_use(message: String) -> impl FnOnce(DbErr) -> CommitError {
    move |error| {
        if is_foreign_key_violation(&error) {
            CommitError::InUse { message }
        } else {
            CommitError::Store(store_error(error))
        }
    }
}
