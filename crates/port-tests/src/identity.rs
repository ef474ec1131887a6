//! `IdentityReader`: people and organizations.

use nexusflow_application::administration::Change;
use nexusflow_application::fakes::fixture::PASSWORD;
use nexusflow_application::identity::UserFilter;
use nexusflow_application::{PageRequest, Refused};
use nexusflow_domain::insight::Origin;

use crate::StorePorts;
use crate::bench::{Bench, refused, scope_of};
use crate::paging::check_pages;

pub async fn signing_in_knows_active_memberships_by_joining(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let globex = bench.foreign().await?;
    let initech = nexusflow_application::fakes::fixture::Tenant::create(&bench.application, &bench.ports, "initech");
    let initech = initech.await?;
    bench.pass(1);
    let user = globex.user("ada", &[]).await?.principal.user;
    for tenant in [&initech, &bench.acme] {
        bench.pass(1);
        let at = bench.ports.clock.now();
        bench.change(tenant, vec![Change::AddMember { user, at }]).await?;
    }
    let email = "ada@globex.example".parse()?;
    let record = storage.identity.sign_in_record(&email).await?.ok_or_else(|| anyhow::anyhow!("no record"))?;
    assert_eq!(record.user.id, user);
    assert!(record.password_hash.is_some_and(|hash| hash.contains(PASSWORD)));
    assert_eq!(record.organizations, [&globex, &initech, &bench.acme].map(|tenant| tenant.organization.clone()));
    bench.application.identity.set_user_deactivated(&globex.admin, user, true).await?;
    let record = storage.identity.sign_in_record(&email).await?.ok_or_else(|| anyhow::anyhow!("no record"))?;
    assert_eq!(record.organizations, [&initech, &bench.acme].map(|tenant| tenant.organization.clone()));
    assert_eq!(storage.identity.sign_in_record(&"nobody@globex.example".parse()?).await?, None);
    // Deactivated in one tenant alone.
    let seen = storage.identity.users(&scope_of(&globex), &[user]).await?;
    assert_eq!(seen[0].deactivated_at, Some(bench.ports.clock.now()));
    assert_eq!(storage.identity.users(&bench.scope(), &[user]).await?[0].deactivated_at, None);
    Ok(())
}

pub async fn a_sign_in_is_recorded(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let ada = bench.acme.user("ada", &[]).await?.principal.user;
    bench.pass(100);
    let identity = &bench.application.identity;
    let origin = Origin::default();
    let refusal = refused(identity.sign_in("ada@acme.example", "wrong".to_owned(), None, &origin).await)?;
    assert_eq!(refusal, Refused::InvalidCredentials);
    assert_eq!(storage.identity.users(&bench.scope(), &[ada]).await?[0].last_login_at, None);
    let signed_in = identity.sign_in(" Ada@ACME.example", PASSWORD.to_owned(), Some("acme"), &origin).await?;
    assert_eq!((signed_in.user.id, signed_in.organization), (ada, bench.acme.organization.clone()));
    let stored = storage.identity.users(&bench.scope(), &[ada]).await?;
    assert_eq!(stored[0].last_login_at, Some(bench.ports.clock.now()));
    bench.check_intact().await
}

pub async fn people_are_listed_by_id_and_found_by_text(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let clerk = bench.acme.role("clerk").await?;
    let mut ids = vec![bench.acme.admin.principal.user];
    for name in ["anna", "hannah", "per%cent", "under_score", "bob", "carol"] {
        let roles: &[_] = if name == "bob" { &[clerk] } else { &[] };
        ids.push(bench.acme.user(name, roles).await?.principal.user);
    }
    bench.application.identity.set_user_deactivated(&bench.acme.admin, ids[5], true).await?;
    bench.foreign().await?.user("anna", &[]).await?;
    let scope = bench.scope();
    let everybody = UserFilter::default();
    let listed = check_pages(async |page| storage.identity.list_users(&scope, &everybody, &page).await).await?;
    assert_eq!(listed.iter().map(|user| user.id).collect::<Vec<_>>(), ids, "deactivated ones too");
    let found = async |search: Option<&str>, role| {
        let filter = UserFilter { search: search.map(str::to_owned), role, workflow: None };
        let page = check_pages(async |page| storage.identity.list_users(&scope, &filter, &page).await).await?;
        anyhow::Ok(page.into_iter().map(|user| user.id).collect::<Vec<_>>())
    };
    assert_eq!(found(Some("ANNA"), None).await?, [ids[1], ids[2]]);
    assert_eq!(found(Some("Bob@acme"), None).await?, [ids[5]], "in the address too");
    assert_eq!(found(Some("%"), None).await?, [ids[3]], "a percent sign means itself");
    assert_eq!(found(Some("r_s"), None).await?, [ids[4]], "an underscore means itself");
    assert!(found(Some("\\"), None).await?.is_empty(), "a backslash means itself");
    assert_eq!(found(None, Some(clerk)).await?, [ids[5]]);
    assert!(found(Some("anna"), Some(clerk)).await?.is_empty());
    Ok(())
}

pub async fn another_tenants_people_are_not_seen(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let globex = bench.foreign().await?;
    let ours = bench.acme.user("ada", &[]).await?.principal.user;
    let theirs = globex.admin.principal.user;
    let seen = storage.identity.users(&bench.scope(), &[theirs, ours, ours, bench.ports.ids.next()]).await?;
    assert_eq!(seen.iter().map(|user| user.id).collect::<Vec<_>>(), [ours]);
    assert_eq!(seen[0].email.as_str(), "ada@acme.example");
    let listed = storage.identity.list_users(&scope_of(&globex), &<_>::default(), &PageRequest::first(10)).await?;
    assert_eq!(listed.into_nodes().iter().map(|user| user.id).collect::<Vec<_>>(), [theirs]);
    Ok(())
}

pub async fn organizations_are_walked_in_order(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let globex = bench.foreign().await?.organization;
    let acme = bench.acme.organization.clone();
    assert_eq!(storage.identity.organization(&bench.scope()).await?, Some(acme.clone()));
    let nobody = nexusflow_application::access::Scope::system(bench.ports.ids.next());
    assert_eq!(storage.identity.organization(&nobody).await?, None);
    assert_eq!(storage.identity.organization_ids(None, 10).await?, [acme.id, globex.id]);
    assert_eq!(storage.identity.organization_ids(None, 1).await?, [acme.id]);
    assert_eq!(storage.identity.organization_ids(Some(acme.id), 1).await?, [globex.id]);
    assert!(storage.identity.organization_ids(Some(globex.id), 1).await?.is_empty());
    Ok(())
}
