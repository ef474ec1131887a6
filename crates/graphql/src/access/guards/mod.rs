//! Who may read which field: one line per field of every object.
//!
//! The table is a courtesy to readers and a check for us. What it says is enforced by the use cases,
//! which take permits; a test holds the operations to it, and another that no field is missing.

mod access;
mod connections;
mod errors;
mod identity;
mod insight;
mod payloads;
mod platform;
mod request;
mod roots;
mod workflow;

use nexusflow_domain::access::Permission;

/// Who may read a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// Everybody, signed in or not.
    Anyone,
    /// Every active member of the organization.
    SignedIn,
    /// Whoever has the permission.
    Permission(Permission),
    /// Whoever it is about or involves; others with the permission.
    OwnOr(Permission),
    /// Whoever is asked to act on the step, with `COMPLETE_TASK` or `APPROVE_REQUEST` by its kind.
    Candidate,
    /// Whoever may read the object that it leads to.
    SameAsChild,
    /// Whoever may read the object that it belongs to.
    SameAsParent,
}

/// A field as `Type.field`, and who may read it.
pub type Entry = (&'static str, Guard);

const PARTS: &[&[Entry]] = &[
    roots::ROOTS,
    identity::IDENTITY,
    access::ACCESS,
    workflow::WORKFLOW,
    request::REQUEST,
    insight::INSIGHT,
    platform::PLATFORM,
    connections::CONNECTIONS,
    payloads::PAYLOADS,
    errors::ERRORS,
];

/// Every field of every object.
pub const GUARDS: &[Entry] = &table::<{ length(PARTS) }>(PARTS);

const fn length(parts: &[&[Entry]]) -> usize {
    let (mut sum, mut part) = (0, 0);
    while part < parts.len() {
        sum += parts[part].len();
        part += 1;
    }
    sum
}

/// The parts one after the other.
const fn table<const N: usize>(parts: &[&[Entry]]) -> [Entry; N] {
    let mut all = [("", Guard::Anyone); N];
    let (mut filled, mut part) = (0, 0);
    while part < parts.len() {
        let mut entry = 0;
        while entry < parts[part].len() {
            all[filled] = parts[part][entry];
            filled += 1;
            entry += 1;
        }
        part += 1;
    }
    all
}
