//! `PolicySource`: mappings and their version.

use std::collections::BTreeSet;

use nexusflow_application::access::{Holdings, RoleChange, RoleMapping};
use nexusflow_domain::access::{BuiltInRole, Permission};
use nexusflow_domain::ids::{OrganizationId, RoleId};

use crate::StorePorts;
use crate::bench::Bench;

/// Roles held in all workflows.
fn held(roles: &[RoleId]) -> Holdings {
    Holdings { everywhere: roles.iter().copied().collect(), ..Holdings::default() }
}

pub async fn the_version_grows_with_every_change(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let (admin, access) = (&bench.acme.admin, &bench.application.access);
    let organization = bench.acme.organization.id;
    let unknown: OrganizationId = bench.ports.ids.next();
    assert_eq!(storage.policy.policy_version(unknown).await?, 0);
    let mut versions = vec![0, storage.policy.policy_version(organization).await?];
    let mut note = async || {
        let version = storage.policy.policy_version(organization).await?;
        assert_eq!(bench.policy(organization).await?.version, version);
        versions.push(version);
        anyhow::Ok(())
    };
    let role = bench.acme.role("clerk").await?;
    note().await?;
    let user = bench.acme.user("worker", &[]).await?.principal.user;
    note().await?;
    access.grant_role(admin, RoleMapping::everywhere(user, role)).await?;
    note().await?;
    access.grant_permission(admin, role, Permission::ViewAudit).await?;
    note().await?;
    access.update_role(admin, role, RoleChange { name: Some("chief".to_owned()), description: None }).await?;
    note().await?;
    access.revoke_permission(admin, role, Permission::ViewAudit).await?;
    note().await?;
    access.revoke_role(admin, RoleMapping::everywhere(user, role)).await?;
    note().await?;
    bench.application.identity.set_user_deactivated(admin, user, true).await?;
    note().await?;
    access.delete_role(admin, role).await?;
    note().await?;
    assert!(versions.is_sorted_by(|a, b| a < b), "{versions:?}");
    // What happens in another tenant is not this one's.
    let before = storage.policy.policy_version(organization).await?;
    bench.foreign().await?.role("clerk").await?;
    assert_eq!(storage.policy.policy_version(organization).await?, before);
    Ok(())
}

pub async fn the_mappings_are_complete(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let (acme, admin) = (&bench.acme, &bench.acme.admin);
    let globex = bench.foreign().await?;
    let clerk = acme.role_with("clerk", &[Permission::ViewAudit, Permission::ViewRole]).await?;
    let idle = acme.role("idle").await?;
    let worker = acme.user("worker", &[clerk]).await?.principal.user;
    let gone = acme.user("gone", &[clerk]).await?.principal.user;
    bench.application.identity.set_user_deactivated(admin, gone, true).await?;
    // Granting what is granted, and revoking what is not, changes nothing.
    bench.application.access.grant_role(admin, RoleMapping::everywhere(worker, clerk)).await?;
    bench.application.access.grant_permission(admin, clerk, Permission::ViewAudit).await?;
    bench.application.access.revoke_role(admin, RoleMapping::everywhere(worker, idle)).await?;
    bench.application.access.revoke_permission(admin, idle, Permission::ViewAudit).await?;
    let policy = bench.policy(acme.organization.id).await?;
    let names: BTreeSet<&str> = policy.roles.values().map(String::as_str).collect();
    assert_eq!(names, BTreeSet::from(["Admin", "Manager", "Member", "Owner", "User", "Viewer", "clerk", "idle"]));
    let built_in = acme.built_in(BuiltInRole::User).await?;
    assert_eq!(policy.members.keys().copied().collect::<BTreeSet<_>>(), [admin.principal.user, worker].into());
    assert_eq!(policy.members[&worker], held(&[clerk, built_in]));
    assert_eq!(policy.dormant, [(gone, held(&[clerk, built_in]))].into());
    assert_eq!(policy.grants[&clerk], [Permission::ViewAudit, Permission::ViewRole].into());
    assert!(policy.grants.get(&idle).is_none_or(BTreeSet::is_empty));
    for role in BuiltInRole::ALL {
        let granted = &policy.grants[&acme.built_in(role).await?];
        assert_eq!(*granted, role.permissions().into_iter().collect(), "{}", role.name());
    }
    let theirs = bench.policy(globex.organization.id).await?;
    assert_eq!(theirs.members.len(), 1);
    assert!(theirs.roles.keys().all(|role| !policy.roles.contains_key(role)));
    let unknown = bench.policy(bench.ports.ids.next()).await?;
    assert!(unknown.roles.is_empty() && unknown.grants.is_empty() && unknown.members.is_empty());
    // A member without any role is still a member.
    bench.application.access.revoke_role(admin, RoleMapping::everywhere(worker, clerk)).await?;
    bench.application.access.revoke_role(admin, RoleMapping::everywhere(worker, built_in)).await?;
    assert_eq!(bench.policy(acme.organization.id).await?.members.get(&worker), Some(&held(&[])));
    Ok(())
}

pub async fn a_removed_role_takes_its_mappings_along(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let clerk = bench.acme.role_with("clerk", &[Permission::ViewAudit]).await?;
    let worker = bench.acme.user("worker", &[clerk]).await?.principal.user;
    bench.application.access.delete_role(&bench.acme.admin, clerk).await?;
    let policy = bench.policy(bench.acme.organization.id).await?;
    assert!(!policy.roles.contains_key(&clerk) && !policy.grants.contains_key(&clerk));
    assert!(!policy.members[&worker].hold(clerk, None));
    assert!(storage.access.roles(&bench.scope(), &[clerk]).await?.is_empty());
    let held = storage.access.grants_of_users(&bench.scope(), &[worker]).await?;
    assert!(held.iter().all(|grant| grant.mapping.role != clerk));
    Ok(())
}
