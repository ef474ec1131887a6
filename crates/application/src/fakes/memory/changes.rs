use std::collections::btree_map::Entry;
use std::fmt::Display;

use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{OrganizationId, RoleId, UserId};
use nexusflow_domain::insight::Hash;

use crate::access::{Role, RoleMapping};
use crate::administration::{Change, CommitError};
use crate::fakes::memory::recount::{roles_of, wake_votes};
use crate::fakes::memory::store::violation;
use crate::fakes::memory::world::{Membership, OrganizationRow, UserRow, World};
use crate::fakes::memory::{
    delegations, job_pauses, mails, organizations, owners, sessions, verifications, workflow_changes,
};
use crate::identity::{Organization, User};
use crate::request::Message;

/// Applies one change of a commit of the given tenant.
#[expect(clippy::too_many_lines, reason = "one match over all changes, a few lines each")]
pub(super) fn apply(world: &mut World, tenant: OrganizationId, change: Change) -> Result<(), CommitError> {
    match change {
        Change::CreateOrganization(organization) => create_organization(world, organization),
        Change::CreateUser { user, password_hash } => create_user(world, user, password_hash),
        Change::UpdateOrganization(organization) => organizations::update(world, tenant, organization),
        Change::DeleteOrganization { at } => organizations::delete(world, tenant, at),
        Change::RestoreOrganization { at, deleted_after } => organizations::restore(world, tenant, (at, deleted_after)),
        Change::AddMember { user, at } => add_member(world, tenant, user, at),
        Change::RemoveMember { user, by, at } => {
            owners::keep_one(world, tenant, user, None)?;
            organizations::remove_member(world, tenant, (user, by), at)
        }
        Change::SetPassword { user, password_hash, at: _ } => {
            organizations::account(world, user)?.password_hash = Some(password_hash);
            Ok(())
        }
        Change::SetEmailVerified { user, email, at } => organizations::set_email_verified(world, user, &email, at),
        Change::SetEmail { user, email, at } => organizations::set_email(world, user, email, at),
        Change::CreateVerification(verification) => verifications::create(world, tenant, verification),
        Change::RenewVerification { verification, serial, expires_at } => {
            verifications::renew(world, tenant, verification, (serial, expires_at))
        }
        Change::EndVerification { verification, serial, end, at } => {
            verifications::end(world, tenant, (verification, serial), (end, at))
        }
        Change::EndVerificationsOf { user, at } => {
            verifications::end_all_of(world, user, at);
            Ok(())
        }
        Change::CountAttempt { verification } => verifications::count_attempt(world, tenant, verification),
        Change::QueueMail(mail) => mails::queue(world, tenant, mail),
        Change::AbandonMail { mail, fence } => mails::abandon(world, tenant, mail, fence),
        Change::SetMemberDeactivated { user, deactivated, at } => {
            if deactivated {
                owners::keep_one(world, tenant, user, None)?;
            }
            let membership = world.memberships.get_mut(&(tenant, user));
            let membership = membership.filter(|membership| membership.removed_at.is_none());
            let membership = membership.ok_or_else(|| missing("user", user))?;
            membership.deactivated_at = deactivated.then_some(at);
            wake_votes(world, tenant, &roles_of(world, tenant, user), at);
            Ok(())
        }
        Change::RecordSignIn { user, at } => {
            let row = world.users.get_mut(&user).ok_or_else(|| missing("user", user))?;
            row.user.last_login_at = Some(at);
            Ok(())
        }
        Change::BeginSession { session, token } => sessions::begin(world, tenant, session, token),
        Change::RefreshSession { session, used, next } => sessions::refresh(world, tenant, session, (used, next)),
        Change::RevokeSession { session, end, at } => sessions::revoke(world, tenant, session, (end, at)),
        Change::RevokeSessionsOf { user, end, at } => {
            sessions::revoke_all_of(world, tenant, user, (end, at));
            Ok(())
        }
        Change::CreateRole(role) | Change::UpdateRole(role) if role.organization != tenant => {
            Err(missing("role", role.id))
        }
        Change::CreateRole(role) => {
            check_role_name(world, &role)?;
            world.roles.insert(role.id, role);
            Ok(())
        }
        Change::UpdateRole(role) => {
            world.role(tenant, role.id).ok_or_else(|| missing("role", role.id))?;
            check_role_name(world, &role)?;
            world.roles.insert(role.id, role);
            Ok(())
        }
        Change::DeleteRole(role) => delete_role(world, tenant, role),
        Change::GrantRole { mapping, by, at } => grant_role(world, tenant, mapping, (by, at)),
        Change::RevokeRole { mapping, at } => {
            owners::keep_one(world, tenant, mapping.user, Some(mapping))?;
            if world.role_mappings.remove(&(tenant, mapping)).is_some() {
                wake_votes(world, tenant, &[mapping.role], at);
            }
            Ok(())
        }
        Change::CreateDelegation(delegation) => delegations::create(world, tenant, delegation),
        Change::RevokeDelegation { delegation, by, at } => delegations::revoke(world, tenant, delegation, (by, at)),
        Change::GrantPermission { role, permission, at: _ } => {
            world.role(tenant, role).ok_or_else(|| missing("role", role))?;
            world.permission_mappings.insert((role, permission));
            Ok(())
        }
        Change::RevokePermission { role, permission } => {
            if world.role(tenant, role).is_some() {
                world.permission_mappings.remove(&(role, permission));
            }
            Ok(())
        }
        Change::CreateWorkflow(workflow) => workflow_changes::create(world, tenant, workflow),
        Change::UpdateWorkflow(workflow) => workflow_changes::update(world, tenant, workflow),
        Change::SaveDraft(draft) => workflow_changes::save_draft(world, tenant, draft),
        Change::PublishVersion(rows) => workflow_changes::publish(world, tenant, rows),
        Change::SetVersionStatus { version, status } => {
            workflow_changes::set_version_status(world, tenant, version, status)
        }
        Change::RequireNoLiveRequest(workflow) => workflow_changes::require_no_live_request(world, tenant, workflow),
        Change::PublishMessage(message) => publish_message(world, tenant, message),
        Change::PauseJobs(pause) => job_pauses::pause(world, tenant, pause),
        Change::ResumeJobs(pause) => job_pauses::resume(world, tenant, pause),
        Change::PurgeWorkflow { workflow, deleted_before } => {
            workflow_changes::purge(world, tenant, workflow, deleted_before)
        }
    }
}

fn grant_role(
    world: &mut World,
    tenant: OrganizationId,
    mapping: RoleMapping,
    (by, at): (Option<UserId>, Timestamp),
) -> Result<(), CommitError> {
    let RoleMapping { user, role, workflow } = mapping;
    world.role(tenant, role).ok_or_else(|| missing("role", role))?;
    world.memberships.get(&(tenant, user)).ok_or_else(|| missing("user", user))?;
    if let Some(workflow) = workflow {
        let found = world.workflows.get(&workflow).filter(|found| found.organization == tenant);
        found.ok_or_else(|| missing("user or workflow", user))?;
    }
    if let Entry::Vacant(place) = world.role_mappings.entry((tenant, mapping)) {
        place.insert((by, at));
        wake_votes(world, tenant, &[role], at);
    }
    Ok(())
}

fn publish_message(world: &mut World, tenant: OrganizationId, message: Message) -> Result<(), CommitError> {
    if message.organization != tenant {
        return Err(missing("message", message.id));
    }
    match world.messages.insert(message.id, message) {
        None => Ok(()),
        Some(_) => Err(violation("messages: the id is taken").into()),
    }
}

pub(super) fn missing(kind: &'static str, id: impl Display) -> CommitError {
    CommitError::Missing { kind, id: id.to_string() }
}

fn create_organization(world: &mut World, organization: Organization) -> Result<(), CommitError> {
    if world.organization_by_slug(&organization.slug).is_some() {
        return Err(CommitError::Duplicate { field: "slug", value: organization.slug.to_string() });
    }
    let id = organization.id;
    let row = OrganizationRow { organization, policy_version: 0, head: (0, Hash::GENESIS), deleted_at: None };
    match world.organizations.insert(id, row) {
        None => Ok(()),
        Some(_) => Err(violation("organizations: the id is taken").into()),
    }
}

fn create_user(world: &mut World, user: User, password_hash: Option<String>) -> Result<(), CommitError> {
    if world.users.values().any(|row| row.user.email == user.email) {
        return Err(CommitError::Duplicate { field: "email", value: user.email.to_string() });
    }
    match world.users.insert(user.id, UserRow { user, password_hash }) {
        None => Ok(()),
        Some(_) => Err(violation("users: the id is taken").into()),
    }
}

fn add_member(world: &mut World, tenant: OrganizationId, user: UserId, at: Timestamp) -> Result<(), CommitError> {
    world.users.get(&user).ok_or_else(|| missing("user", user))?;
    if world.is_active_member(tenant, user) {
        return Err(CommitError::Duplicate { field: "user", value: user.to_string() });
    }
    let joined_at = world.memberships.get(&(tenant, user)).map_or(at, |past| past.joined_at);
    world.memberships.insert((tenant, user), Membership { joined_at, deactivated_at: None, removed_at: None });
    let held = roles_of(world, tenant, user);
    wake_votes(world, tenant, &held, at);
    Ok(())
}

fn check_role_name(world: &World, role: &Role) -> Result<(), CommitError> {
    let taken =
        |other: &Role| other.organization == role.organization && other.name == role.name && other.id != role.id;
    if world.roles.values().any(taken) {
        return Err(CommitError::Duplicate { field: "name", value: role.name.clone() });
    }
    Ok(())
}

fn delete_role(world: &mut World, tenant: OrganizationId, role: RoleId) -> Result<(), CommitError> {
    world.role(tenant, role).ok_or_else(|| missing("role", role))?;
    let names_it = |row: &&_| {
        let row: &crate::fakes::memory::world::VersionRow = row;
        row.version.names.roles.values().any(|named| *named == role)
    };
    if let Some(row) = world.versions.values().find(names_it) {
        let message = format!("version {} of the workflow {} names the role", row.version.number, row.version.workflow);
        return Err(CommitError::InUse { message });
    }
    world.roles.remove(&role);
    world.role_mappings.retain(|(_, mapping), _| mapping.role != role);
    world.permission_mappings.retain(|(granted, _)| *granted != role);
    Ok(())
}
