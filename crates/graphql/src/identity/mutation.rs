use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use nexusflow_application::identity::NewMember;
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::UserId;
use serde::Serialize;

use crate::context::{application, call, caller, links};
use crate::failure::{Failure, shared};
use crate::identity::{Organization, User};
use crate::input::{ids, parse_id, replay};
use crate::refusal::{DomainError, refusable};

/// How to sign in.
#[derive(InputObject)]
pub struct SignInInput {
    /// The person's address.
    email: String,
    /// The person's password.
    password: String,
    /// The slug of the organization; the one joined first when absent.
    organization: Option<String>,
}

/// The answer to signing in.
#[derive(SimpleObject)]
pub struct SignInPayload {
    /// Send it as `Authorization: Bearer …`.
    token: Option<String>,
    /// Until when the token is accepted.
    expires_at: Option<Timestamp>,
    /// Who signed in.
    user: Option<User>,
    /// To which organization.
    organization: Option<Organization>,
    /// Why not.
    errors: Vec<DomainError>,
}

/// A person to be created.
#[derive(InputObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateUserInput {
    /// The login name; unique over all organizations.
    email: String,
    /// 1 to 200 characters.
    name: String,
    /// 12 to 200 characters.
    password: String,
    /// Roles held from the start, besides User.
    #[graphql(default)]
    role_ids: Vec<ID>,
    /// The same key and input return the first result; at most 200 characters.
    #[serde(skip)]
    idempotency_key: Option<String>,
}

/// A person, by id.
#[derive(InputObject)]
pub struct UserInput {
    /// The person.
    user_id: ID,
}

/// The answer to a change of a person.
#[derive(SimpleObject, Default)]
pub struct UserPayload {
    /// The person as it is now.
    user: Option<User>,
    /// Why not.
    errors: Vec<DomainError>,
}

/// Changing people, signing in.
#[derive(Default)]
pub(crate) struct IdentityMutation;

#[Object]
impl IdentityMutation {
    /// Exchanges e-mail and password for a short-lived token.
    async fn sign_in(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who signs in.")] input: SignInInput,
    ) -> Result<SignInPayload, Failure> {
        let SignInInput { email, password, organization } = input;
        let identity = &application(ctx).identity;
        let result = identity.sign_in(&email, password, organization.as_deref(), &caller(ctx).origin).await;
        Ok(match refusable(result)? {
            Ok(signed_in) => SignInPayload {
                token: Some(signed_in.token),
                expires_at: Some(signed_in.expires_at),
                user: Some(User(signed_in.user)),
                organization: Some(Organization(signed_in.organization)),
                errors: Vec::new(),
            },
            Err(errors) => SignInPayload { token: None, expires_at: None, user: None, organization: None, errors },
        })
    }

    /// Creates a person in the organization. Needs `MANAGE_USER`.
    async fn create_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The person.")] input: CreateUserInput,
    ) -> Result<UserPayload, Failure> {
        let replay = replay(input.idempotency_key.clone(), &input);
        let roles = match ids(&input.role_ids, "roleIds") {
            Ok(roles) => roles,
            Err(error) => return Ok(error.into()),
        };
        let CreateUserInput { email, name, password, .. } = input;
        let new = NewMember { email, name, password, roles };
        let created = application(ctx).identity.create_user(call(ctx)?, new, replay).await;
        match refusable(created)? {
            Ok(id) => user_payload(ctx, id).await,
            Err(errors) => Ok(UserPayload { user: None, errors }),
        }
    }

    /// Lets a person no longer act in the organization. Needs `MANAGE_USER`.
    async fn deactivate_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who.")] input: UserInput,
    ) -> Result<UserPayload, Failure> {
        set_deactivated(ctx, &input, true).await
    }

    /// Lets a deactivated person act again. Needs `MANAGE_USER`.
    async fn reactivate_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who.")] input: UserInput,
    ) -> Result<UserPayload, Failure> {
        set_deactivated(ctx, &input, false).await
    }
}

impl From<DomainError> for UserPayload {
    fn from(error: DomainError) -> Self {
        Self { user: None, errors: vec![error] }
    }
}

async fn set_deactivated(ctx: &Context<'_>, input: &UserInput, deactivated: bool) -> Result<UserPayload, Failure> {
    let id: UserId = match parse_id(&input.user_id, "userId") {
        Ok(id) => id,
        Err(error) => return Ok(error.into()),
    };
    match refusable(application(ctx).identity.set_user_deactivated(call(ctx)?, id, deactivated).await)? {
        Ok(()) => user_payload(ctx, id).await,
        Err(errors) => Ok(UserPayload { user: None, errors }),
    }
}

pub(crate) async fn user_payload(ctx: &Context<'_>, id: UserId) -> Result<UserPayload, Failure> {
    let user = links(ctx)?.load_one(id).await.map_err(shared)?.map(User);
    Ok(UserPayload { user, errors: Vec::new() })
}
