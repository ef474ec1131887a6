use async_graphql::connection::EmptyFields;
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use nexusflow_application::identity as model;
use nexusflow_domain::ids::RoleId;

use crate::access::{Permission, Role};
use crate::context::{application, call, links};
use crate::failure::{Failure, invalid, owned, shared};
use crate::identity::{Organization, User};
use crate::limits::page_cost;
use crate::paging::{Arguments, Paged, SortKey, connection};

/// The signed-in person and what they may do.
#[derive(Debug, SimpleObject)]
pub struct Me {
    /// The person.
    user: User,
    /// The organization signed in to.
    organization: Organization,
    /// The roles held now.
    roles: Vec<Role>,
    /// What these roles are granted together.
    permissions: Vec<Permission>,
}

/// Which members a list shows; every given part must hold.
#[derive(Debug, InputObject)]
pub struct UserFilter {
    /// Name or address contains this, whatever the case.
    search: Option<String>,
    /// Only holders of this role.
    role_id: Option<ID>,
}

/// Reading people and organizations.
#[derive(Default)]
pub(crate) struct IdentityQuery;

#[Object]
impl IdentityQuery {
    /// The signed-in person; null for nobody.
    async fn me(&self, ctx: &Context<'_>) -> Result<Option<Me>, Failure> {
        let Ok(call) = call(ctx) else { return Ok(None) };
        let application = application(ctx);
        let (user, principal) = (call.principal.user, &call.principal);
        let found = application.identity.users(call, &[user]).await.map_err(owned)?.pop();
        let organization = application.identity.organization(call).await.map_err(owned)?;
        let roles = links(ctx)?.load_many(principal.roles.iter().copied()).await.map_err(shared)?;
        let mut roles: Vec<Role> = roles.into_values().map(Role).collect();
        roles.sort_by(|a, b| a.0.name.cmp(&b.0.name));
        let mut permissions = Vec::new();
        for &permission in nexusflow_domain::access::Permission::ALL {
            if application.access.explain_access(call, user, permission).await.map_err(owned)?.allowed {
                permissions.push(permission.into());
            }
        }
        let me = |(user, organization)| Me { user: User(user), organization: Organization(organization), roles, permissions };
        Ok(found.zip(organization).map(me))
    }

    /// The organization signed in to.
    async fn organization(&self, ctx: &Context<'_>) -> Result<Option<Organization>, Failure> {
        let organization = application(ctx).identity.organization(call(ctx)?).await.map_err(owned)?;
        Ok(organization.map(Organization))
    }

    /// The organization's members, deactivated ones too. Needs `VIEW_USER`.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn users(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which members.")] filter: Option<UserFilter>,
        #[graphql(desc = "The first so many, 1 to 100; 20 when neither first nor last is given.")] first: Option<i32>,
        #[graphql(desc = "Only what follows this cursor.")] after: Option<String>,
        #[graphql(desc = "The last so many, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only what precedes this cursor.")] before: Option<String>,
    ) -> Result<Paged<User>, Failure> {
        let page = Arguments { first, after, last, before }.page(SortKey::Id)?;
        let filter = filter.map(UserFilter::into_model).transpose()?.unwrap_or_default();
        let users = application(ctx).identity.list_users(call(ctx)?, &filter, &page).await.map_err(owned)?;
        Ok(connection(users, EmptyFields, User))
    }
}

impl UserFilter {
    fn into_model(self) -> Result<model::UserFilter, Failure> {
        let role: Option<RoleId> = self
            .role_id
            .map(|id| id.parse().map_err(|error| invalid(format!("filter.roleId: {error}"))))
            .transpose()?;
        Ok(model::UserFilter { search: self.search, role })
    }
}
