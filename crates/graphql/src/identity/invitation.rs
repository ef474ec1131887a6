use async_graphql::{ComplexObject, Context, Enum, ID, Result, SimpleObject};
use nexusflow_application::identity::{self, Verification};
use nexusflow_domain::ids::VerificationId;

use crate::access::Role;
use crate::connection::list_cost;
use crate::context::{application, loader};
use crate::identity::User;
use crate::loader::Linked;
use crate::scalar::DateTime;

/// Somebody who was asked by mail to join the organization.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub struct Invitation {
    #[graphql(skip)]
    model: Verification,
    /// The invitation.
    pub(crate) id: ID,
    /// To which address it was sent.
    email: String,
    /// When.
    created_at: DateTime,
    /// The first instant at which its link is of no use any more.
    expires_at: DateTime,
}

/// What an invitation has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "identity::InvitationStatus")]
pub enum InvitationStatus {
    /// It can be accepted.
    Pending,
    /// It was not accepted in time, or tried in vain too often; it can be sent again.
    Expired,
    /// Somebody has accepted it.
    Accepted,
    /// It was taken back.
    Revoked,
}

#[ComplexObject]
impl Invitation {
    /// What it has come to.
    #[expect(clippy::unused_async, reason = "resolvers are async")]
    async fn status(&self, ctx: &Context<'_>) -> Result<InvitationStatus> {
        Ok(self.model.status(application(ctx)?.clock.now()).into())
    }

    /// What the person is to hold besides User, by name; roles that are gone meanwhile are left out.
    #[graphql(complexity = "list_cost(child_complexity)")]
    async fn roles(&self, ctx: &Context<'_>) -> Result<Vec<Role>> {
        let mut roles: Vec<_> = loader(ctx)?.load_many(self.model.roles.clone()).await?.into_values().collect();
        roles.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(roles.into_iter().map(Into::into).collect())
    }

    /// Who sent it.
    async fn invited_by(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        let Some(user) = self.model.created_by else { return Ok(None) };
        user.find(ctx).await
    }
}

impl From<Verification> for Invitation {
    fn from(model: Verification) -> Self {
        Self {
            id: model.id.to_string().into(),
            email: model.email.to_string(),
            created_at: model.created_at.into(),
            expires_at: model.expires_at.into(),
            model,
        }
    }
}

impl Linked for VerificationId {
    type Node = Invitation;

    async fn find(self, ctx: &Context<'_>) -> Result<Option<Invitation>> {
        Ok(loader(ctx)?.load_one(self).await?.map(Into::into))
    }
}
