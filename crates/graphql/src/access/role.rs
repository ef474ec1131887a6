use async_graphql::{ComplexObject, Context, ID, Result, SimpleObject};
use nexusflow_application::access;
use nexusflow_domain::ids::{RoleId, UserId};

use crate::access::Permission;
use crate::connection::{Connection, PageArguments, SortKey};
use crate::context::{application, loader, require_call};
use crate::error::failure;
use crate::identity::User;
use crate::limits::page_cost;
use crate::loader::{Linked, PermissionsOf};
use crate::scalar::DateTime;

/// A role of the organization. Steps name roles; roles are granted permissions.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Role {
    #[graphql(skip)]
    key: RoleId,
    /// The role.
    pub(crate) id: ID,
    /// Unique within the organization.
    name: String,
    /// For people.
    description: String,
    /// Whether it came with the organization; then it is neither renamed nor deleted.
    built_in: bool,
    /// When it was made.
    created_at: DateTime,
    /// When it was last changed.
    updated_at: DateTime,
}

#[ComplexObject]
impl Role {
    /// What its holders may do. Needs `VIEW_ROLE`.
    async fn permissions(&self, ctx: &Context<'_>) -> Result<Option<Vec<Permission>>> {
        let granted = loader(ctx)?.load_one(PermissionsOf(self.key)).await?;
        Ok(granted.map(|granted| granted.into_iter().map(Into::into).collect()))
    }

    /// Who holds it, by id. Needs `VIEW_ROLE`.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn holders(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "That many from the start, at most 100; 20 unless told otherwise.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "That many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only what precedes this cursor.")] before: Option<String>,
    ) -> Result<Option<Connection<User>>> {
        let page = PageArguments { first, after, last, before }.read(SortKey::Id)?;
        let holders = application(ctx)?.access.holders(require_call(ctx)?, self.key, &page).await.map_err(failure)?;
        let ids: Vec<UserId> = holders.edges.iter().map(|edge| edge.node).collect();
        let users = loader(ctx)?.load_many(ids).await?;
        let known = |id| users.get(&id).cloned().map(User::from);
        Ok(Some(Connection::of_known(holders, known)))
    }
}

impl From<access::Role> for Role {
    fn from(role: access::Role) -> Self {
        Self {
            key: role.id,
            id: role.id.to_string().into(),
            name: role.name,
            description: role.description,
            built_in: role.built_in,
            created_at: role.created_at.into(),
            updated_at: role.updated_at.into(),
        }
    }
}

impl Linked for RoleId {
    type Node = Role;

    async fn find(self, ctx: &Context<'_>) -> Result<Option<Role>> {
        Ok(loader(ctx)?.load_one(self).await?.map(Into::into))
    }
}
