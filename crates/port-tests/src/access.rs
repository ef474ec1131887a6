//! `AccessReader`: roles and mappings.

use std::collections::BTreeSet;

use nexusflow_application::access::RoleMapping;
use nexusflow_domain::access::{BuiltInRole, Permission};

use crate::StorePorts;
use crate::bench::{Bench, scope_of};
use crate::paging::check_pages;

pub async fn roles_are_listed_by_name(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    for name in ["zebra", "b", "ab", "a", "b-2", "b_1", "mole"] {
        bench.acme.role(name).await?;
    }
    bench.foreign().await?.role("c").await?;
    let scope = bench.scope();
    let roles = check_pages(async |page| storage.access.list_roles(&scope, &page).await).await?;
    let names: Vec<&str> = roles.iter().map(|role| role.name.as_str()).collect();
    assert_eq!(names.iter().copied().collect::<BTreeSet<_>>().len(), 13);
    let letters: Vec<&str> =
        names.iter().copied().filter(|name| ["a", "ab", "b", "mole", "zebra"].contains(name)).collect();
    assert_eq!(letters, ["a", "ab", "b", "mole", "zebra"]);
    assert!(
        roles.iter().all(|role| role.built_in == BuiltInRole::ALL.iter().any(|built_in| built_in.name() == role.name))
    );
    Ok(())
}

pub async fn holders_are_listed_by_id(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let (clerk, idle) = (bench.acme.role("clerk").await?, bench.acme.role("idle").await?);
    let mut expected = Vec::new();
    for n in 0..7 {
        let roles = if n % 3 == 2 { vec![idle] } else { vec![clerk, idle] };
        let user = bench.acme.user(&format!("user{n}"), &roles).await?.principal.user;
        expected.extend(roles.contains(&clerk).then_some(user));
    }
    let scope = bench.scope();
    let holders = check_pages(async |page| storage.access.holders(&scope, clerk, &page).await).await?;
    assert_eq!(holders, expected);
    let foreign = scope_of(&bench.foreign().await?);
    assert!(check_pages(async |page| storage.access.holders(&foreign, clerk, &page).await).await?.is_empty());
    Ok(())
}

pub async fn mappings_are_read_by_role_and_person(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let clerk = bench.acme.role_with("clerk", &[Permission::ViewAudit, Permission::ViewUser]).await?;
    let idle = bench.acme.role("idle").await?;
    let one = bench.acme.user("one", &[clerk, idle]).await?.principal.user;
    let two = bench.acme.user("two", &[clerk]).await?.principal.user;
    bench.acme.user("three", &[clerk]).await?;
    let scope = bench.scope();
    let read = storage.access.grants_of_users(&scope, &[one, two]).await?;
    let held: BTreeSet<_> = read.iter().map(|grant| grant.mapping).collect();
    let user = bench.acme.built_in(BuiltInRole::User).await?;
    let expected = [(one, clerk), (one, idle), (one, user), (two, clerk), (two, user)];
    assert_eq!(held, expected.map(|(user, role)| RoleMapping::everywhere(user, role)).into());
    let admin = Some(bench.acme.admin.principal.user);
    assert!(read.iter().all(|grant| (grant.granted_by, grant.granted_at) == (admin, bench.ports.clock.now())));
    let granted: BTreeSet<_> = storage.access.permissions_of_roles(&scope, &[clerk, idle]).await?.into_iter().collect();
    assert_eq!(granted, [(clerk, Permission::ViewAudit), (clerk, Permission::ViewUser)].into());
    assert_eq!(storage.access.roles(&scope, &[idle, clerk, idle]).await?.len(), 2);
    assert!(storage.access.grants_of_users(&scope, &[]).await?.is_empty());
    assert!(storage.access.roles(&scope, &[]).await?.is_empty());
    let foreign = scope_of(&bench.foreign().await?);
    assert!(storage.access.roles(&foreign, &[clerk]).await?.is_empty());
    assert!(storage.access.grants_of_users(&foreign, &[one]).await?.is_empty());
    assert!(storage.access.permissions_of_roles(&foreign, &[clerk]).await?.is_empty());
    Ok(())
}
