use async_graphql::{ID, SimpleObject};
use nexusflow_application::identity;

use crate::scalar::DateTime;

/// A tenant: everything else belongs to one.
#[derive(Debug, Clone, SimpleObject)]
pub struct Organization {
    /// The organization.
    pub(crate) id: ID,
    /// For people.
    name: String,
    /// Unique, for addresses and signing in.
    slug: String,
    /// When it was made.
    created_at: DateTime,
}

impl From<identity::Organization> for Organization {
    fn from(organization: identity::Organization) -> Self {
        Self {
            id: organization.id.to_string().into(),
            name: organization.name,
            slug: organization.slug.as_str().to_owned(),
            created_at: organization.created_at.into(),
        }
    }
}
