//! Who may pass on what, and that an organization keeps an owner: `AdministrationStore` and `PolicySource` under the
//! use cases of roles and members.

use std::sync::Arc;

use nexusflow_application::access::{NewRole, RoleGrant, RoleMapping};
use nexusflow_application::administration::{AdministrationCommit, Change, CommitError};
use nexusflow_application::fakes::fixture::PASSWORD;
use nexusflow_application::identity::NewMember;
use nexusflow_application::insight::StreamId;
use nexusflow_application::{Call, Error, Refused, Result};
use nexusflow_domain::access::{BuiltInRole, DenialReason, Permission};
use nexusflow_domain::ids::{RoleId, UserId};

use crate::StorePorts;
use crate::bench::{Bench, refused};

/// An owner besides the first one, an administrator, and somebody who only manages people.
struct House {
    bench: Bench,
    owner: RoleId,
    second: Call,
    admin: Call,
    clerk: Call,
}

impl House {
    async fn new(storage: &StorePorts) -> anyhow::Result<Self> {
        let bench = Bench::new(storage).await?;
        let owner = bench.acme.built_in(BuiltInRole::Owner).await?;
        let admin = bench.acme.built_in(BuiltInRole::Admin).await?;
        let hiring = bench.acme.role_with("hiring", &[Permission::ManageUser, Permission::ManageRole]).await?;
        let (second, admin) = (bench.acme.user("second", &[owner]).await?, bench.acme.user("admin2", &[admin]).await?);
        let clerk = bench.acme.user("clerk", &[hiring]).await?;
        Ok(Self { bench, owner, second, admin, clerk })
    }

    fn first(&self) -> &Call {
        &self.bench.acme.admin
    }

    async fn role(&self, role: BuiltInRole) -> anyhow::Result<RoleId> {
        Ok(self.bench.acme.built_in(role).await?)
    }

    async fn grant(&self, call: &Call, to: &Call, role: RoleId) -> Result<()> {
        self.bench.application.access.grant_role(call, RoleMapping::everywhere(to.principal.user, role)).await
    }

    async fn revoke(&self, call: &Call, from: &Call, role: RoleId) -> Result<()> {
        self.bench.application.access.revoke_role(call, RoleMapping::everywhere(from.principal.user, role)).await
    }

    async fn deactivate(&self, call: &Call, who: &Call, deactivated: bool) -> Result<()> {
        self.bench.application.identity.set_user_deactivated(call, who.principal.user, deactivated).await
    }

    async fn held(&self, user: UserId) -> anyhow::Result<Vec<RoleGrant>> {
        Ok(self.bench.storage.access.grants_of_users(&self.bench.scope(), &[user]).await?)
    }
}

/// The permissions that a refusal says are not held.
fn not_held<T: std::fmt::Debug>(result: Result<T>) -> anyhow::Result<Vec<Permission>> {
    match refused(result)? {
        Refused::NotPermitted(denied) if matches!(denied.reason, DenialReason::NotHeld(_)) => {
            let missing: Vec<Permission> = denied.reason.missing_permissions().into_iter().collect();
            assert_eq!(missing.first(), Some(&denied.permission));
            Ok(missing)
        }
        other => Err(anyhow::anyhow!("expected what is not held, found {other:?}")),
    }
}

const OF_OWNERS: [Permission; 2] = [Permission::DeleteOrganization, Permission::ManageBilling];

pub async fn nobody_grants_what_he_does_not_hold(storage: &StorePorts) -> anyhow::Result<()> {
    let house = House::new(storage).await?;
    let (access, admin) = (&house.bench.application.access, &house.admin);
    assert_eq!(not_held(house.grant(admin, admin, house.owner).await)?, OF_OWNERS);
    house.grant(admin, &house.clerk, house.role(BuiltInRole::Manager).await?).await?;
    let billing = NewRole {
        name: "billing".to_owned(),
        description: String::new(),
        permissions: vec![Permission::ManageBilling, Permission::ViewUser],
    };
    assert_eq!(not_held(access.create_role(admin, billing.clone(), None).await)?, [Permission::ManageBilling]);
    let billing = access.create_role(house.first(), billing, None).await?;
    assert_eq!(not_held(house.grant(admin, admin, billing).await)?, [Permission::ManageBilling]);
    assert_eq!(not_held(access.delete_role(admin, billing).await)?, [Permission::ManageBilling]);
    let manager = house.role(BuiltInRole::Manager).await?;
    let granted = access.grant_permission(admin, manager, Permission::ManageBilling).await;
    assert_eq!(not_held(granted)?, [Permission::ManageBilling]);
    let taken = access.revoke_permission(admin, billing, Permission::ManageBilling).await;
    assert_eq!(not_held(taken)?, [Permission::ManageBilling]);
    let hired = |roles: &[RoleId], name: &str| NewMember {
        email: format!("{name}@acme.example"),
        name: name.to_owned(),
        password: PASSWORD.to_owned(),
        roles: roles.to_vec(),
    };
    let identity = &house.bench.application.identity;
    assert_eq!(
        not_held(identity.create_user(admin, hired(&[billing], "eve"), None).await)?,
        [Permission::ManageBilling]
    );
    identity.create_user(&house.clerk, hired(&[], "newcomer"), None).await?;
    let entries = storage.audit.stream(&house.bench.scope(), StreamId::Organization, 0, 1_000).await?;
    assert_eq!(entries.iter().filter(|entry| entry.event == "ACCESS_DENIED").count(), 7, "every denial is on record");
    house.bench.check_intact().await
}

pub async fn nobody_takes_from_who_holds_more(storage: &StorePorts) -> anyhow::Result<()> {
    let house = House::new(storage).await?;
    let (admin, user) = (&house.admin, house.role(BuiltInRole::User).await?);
    assert_eq!(not_held(house.revoke(admin, &house.second, house.owner).await)?, OF_OWNERS);
    assert_eq!(not_held(house.revoke(admin, &house.second, user).await)?, OF_OWNERS);
    assert_eq!(not_held(house.deactivate(admin, &house.second, true).await)?, OF_OWNERS);
    assert!(not_held(house.deactivate(&house.clerk, admin, true).await)?.contains(&Permission::ManageRequest));
    house.revoke(house.first(), admin, user).await?;
    house.revoke(&house.second, house.first(), house.owner).await?;
    // Whom an owner has sent away only somebody who holds as much lets in again.
    house.grant(&house.second, house.first(), house.owner).await?;
    house.deactivate(house.first(), &house.second, true).await?;
    assert_eq!(not_held(house.deactivate(admin, &house.second, false).await)?, OF_OWNERS);
    house.deactivate(house.first(), &house.second, false).await?;
    house.bench.check_intact().await
}

pub async fn the_last_owner_stays(storage: &StorePorts) -> anyhow::Result<()> {
    let house = House::new(storage).await?;
    let first = house.first();
    house.revoke(first, &house.second, house.owner).await?;
    assert!(matches!(refused(house.revoke(first, first, house.owner).await)?, Refused::LastOwner));
    // What others than the use cases try, the store refuses as well.
    let user = first.principal.user;
    let at = house.bench.ports.clock.now();
    let mapping = RoleMapping::everywhere(user, house.owner);
    let revoke = Change::RevokeRole { mapping, at };
    let deactivate = Change::SetMemberDeactivated { user, deactivated: true, at };
    for change in [revoke.clone(), deactivate] {
        let answer = house.bench.change(&house.bench.acme, vec![change]).await;
        assert!(matches!(answer, Err(CommitError::LastOwner)), "{answer:?}");
    }
    // A deactivated owner owns nothing.
    house.grant(first, &house.second, house.owner).await?;
    house.deactivate(first, &house.second, true).await?;
    assert!(matches!(refused(house.revoke(first, first, house.owner).await)?, Refused::LastOwner));
    house.deactivate(first, &house.second, false).await?;
    // Other roles of the last owner, and the role as held in one workflow, are not what makes an owner.
    let admin = house.role(BuiltInRole::User).await?;
    house.revoke(first, first, admin).await?;
    // In one commit: a successor first.
    let successor = RoleMapping::everywhere(house.admin.principal.user, house.owner);
    let second = RoleMapping::everywhere(house.second.principal.user, house.owner);
    let grant = Change::GrantRole { mapping: successor, by: None, at };
    let changes = vec![Change::RevokeRole { mapping: second, at }, grant, revoke];
    house.bench.change(&house.bench.acme, changes).await?;
    assert!(house.held(house.admin.principal.user).await?.iter().any(|grant| grant.mapping == successor));
    house.bench.check_intact().await
}

pub async fn two_owners_who_demote_each_other_leave_one(storage: &StorePorts) -> anyhow::Result<()> {
    let house = Arc::new(House::new(storage).await?);
    for round in 0..5 {
        let servers = [house.bench.second_application(), house.bench.second_application()];
        let people = [house.first().clone(), house.second.clone()];
        let [first, second] = servers;
        let owner = house.owner;
        let demote = |application: nexusflow_application::Application, by: Call, whom: UserId, softly: bool| {
            tokio::spawn(async move {
                if softly {
                    return application.identity.set_user_deactivated(&by, whom, true).await;
                }
                application.access.revoke_role(&by, RoleMapping::everywhere(whom, owner)).await
            })
        };
        let one = demote(first, people[0].clone(), people[1].principal.user, false);
        let other = demote(second, people[1].clone(), people[0].principal.user, round % 2 == 1);
        let (one, other) = (one.await?, other.await?);
        let done = [one.is_ok(), other.is_ok()];
        assert_eq!(done.iter().filter(|done| **done).count(), 1, "{one:?} {other:?}");
        for answer in [one, other] {
            let Err(Error::Refused(refused)) = answer else { continue };
            assert!(matches!(*refused, Refused::LastOwner | Refused::NotPermitted(_)), "{refused:?}");
        }
        // Whoever is left makes the other one an owner again.
        let (left, demoted) = if done[0] { (&people[0], &people[1]) } else { (&people[1], &people[0]) };
        house.deactivate(left, demoted, false).await?;
        house.grant(left, demoted, house.owner).await?;
    }
    house.bench.check_intact().await
}

pub async fn a_commit_judged_on_other_mappings_is_refused(storage: &StorePorts) -> anyhow::Result<()> {
    let house = House::new(storage).await?;
    let organization = house.bench.acme.organization.id;
    let version = storage.policy.policy_version(organization).await?;
    let role = RoleMapping::everywhere(house.clerk.principal.user, house.owner);
    let change = Change::GrantRole { mapping: role, by: None, at: house.bench.ports.clock.now() };
    let commit = AdministrationCommit::of_system(organization, vec![change], Vec::new());
    house.bench.acme.role("meanwhile").await?;
    let answer = storage.administration.commit(commit.clone().judged_on(version)).await;
    assert!(matches!(answer, Err(CommitError::PolicyChanged)), "{answer:?}");
    assert!(
        !house.held(house.clerk.principal.user).await?.iter().any(|grant| grant.mapping == role),
        "nothing written"
    );
    let version = storage.policy.policy_version(organization).await?;
    storage.administration.commit(commit.judged_on(version)).await?;
    Ok(())
}

/// A grant and the granter's fall at the same instant: whichever comes first, nothing is granted by somebody who may
/// not any more.
pub async fn a_granter_who_falls_grants_nothing_after(storage: &StorePorts) -> anyhow::Result<()> {
    let house = House::new(storage).await?;
    let admin = house.role(BuiltInRole::Admin).await?;
    let manager = house.role(BuiltInRole::Manager).await?;
    for _ in 0..5 {
        house.grant(house.first(), &house.admin, admin).await?;
        let (here, there) = (house.bench.second_application(), house.bench.second_application());
        let (by, to) = (house.admin.clone(), house.clerk.principal.user);
        let grant =
            tokio::spawn(async move { here.access.grant_role(&by, RoleMapping::everywhere(to, manager)).await });
        let (by, of) = (house.first().clone(), house.admin.principal.user);
        let fall = tokio::spawn(async move { there.access.revoke_role(&by, RoleMapping::everywhere(of, admin)).await });
        fall.await??;
        let granted = grant.await?.is_ok();
        let entries = storage.audit.stream(&house.bench.scope(), StreamId::Organization, 0, 1_000).await?;
        let place = |event: &str| entries.iter().rposition(|entry| entry.event == event);
        assert!(!granted || place("ROLE_GRANTED") < place("ROLE_REVOKED"), "granted after the fall");
        house.revoke(house.first(), &house.clerk, manager).await?;
    }
    Ok(())
}
