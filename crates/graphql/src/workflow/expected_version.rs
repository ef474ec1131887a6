use crate::error::{Answer, Declined};

/// The workflow's version that a client has seen, if it says so.
pub(super) fn expected_version(seen: Option<i32>) -> Answer<Option<u64>> {
    let read = seen.map(u64::try_from).transpose();
    read.map_err(|_| Declined::input("expectedVersion", "expected a version that was read, counted from 1"))
}
