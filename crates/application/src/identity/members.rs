use nexusflow_domain::access::{BuiltInRole, Permission};
use nexusflow_domain::identity::{Email, SessionEnd};
use nexusflow_domain::ids::{OrganizationId, RoleId, UserId};
use serde_json::json;

use crate::access::{Need, RoleMapping, actions};
use crate::administration::{AdministrationCommit, Change, NewAuditEntry};
use crate::idempotency::Replay;
use crate::identity::{IdentityService, NewMember, User};
use crate::input::{InputCheck, Length};
use crate::{Call, Refused, Result};

pub(super) const PASSWORD_LENGTH: Length = 12..=200;
pub(super) const NAME_LENGTH: Length = 1..=200;
/// What every change of members needs.
pub(super) const TO_MANAGE_USERS: Need = Need::Permission(Permission::ManageUser, None);

impl IdentityService {
    /// Creates a person in the caller's organization with the given roles, and User unless Member or Viewer is
    /// among them. The caller must hold whatever the given roles are granted.
    #[tracing::instrument(skip_all)]
    pub async fn create_user(&self, call: &Call, new: NewMember, replay: Option<Replay>) -> Result<UserId> {
        let permit = self.authorizer.require::<actions::ManageUser>(call).await?;
        if let Some(id) = self.registrar.replayed(call, "createUser", replay.as_ref()).await? {
            return Ok(UserId::from_uuid(id));
        }
        let mut check = InputCheck::default();
        let email = check.parsed("email", new.email.parse::<Email>());
        let email = check_member(check, &new, "").values(email)?;
        if self.registrar.store().email_is_taken(&email).await? {
            return Err(Refused::AlreadyExists { field: "email", value: email.to_string() }.into());
        }
        self.require_room(&self.own_organization(&permit).await?).await?;
        let now = self.registrar.now();
        let by = Some(call.principal.user);
        let user = self.new_user(&new, email);
        let roles = self.roles_with_basic(call.principal.organization, &new.roles).await?;
        let password_hash = Some(self.passwords.hash(new.password).await?);
        let mut changes = vec![
            Change::CreateUser { user: user.clone(), password_hash },
            Change::AddMember { user: user.id, at: now },
        ];
        let mappings = roles.iter().map(|&role| RoleMapping::everywhere(user.id, role));
        changes.extend(mappings.map(|mapping| Change::GrantRole { mapping, by, at: now }));
        let after = json!({ "email": user.email, "name": user.name, "roles": roles });
        let entry = self.entry(call, "USER_CREATED", user.id).changing(None, Some(after));
        let stored = self.registrar.idempotency(call, "createUser", replay, user.id.uuid());
        let commit = AdministrationCommit::of_users(&permit, changes, vec![entry]).with_idempotency(stored);
        let given = new.roles.iter().map(|&role| Need::Role(role, None));
        let needs: Vec<Need> = given.chain([TO_MANAGE_USERS]).collect();
        self.authorizer.commit_if_held(call, &needs, Some(("user", user.id.uuid())), commit).await?;
        Ok(user.id)
    }

    /// Lets a member no longer act in the organization, or again. The caller must hold whatever the member does,
    /// and the last owner stays.
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
        let at = self.registrar.now();
        let event = if deactivated { "USER_DEACTIVATED" } else { "USER_REACTIVATED" };
        let (before, after) =
            (json!({ "deactivatedAt": found.deactivated_at }), json!({ "deactivatedAt": deactivated.then_some(at) }));
        let entry = self.entry(call, event, user).changing(Some(before), Some(after));
        let mut changes = vec![Change::SetMemberDeactivated { user, deactivated, at }];
        if deactivated {
            changes.push(Change::RevokeSessionsOf { user, end: SessionEnd::Deactivated, at });
        }
        let commit = AdministrationCommit::of_users(&permit, changes, vec![entry]);
        let needs = [TO_MANAGE_USERS, Need::Member(user, None)];
        self.authorizer.commit_if_held(call, &needs, Some(("user", user.uuid())), commit).await?;
        if deactivated {
            self.release_claims(call).await;
        }
        Ok(())
    }

    pub(super) fn new_user(&self, new: &NewMember, email: Email) -> User {
        User {
            id: self.registrar.next_id(),
            email,
            name: new.name.trim().to_owned(),
            email_verified_at: None,
            created_at: self.registrar.now(),
            last_login_at: None,
            deactivated_at: None,
        }
    }

    /// The given roles, and the built-in User unless another basic role is among them.
    pub(super) async fn roles_with_basic(&self, organization: OrganizationId, given: &[RoleId]) -> Result<Vec<RoleId>> {
        let snapshot = self.authorizer.snapshot(organization).await?;
        if let Some(unknown) = given.iter().find(|role| !snapshot.roles.contains_key(role)) {
            return Err(Refused::NotFound { kind: "role", id: unknown.to_string() }.into());
        }
        let built_in = |role: BuiltInRole| snapshot.roles.iter().find(|(_, name)| *name == role.name());
        let has_basic = |role| built_in(role).is_some_and(|(id, _)| given.contains(id));
        let user = built_in(BuiltInRole::User).map(|(id, _)| *id);
        let user = user.filter(|_| ![BuiltInRole::Member, BuiltInRole::Viewer].into_iter().any(has_basic));
        let mut roles: Vec<RoleId> = user.into_iter().chain(given.iter().copied()).collect();
        roles.sort_unstable();
        roles.dedup();
        Ok(roles)
    }

    fn entry(&self, call: &Call, event: &'static str, user: UserId) -> NewAuditEntry {
        self.registrar.entry(call, event, Some(("user", user.uuid())))
    }
}

/// Checks what is not read into a type of its own; `prefix` is where the person stands in the input.
pub(super) fn check_member(check: InputCheck, new: &NewMember, prefix: &str) -> InputCheck {
    check.length(&format!("{prefix}name"), new.name.trim(), &NAME_LENGTH).length(
        &format!("{prefix}password"),
        &new.password,
        &PASSWORD_LENGTH,
    )
}
