//! What the engine decides: the matrix of built-in roles, strangers, and a plain model of sets.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nexusflow_application::access::{Holdings, Need, Place, PolicyEngine, PolicySnapshot, Question};
use nexusflow_authorization::CasbinPolicy;
use nexusflow_domain::Timestamp;
use nexusflow_domain::access::{BuiltInRole, Permission};
use nexusflow_domain::ids::{OrganizationId, RoleId, UserId, WorkflowId};
use proptest::prelude::*;
use support::{MemorySource, built_in, engine_on, held, organization, role, user};
use uuid::Uuid;

fn workflow(n: u128) -> WorkflowId {
    WorkflowId::from_uuid(Uuid::from_u128(n))
}

fn engine(snapshot: PolicySnapshot) -> CasbinPolicy {
    engine_on(Arc::new(MemorySource::new(organization(1), snapshot)))
}

/// The roles of an active member.
async fn roles_of(
    engine: &CasbinPolicy,
    organization: OrganizationId,
    user: UserId,
) -> anyhow::Result<Option<BTreeSet<RoleId>>> {
    Ok(engine
        .snapshot(organization)
        .await?
        .principal(organization, user)
        .map(|principal| principal.rights.everywhere.roles))
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
        for n in [1, 2, 3, 4, 5, 6, 0] {
            let allowed = engine.allows(organization(1), user(n), permission, None).await?;
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
            assert!(!engine.allows(foreign, user(1), permission, None).await?, "{permission}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_member_without_roles_is_a_member_and_a_deactivated_one_is_not() -> anyhow::Result<()> {
    let source = Arc::new(MemorySource::new(organization(1), built_in()));
    let engine = engine_on(source.clone());
    assert_eq!(roles_of(&engine, organization(1), user(0)).await?, Some(BTreeSet::new()));
    assert_eq!(roles_of(&engine, organization(1), user(1)).await?, Some(BTreeSet::from([role(1)])));
    source.change(organization(1), |snapshot| {
        snapshot.members.remove(&user(1));
    });
    engine.changed(organization(1)).await;
    assert_eq!(roles_of(&engine, organization(1), user(1)).await?, None);
    assert!(!engine.allows(organization(1), user(1), Permission::ViewUser, None).await?);
    Ok(())
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "shown, not asserted: the machine decides")]
async fn checks_are_fast_enough_to_be_made_on_every_call() -> anyhow::Result<()> {
    let mut snapshot = built_in();
    for n in 10..60 {
        snapshot.roles.insert(role(n), format!("Desk {n}"));
        snapshot.grants.insert(role(n), BTreeSet::from([Permission::CompleteTask, Permission::ApproveRequest]));
        snapshot.members.insert(user(n), held([role(5), role(n)]));
    }
    let engine = engine(snapshot);
    for (case, n, permission) in [("granted", 59, Permission::StartRequest), ("denied", 59, Permission::ManageRole)] {
        engine.allows(organization(1), user(n), permission, None).await?;
        let (mut checks, start) = (0_u32, Instant::now());
        while start.elapsed() < Duration::from_millis(200) {
            engine.allows(organization(1), user(n), permission, None).await?;
            checks += 1;
        }
        println!("{case}: {:.0} checks per second with 56 roles", f64::from(checks) / start.elapsed().as_secs_f64());
    }
    Ok(())
}

fn snapshots() -> impl Strategy<Value = PolicySnapshot> {
    let granted = proptest::collection::btree_set(proptest::sample::select(Permission::ALL), 0..6);
    let grants = proptest::collection::btree_map((1_u128..6).prop_map(role), granted, 0..6);
    let place = proptest::option::of((1_u128..4).prop_map(workflow));
    let held = proptest::collection::vec(((1_u128..8).prop_map(role), place), 0..5);
    let members = proptest::collection::btree_map((1_u128..6).prop_map(user), held, 0..6);
    (grants, members).prop_map(|(grants, mappings)| {
        let mut members: BTreeMap<UserId, Holdings> = BTreeMap::new();
        for (user, held) in mappings {
            let holdings = members.entry(user).or_default();
            for (role, workflow) in held {
                holdings.add(role, workflow);
            }
        }
        let roles = grants.keys().map(|id| (*id, id.to_string())).collect::<BTreeMap<_, _>>();
        PolicySnapshot { version: 1, roles, grants, members, ..PolicySnapshot::default() }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// The engine, the explanation, and where somebody is said to have a permission all agree with a plain model.
    #[test]
    fn it_decides_as_a_plain_model_of_sets_does_and_as_explained(snapshot in snapshots()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let engine = engine(snapshot.clone());
        for n in 1..7 {
            for &permission in Permission::ALL {
                for place in [None, Some(workflow(1)), Some(workflow(2)), Some(workflow(4))] {
                    let expected = model(&snapshot, user(n), permission, place);
                    let decided = runtime.block_on(engine.allows(organization(1), user(n), permission, place)).unwrap();
                    prop_assert_eq!(decided, expected, "user {}, {} in {:?}", n, permission, place);
                    let question =
                        Question { permission, place: place.map_or(Place::Organization, Place::Workflow) };
                    let person = snapshot.principal(organization(1), user(n));
                    let explained = person.is_some_and(|person| question.answer(&person, Timestamp::UNIX_EPOCH).is_ok());
                    prop_assert_eq!(explained, expected, "user {}, {} in {:?} as explained", n, permission, place);
                    let reach = snapshot.rights_of(user(n)).reach(permission);
                    prop_assert_eq!(reach.covers(place), expected, "user {}, {} in {:?} in lists", n, permission, place);
                }
            }
        }
    }

    /// What nobody lacks who grants it, he may do himself, wherever the grant reaches.
    #[test]
    fn nobody_grants_what_he_does_not_hold(snapshot in snapshots()) {
        for (giver, taker) in [(1, 2), (2, 3), (4, 4)] {
            for place in [None, Some(workflow(1)), Some(workflow(4))] {
                let rights = snapshot.rights_of(user(giver));
                let lacking = Need::Member(user(taker), place).missing(&rights, &snapshot);
                let places: &[_] = if place.is_some() { &[place] } else { &[None, Some(workflow(1)), Some(workflow(2)), Some(workflow(3))] };
                for &permission in Permission::ALL {
                    let exceeds = places.iter().any(|&place| {
                        model(&snapshot, user(taker), permission, place) && !model(&snapshot, user(giver), permission, place)
                    });
                    prop_assert_eq!(lacking.contains(&permission), exceeds, "{} of {} in {:?}", permission, taker, place);
                }
            }
        }
    }
}

/// Whether some mapping that holds there leads to a role that is granted the permission.
fn model(snapshot: &PolicySnapshot, user: UserId, permission: Permission, place: Option<WorkflowId>) -> bool {
    let Some(held) = snapshot.members.get(&user) else { return false };
    let within = held.within.iter().filter(|(workflow, _)| Some(**workflow) == place).flat_map(|(_, roles)| roles);
    held.everywhere.iter().chain(within).any(|role| snapshot.grants(*role, permission))
}
