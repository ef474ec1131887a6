use std::sync::Arc;

use nexusflow_domain::access::{BuiltInRole, Principal};
use nexusflow_domain::identity::{Email, Slug};
use nexusflow_domain::ids::{OrganizationId, RoleId, UserId};
use nexusflow_domain::insight::Origin;
use nexusflow_domain::problem::{Problem, ProblemCode};
use serde_json::{Value, json};

use crate::access::{Authorizer, Role, actions};
use crate::administration::{AdministrationCommit, AdministrationStore, Change, NewAuditEntry};
use crate::application::Ports;
use crate::idempotency::{IdempotencyEntry, Replay};
use crate::identity::{IdentityReader, NewMember, NewOrganization, Organization, SignedIn, User, UserFilter};
use crate::platform::{Clock, IdGenerator, PasswordHasher, TokenClaims, TokenError, TokenIssuer};
use crate::{Call, Page, PageRequest, Refused, Result, StoreError};

const PASSWORD_LENGTH: std::ops::RangeInclusive<usize> = 12..=200;
const NAME_LENGTH: std::ops::RangeInclusive<usize> = 1..=200;

/// Organizations, people, signing in.
pub struct IdentityService {
    authorizer: Authorizer,
    reader: Arc<dyn IdentityReader>,
    store: Arc<dyn AdministrationStore>,
    passwords: Arc<dyn PasswordHasher>,
    tokens: Arc<dyn TokenIssuer>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGenerator>,
}

impl IdentityService {
    pub(crate) fn new(ports: &Ports, authorizer: Authorizer) -> Self {
        Self {
            authorizer,
            reader: ports.identity.clone(),
            store: ports.administration.clone(),
            passwords: ports.passwords.clone(),
            tokens: ports.tokens.clone(),
            clock: ports.clock.clone(),
            ids: ports.ids.clone(),
        }
    }

    /// Creates a tenant with the built-in roles and its first administrator. For NexusFlow itself
    /// (set-up, demo, replay), hence without a permit.
    pub async fn create_organization(&self, new: NewOrganization) -> Result<(Organization, UserId)> {
        let mut problems = Vec::new();
        let slug: Option<Slug> = checked(new.slug.parse(), "slug", &mut problems);
        check_length(&new.name, &NAME_LENGTH, "name", &mut problems);
        let email = check_member(&new.admin, "admin.", &mut problems);
        let (Some(slug), Some(email), true) = (slug, email, problems.is_empty()) else {
            return Err(Refused::InvalidInput(problems).into());
        };
        let now = self.clock.now();
        let organization = Organization { id: self.ids.next(), name: new.name, slug, created_at: now };
        let admin = self.new_user(&new.admin, email);
        let password_hash = Some(self.passwords.hash(new.admin.password).await?);
        let mut changes = vec![
            Change::CreateOrganization(organization.clone()),
            Change::CreateUser { user: admin.clone(), password_hash },
            Change::AddMember { user: admin.id, at: now },
        ];
        for built_in in BuiltInRole::ALL {
            let role = self.built_in_role(organization.id, built_in);
            let id = role.id;
            changes.push(Change::CreateRole(role));
            let grants = built_in.permissions().into_iter();
            changes.extend(grants.map(|permission| Change::GrantPermission { role: id, permission, at: now }));
            if built_in != BuiltInRole::Manager {
                changes.push(Change::GrantRole { user: admin.id, role: id, by: None, at: now });
            }
        }
        let after = json!({ "name": organization.name, "slug": organization.slug.as_str(), "admin": admin.id });
        let entry = self.entry(None, &Origin::default(), "ORGANIZATION_CREATED", None, None, Some(after));
        self.store.commit(AdministrationCommit::of_system(organization.id, changes, vec![entry])).await?;
        self.authorizer.changed(organization.id).await;
        Ok((organization, admin.id))
    }

    /// Signs a person in to an organization; without a slug, to the one joined first. Unknown
    /// accounts, wrong passwords and foreign organizations get the same answer in the same time.
    #[tracing::instrument(skip_all)]
    pub async fn sign_in(
        &self,
        email: &str,
        password: String,
        organization: Option<&str>,
        origin: &Origin,
    ) -> Result<SignedIn> {
        let record = match email.parse::<Email>() {
            Ok(email) => self.reader.sign_in_record(&email).await?,
            Err(_) => None,
        };
        let hash = record.as_ref().and_then(|record| record.password_hash.clone());
        let genuine = self.passwords.verify(password, hash).await?;
        let Some(record) = record else { return Err(Refused::InvalidCredentials.into()) };
        let wanted = |o: &&Organization| organization.is_none_or(|slug| o.slug.as_str() == slug);
        let Some(organization) = record.organizations.iter().find(wanted).cloned() else {
            return Err(Refused::InvalidCredentials.into());
        };
        let user = record.user;
        if !genuine {
            let entry = self.entry(None, origin, "SIGN_IN_FAILED", Some(user.id), None, None);
            self.store.commit(AdministrationCommit::of_entries(organization.id, vec![entry])).await?;
            return Err(Refused::InvalidCredentials.into());
        }
        let claims = TokenClaims { user: user.id, organization: organization.id };
        let (token, expires_at) = self.tokens.issue(&claims)?;
        let change = Change::RecordSignIn { user: user.id, at: self.clock.now() };
        let entry = self.entry(Some(user.id), origin, "SIGNED_IN", Some(user.id), None, None);
        self.store.commit(AdministrationCommit::of_system(organization.id, vec![change], vec![entry])).await?;
        Ok(SignedIn { token, expires_at, user, organization })
    }

    /// Who a bearer token stands for, with the roles held now. `None` when the person is no longer an
    /// active member.
    pub async fn authenticate(&self, token: &str) -> Result<Option<Principal>, AuthenticationError> {
        let claims = self.tokens.verify(token)?;
        Ok(self.authorizer.principal(claims.organization, claims.user).await?)
    }

    /// The same caller with the roles held now, for work that lasts; `None` when not an active member
    /// any more.
    pub async fn refreshed(&self, call: &Call) -> Result<Option<Call>, StoreError> {
        let Principal { user, organization, .. } = call.principal;
        let principal = self.authorizer.principal(organization, user).await?;
        Ok(principal.map(|principal| Call { principal, origin: call.origin.clone() }))
    }

    /// Creates a person in the caller's organization, with the role User and the given ones.
    #[tracing::instrument(skip_all)]
    pub async fn create_user(&self, call: &Call, new: NewMember, replay: Option<Replay>) -> Result<UserId> {
        let permit = self.authorizer.require::<actions::ManageUser>(call).await?;
        if let Some(result) = self.replayed(call, "createUser", replay.as_ref()).await? {
            return Ok(stored_id(&result, UserId::from_uuid)?);
        }
        let mut problems = Vec::new();
        let Some(email) = check_member(&new, "", &mut problems) else {
            return Err(Refused::InvalidInput(problems).into());
        };
        if self.store.email_is_taken(&email).await? {
            return Err(Refused::AlreadyExists { field: "email", value: email.to_string() }.into());
        }
        let now = self.clock.now();
        let by = Some(call.principal.user);
        let user = self.new_user(&new, email);
        let roles = self.roles_with_user(call.principal.organization, &new.roles).await?;
        let password_hash = Some(self.passwords.hash(new.password).await?);
        let mut changes = vec![
            Change::CreateUser { user: user.clone(), password_hash },
            Change::AddMember { user: user.id, at: now },
        ];
        changes.extend(roles.iter().map(|&role| Change::GrantRole { user: user.id, role, by, at: now }));
        let after = json!({ "email": user.email, "name": user.name, "roles": roles });
        let entry = self.entry(by, &call.origin, "USER_CREATED", Some(user.id), None, Some(after));
        let commit = AdministrationCommit::of_users(&permit, changes, vec![entry]).with_idempotency(self.idempotency(
            call,
            "createUser",
            replay,
            user.id.uuid(),
        ));
        self.store.commit(commit).await?;
        self.authorizer.changed(call.principal.organization).await;
        Ok(user.id)
    }

    /// Lets a member no longer act in the organization, or again.
    #[tracing::instrument(skip_all)]
    pub async fn set_user_deactivated(&self, call: &Call, user: UserId, deactivated: bool) -> Result<()> {
        let permit = self.authorizer.require::<actions::ManageUser>(call).await?;
        let found = self.reader.users(&permit.scope(), &[user]).await?;
        let Some(found) = found.first() else {
            return Err(Refused::NotFound { kind: "user", id: user.to_string() }.into());
        };
        if deactivated && user == call.principal.user {
            let message = "nobody deactivates himself".to_owned();
            return Err(Refused::WrongState { message, state: "ACTIVE".to_owned() }.into());
        }
        if found.deactivated_at.is_some() == deactivated {
            return Ok(());
        }
        let at = deactivated.then(|| self.clock.now());
        let event = if deactivated { "USER_DEACTIVATED" } else { "USER_REACTIVATED" };
        let (before, after) = (json!({ "deactivatedAt": found.deactivated_at }), json!({ "deactivatedAt": at }));
        let by = Some(call.principal.user);
        let entry = self.entry(by, &call.origin, event, Some(user), Some(before), Some(after));
        let changes = vec![Change::SetMemberDeactivated { user, at }];
        self.store.commit(AdministrationCommit::of_users(&permit, changes, vec![entry])).await?;
        self.authorizer.changed(call.principal.organization).await;
        Ok(())
    }

    /// The caller's organization.
    pub async fn organization(&self, call: &Call) -> Result<Option<Organization>> {
        Ok(self.reader.organization(&self.authorizer.member(call).scope()).await?)
    }

    /// Members by id. Names and addresses of colleagues are visible to every member.
    pub async fn users(&self, call: &Call, ids: &[UserId]) -> Result<Vec<User>> {
        Ok(self.reader.users(&self.authorizer.member(call).scope(), ids).await?)
    }

    /// A page of the members.
    pub async fn list_users(&self, call: &Call, filter: &UserFilter, page: &PageRequest) -> Result<Page<User>> {
        let permit = self.authorizer.require::<actions::ViewUser>(call).await?;
        Ok(self.reader.list_users(&permit.scope(), filter, page).await?)
    }

    fn new_user(&self, new: &NewMember, email: Email) -> User {
        User {
            id: self.ids.next(),
            email,
            name: new.name.trim().to_owned(),
            created_at: self.clock.now(),
            last_login_at: None,
            deactivated_at: None,
        }
    }

    fn built_in_role(&self, organization: OrganizationId, built_in: BuiltInRole) -> Role {
        let now = self.clock.now();
        Role {
            id: self.ids.next(),
            organization,
            name: built_in.name().to_owned(),
            description: built_in.description().to_owned(),
            built_in: true,
            created_at: now,
            updated_at: now,
        }
    }

    /// The given roles and the built-in User.
    async fn roles_with_user(&self, organization: OrganizationId, given: &[RoleId]) -> Result<Vec<RoleId>> {
        let snapshot = self.authorizer.snapshot(organization).await?;
        if let Some(unknown) = given.iter().find(|role| !snapshot.roles.contains_key(role)) {
            return Err(Refused::NotFound { kind: "role", id: unknown.to_string() }.into());
        }
        let user = snapshot.roles.iter().find(|(_, name)| *name == BuiltInRole::User.name()).map(|(id, _)| *id);
        let mut roles: Vec<RoleId> = user.into_iter().chain(given.iter().copied()).collect();
        roles.sort_unstable();
        roles.dedup();
        Ok(roles)
    }

    async fn replayed(&self, call: &Call, operation: &str, replay: Option<&Replay>) -> Result<Option<Value>> {
        crate::idempotency::replayed(&*self.store, call, operation, replay).await
    }

    fn idempotency(
        &self,
        call: &Call,
        operation: &'static str,
        replay: Option<Replay>,
        id: uuid::Uuid,
    ) -> Option<IdempotencyEntry> {
        replay.map(|replay| replay.entry(call, operation, json!({ "id": id }), self.clock.now()))
    }

    fn entry(
        &self,
        actor: Option<UserId>,
        origin: &Origin,
        event: &'static str,
        subject: Option<UserId>,
        before: Option<Value>,
        after: Option<Value>,
    ) -> NewAuditEntry {
        NewAuditEntry {
            id: self.ids.next(),
            at: self.clock.now(),
            actor,
            event,
            subject: subject.map(|user| ("user".to_owned(), user.uuid())),
            payload: json!({}),
            before,
            after,
            origin: origin.clone(),
        }
    }
}

/// Why a bearer token was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticationError {
    /// The token itself.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn stored_id<I>(result: &Value, from_uuid: impl Fn(uuid::Uuid) -> I) -> Result<I, StoreError> {
    crate::idempotency::stored_id(result).map(from_uuid)
}

/// The checked address; problems of every field are appended.
fn check_member(new: &NewMember, prefix: &str, problems: &mut Vec<Problem>) -> Option<Email> {
    let email = checked(new.email.parse(), &format!("{prefix}email"), problems);
    check_length(new.name.trim(), &NAME_LENGTH, &format!("{prefix}name"), problems);
    check_length(&new.password, &PASSWORD_LENGTH, &format!("{prefix}password"), problems);
    if problems.is_empty() { email } else { None }
}

fn checked<T, E: std::fmt::Display>(parsed: Result<T, E>, field: &str, problems: &mut Vec<Problem>) -> Option<T> {
    parsed.map_err(|error| problems.push(Problem::new(ProblemCode::InvalidValue, field, error.to_string()))).ok()
}

/// Appends a problem unless the text has an allowed number of characters and no NUL, which no
/// database column holds.
pub(crate) fn check_length(
    text: &str,
    allowed: &std::ops::RangeInclusive<usize>,
    field: &str,
    problems: &mut Vec<Problem>,
) {
    if text.contains('\0') {
        problems.push(Problem::new(ProblemCode::InvalidValue, field, "the character U+0000 is not allowed"));
    }
    let length = text.chars().count();
    if !allowed.contains(&length) {
        let message = format!("expected {} to {} characters, found {length}", allowed.start(), allowed.end());
        problems.push(Problem::new(ProblemCode::InvalidValue, field, message));
    }
}
