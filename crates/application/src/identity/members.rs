use nexusflow_domain::access::BuiltInRole;
use nexusflow_domain::identity::{Email, SessionEnd};
use nexusflow_domain::ids::{OrganizationId, RoleId, UserId};
use serde_json::json;

use crate::access::actions;
use crate::administration::{AdministrationCommit, Change, NewAuditEntry};
use crate::idempotency::Replay;
use crate::identity::{IdentityService, NewMember, User};
use crate::input::{InputCheck, Length};
use crate::{Call, Refused, Result};

pub(super) const PASSWORD_LENGTH: Length = 12..=200;
pub(super) const NAME_LENGTH: Length = 1..=200;

impl IdentityService {
    /// Creates a person in the caller's organization, with the role User and the given ones.
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
        let roles = self.roles_with_user(call.principal.organization, &new.roles).await?;
        let password_hash = Some(self.passwords.hash(new.password).await?);
        let mut changes = vec![
            Change::CreateUser { user: user.clone(), password_hash },
            Change::AddMember { user: user.id, at: now },
        ];
        changes.extend(roles.iter().map(|&role| Change::GrantRole { user: user.id, role, by, at: now }));
        let after = json!({ "email": user.email, "name": user.name, "roles": roles });
        let entry = self.entry(call, "USER_CREATED", user.id).changing(None, Some(after));
        let stored = self.registrar.idempotency(call, "createUser", replay, user.id.uuid());
        let commit = AdministrationCommit::of_users(&permit, changes, vec![entry]).with_idempotency(stored);
        self.registrar.commit(commit).await?;
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
        let at = self.registrar.now();
        let event = if deactivated { "USER_DEACTIVATED" } else { "USER_REACTIVATED" };
        let (before, after) =
            (json!({ "deactivatedAt": found.deactivated_at }), json!({ "deactivatedAt": deactivated.then_some(at) }));
        let entry = self.entry(call, event, user).changing(Some(before), Some(after));
        let mut changes = vec![Change::SetMemberDeactivated { user, deactivated, at }];
        if deactivated {
            changes.push(Change::RevokeSessionsOf { user, end: SessionEnd::Deactivated, at });
        }
        self.registrar.commit(AdministrationCommit::of_users(&permit, changes, vec![entry])).await?;
        self.authorizer.changed(call.principal.organization).await;
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
