use nexusflow_domain::access::Permission::ViewRequest;

use super::Entry;
use super::Guard::{OwnOr, SameAsParent};

/// Notifications and pages.
pub(super) const PLATFORM: &[Entry] = &[
    ("Notification.createdAt", SameAsParent),
    ("Notification.detail", SameAsParent),
    ("Notification.id", SameAsParent),
    ("Notification.kind", SameAsParent),
    ("Notification.request", OwnOr(ViewRequest)),
    ("Notification.role", SameAsParent),
    ("Notification.step", OwnOr(ViewRequest)),
    ("Notification.user", SameAsParent),
    ("PageInfo.endCursor", SameAsParent),
    ("PageInfo.hasNextPage", SameAsParent),
    ("PageInfo.hasPreviousPage", SameAsParent),
    ("PageInfo.startCursor", SameAsParent),
];
