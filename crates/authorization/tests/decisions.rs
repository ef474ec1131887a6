//! What the engine decides: the matrix of built-in roles, strangers, and a plain model of sets.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nexusflow_application::access::{PolicyEngine, PolicySnapshot};
use nexusflow_authorization::CasbinPolicy;
use nexusflow_domain::access::{BuiltInRole, Permission};
use nexusflow_domain::ids::{OrganizationId, RoleId, UserId};
use proptest::prelude::*;
use support::{MemorySource, built_in, engine_on, organization, role, user};

fn engine(snapshot: PolicySnapshot) -> CasbinPolicy {
    engine_on(Arc::new(MemorySource::new(organization(1), snapshot)))
}

/// The roles of an active member.
async fn roles_of(
    engine: &CasbinPolicy,
    organization: OrganizationId,
    user: UserId,
) -> anyhow::Result<Option<BTreeSet<RoleId>>> {
    Ok(engine.snapshot(organization).await?.principal(organization, user).map(|principal| principal.roles))
}

#[tokio::test]
async fn the_matrix_of_built_in_roles_and_permissions_is_as_recorded() -> anyhow::Result<()> {
    let engine = engine(built_in());
    let mut matrix = format!("{:<21}", "");
    for built_in in BuiltInRole::ALL {
        write!(matrix, "{:<9}", built_in.name())?;
    }
    writeln!(matrix, "no role")?;
    for &permission in Permission::ALL {
        write!(matrix, "{:<21}", permission.code())?;
        for n in 1..=4 {
            let allowed = engine.allows(organization(1), user(n), permission).await?;
            write!(matrix, "{:<9}", if allowed { "yes" } else { "-" })?;
        }
        writeln!(matrix)?;
    }
    insta::assert_snapshot!(matrix.lines().map(str::trim_end).collect::<Vec<_>>().join("\n"));
    Ok(())
}

#[tokio::test]
async fn an_administrator_is_nobody_in_another_organization() -> anyhow::Result<()> {
    let source = MemorySource::new(organization(1), built_in());
    source.change(organization(2), |snapshot| {
        *snapshot = built_in();
        snapshot.members.remove(&user(1));
    });
    let engine = engine_on(Arc::new(source));
    for foreign in [organization(2), organization(3)] {
        assert_eq!(roles_of(&engine, foreign, user(1)).await?, None);
        for &permission in Permission::ALL {
            assert!(!engine.allows(foreign, user(1), permission).await?, "{permission}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_member_without_roles_is_a_member_and_a_deactivated_one_is_not() -> anyhow::Result<()> {
    let source = Arc::new(MemorySource::new(organization(1), built_in()));
    let engine = engine_on(source.clone());
    assert_eq!(roles_of(&engine, organization(1), user(4)).await?, Some(BTreeSet::new()));
    assert_eq!(roles_of(&engine, organization(1), user(1)).await?, Some(BTreeSet::from([role(1)])));
    source.change(organization(1), |snapshot| {
        snapshot.members.remove(&user(1));
    });
    engine.changed(organization(1)).await;
    assert_eq!(roles_of(&engine, organization(1), user(1)).await?, None);
    assert!(!engine.allows(organization(1), user(1), Permission::ViewUser).await?);
    Ok(())
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "shown, not asserted: the machine decides")]
async fn checks_are_fast_enough_to_be_made_on_every_call() -> anyhow::Result<()> {
    let mut snapshot = built_in();
    for n in 10..60 {
        snapshot.roles.insert(role(n), format!("Desk {n}"));
        snapshot.grants.insert(role(n), BTreeSet::from([Permission::CompleteTask, Permission::ApproveRequest]));
        snapshot.members.insert(user(n), BTreeSet::from([role(3), role(n)]));
    }
    let engine = engine(snapshot);
    for (case, n, permission) in [("granted", 59, Permission::StartRequest), ("denied", 59, Permission::ManageRole)] {
        engine.allows(organization(1), user(n), permission).await?;
        let (mut checks, start) = (0_u32, Instant::now());
        while start.elapsed() < Duration::from_millis(200) {
            engine.allows(organization(1), user(n), permission).await?;
            checks += 1;
        }
        println!("{case}: {:.0} checks per second with 53 roles", f64::from(checks) / start.elapsed().as_secs_f64());
    }
    Ok(())
}

fn snapshots() -> impl Strategy<Value = PolicySnapshot> {
    let granted = proptest::collection::btree_set(proptest::sample::select(Permission::ALL), 0..6);
    let grants = proptest::collection::btree_map((1_u128..6).prop_map(role), granted, 0..6);
    let held = proptest::collection::btree_set((1_u128..8).prop_map(role), 0..4);
    let members = proptest::collection::btree_map((1_u128..6).prop_map(user), held, 0..6);
    (grants, members).prop_map(|(grants, members)| {
        let roles = grants.keys().map(|id| (*id, id.to_string())).collect::<BTreeMap<_, _>>();
        PolicySnapshot { version: 1, roles, grants, members, ..PolicySnapshot::default() }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_decides_as_a_plain_model_of_sets_does(snapshot in snapshots()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let engine = engine(snapshot.clone());
        for n in 1..7 {
            for &permission in Permission::ALL {
                let held = snapshot.members.get(&user(n));
                let grants = |id| snapshot.grants.get(id).is_some_and(|granted| granted.contains(&permission));
                let expected = held.is_some_and(|held| held.iter().any(grants));
                let decided = runtime.block_on(engine.allows(organization(1), user(n), permission)).unwrap();
                prop_assert_eq!(decided, expected, "user {}, {}", n, permission);
            }
        }
    }
}
