//! The life of organizations and memberships.

use chrono::TimeDelta;
use nexusflow_application::access::RoleMapping;
use nexusflow_application::administration::{Change, CommitError};
use nexusflow_application::fakes::fixture::PASSWORD;
use nexusflow_application::identity::{
    NewInvitation, Organization, OrganizationChange, Restoration, SettingsChange, UserFilter,
};
use nexusflow_application::request::JobKind;
use nexusflow_application::{PageRequest, Refused};
use nexusflow_domain::access::BuiltInRole;
use nexusflow_domain::identity::{Language, SubscriptionStatus};
use nexusflow_domain::insight::Origin;
use serde_json::json;

use crate::StorePorts;
use crate::bench::{Bench, refused};
use crate::documents::{sequence, task};

fn restoration(email: &str, password: &str) -> Restoration {
    Restoration { slug: "acme".to_owned(), email: email.to_owned(), password: password.to_owned() }
}

pub async fn organizations_are_made_by_people(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let ada = bench.acme.user("ada", &[]).await?;
    let organizations = &bench.application.organizations;
    let taken = organizations.create(&ada, "Second", "acme", None).await;
    assert!(matches!(refused(taken)?, Refused::AlreadyExists { field: "slug", .. }));
    let made = organizations.create(&ada, " Second ", "second", None).await?;
    assert_eq!((made.name.as_str(), made.plan.as_str(), made.version), ("Second", "FREE", 1));
    let identity = &bench.application.identity;
    let origin = Origin::default();
    let signed_in = identity.sign_in("ada@acme.example", PASSWORD.to_owned(), Some("second"), &origin).await?;
    assert_eq!(signed_in.organization, made);
    let record = storage.identity.sign_in_record(&"ada@acme.example".parse()?).await?.expect("a record");
    let slugs: Vec<&str> = record.organizations.iter().map(|organization| organization.slug.as_str()).collect();
    assert_eq!(slugs, ["acme", "second"]);
    bench.check_intact().await
}

pub async fn settings_are_checked_compared_and_set(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let (organizations, admin) = (&bench.application.organizations, &bench.acme.admin);
    let bad = SettingsChange {
        time_zone: Some("Mars/Olympus".to_owned()),
        branding: Some((Some("http://x".to_owned()), Some("red".to_owned()))),
        ..SettingsChange::default()
    };
    let change = OrganizationChange { slug: Some("A".to_owned()), settings: bad, ..<_>::default() };
    let Refused::InvalidInput(problems) = refused(organizations.update(admin, change).await)? else {
        anyhow::bail!("the input is wrong");
    };
    let paths: Vec<String> = problems.into_iter().map(|problem| problem.path).collect();
    let expected = ["slug", "settings.timeZone", "settings.branding.logoUrl", "settings.branding.primaryColor"];
    assert_eq!(paths, expected);
    let settings = SettingsChange {
        time_zone: Some("Europe/Amsterdam".to_owned()),
        language: Some(Language::De),
        branding: Some((None, Some("#AA0033".to_owned()))),
        ..SettingsChange::default()
    };
    let change = OrganizationChange {
        name: Some("Acme & Sons".to_owned()),
        slug: Some("acme-sons".to_owned()),
        settings,
        expected_version: Some(1),
    };
    let changed = organizations.update(admin, change.clone()).await?;
    assert_eq!(storage.identity.organization(&bench.scope()).await?, Some(changed.clone()));
    assert_eq!((changed.version, changed.settings.language), (2, Language::De));
    assert_eq!(refused(organizations.update(admin, change).await)?, Refused::StaleVersion { current: 2 });
    // Neither does the store take what starts from an older one.
    let stale = Change::UpdateOrganization(Organization { version: 2, ..changed.clone() });
    let answer = bench.change(&bench.acme, vec![stale]).await;
    assert!(matches!(answer, Err(CommitError::Stale { current: 2 })), "{answer:?}");
    let globex = bench.foreign().await?;
    let foreign = Change::UpdateOrganization(Organization { version: 3, ..changed });
    assert!(matches!(bench.change(&globex, vec![foreign]).await, Err(CommitError::Missing { .. })));
    let taken = OrganizationChange { slug: Some("globex".to_owned()), ..<_>::default() };
    let taken = organizations.update(admin, taken).await;
    assert!(matches!(refused(taken)?, Refused::AlreadyExists { field: "slug", .. }));
    bench.check_intact().await
}

pub async fn plans_limit_members(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let (organizations, admin) = (&bench.application.organizations, &bench.acme.admin);
    let plans = organizations.plans().await?;
    let plans: Vec<_> = plans.iter().map(|plan| (plan.code.as_str(), plan.members)).collect();
    assert_eq!(plans, [("FREE", Some(10)), ("TEAM", Some(100)), ("ENTERPRISE", None)]);
    let unknown = organizations.set_plan(admin, "GOLD", None, None).await;
    assert!(matches!(refused(unknown)?, Refused::NotFound { kind: "plan", .. }));
    let trial = Some(bench.ports.clock.now() + TimeDelta::days(14));
    let trying = organizations.set_plan(admin, "FREE", trial, None).await?;
    assert_eq!((trying.subscription_status, trying.trial_ends_at), (SubscriptionStatus::Trialing, trial));
    for n in 1..10 {
        bench.acme.user(&format!("user{n}"), &[]).await?;
    }
    let new = NewInvitation { email: "zoe@example.org".to_owned(), roles: Vec::new() };
    let full = bench.application.identity.invite_member(admin, new.clone(), None).await;
    assert!(matches!(refused(full)?, Refused::WrongState { state, .. } if state == "PLAN_LIMIT"));
    assert!(bench.acme.user("one-more", &[]).await.is_err());
    organizations.set_plan(admin, "TEAM", None, None).await?;
    bench.acme.user("one-more", &[]).await?;
    bench.application.identity.invite_member(admin, new, None).await?;
    assert!(matches!(refused(organizations.set_plan(admin, "FREE", None, None).await)?, Refused::InUse { .. }));
    Ok(())
}

pub async fn deleted_organizations_stand_still_until_they_are_restored(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let globex = bench.foreign().await?;
    let clerk = bench.acme.role("clerk").await?;
    let ada = bench.acme.user("ada", &[clerk]).await?;
    let due = json!({ "sla": { "dueIn": "PT1M" } });
    let workflow = bench.acme.publish("work", sequence(&[task("work", "clerk", &due)])?).await?;
    let request = bench.start(&ada, workflow).await?;
    let organizations = &bench.application.organizations;
    assert!(matches!(refused(organizations.delete(&bench.acme.admin, "acme").await)?, Refused::InvalidInput(_)));
    assert!(matches!(refused(organizations.delete(&ada, "ACME").await)?, Refused::NotPermitted(_)));
    let until = organizations.delete(&bench.acme.admin, "ACME").await?;
    assert_eq!(until, bench.ports.clock.now() + TimeDelta::days(90));
    assert!(bench.acme.call(ada.principal.user).await.is_err(), "nobody acts there");
    let (identity, origin) = (&bench.application.identity, Origin::default());
    let answer = identity.sign_in("ada@acme.example", PASSWORD.to_owned(), None, &origin).await;
    assert_eq!(refused(answer)?, Refused::InvalidCredentials);
    bench.pass(3_600);
    let now = bench.ports.clock.now();
    let claimed = storage.jobs.claim(JobKind::Timer, now, now, 10).await?;
    assert!(claimed.iter().all(|job| job.organization == globex.organization.id), "{claimed:?}");
    bench.application.timers.fire_due(10).await?;
    assert!(storage.jobs.next_due(JobKind::Timer).await?.is_none_or(|at| at > now), "it is out of the way");
    for (email, password) in [
        ("ada@acme.example", PASSWORD),
        ("admin@acme.example", "wrong"),
        ("admin@globex.example", PASSWORD),
        ("nobody@acme.example", PASSWORD),
    ] {
        let answer = organizations.restore(restoration(email, password), &origin).await;
        assert_eq!(refused(answer)?, Refused::InvalidCredentials, "{email}");
    }
    let restored = organizations.restore(restoration("Admin@acme.example", PASSWORD), &origin).await?;
    assert_eq!(restored, bench.acme.organization);
    let again = organizations.restore(restoration("admin@acme.example", PASSWORD), &origin).await;
    assert_eq!(refused(again)?, Refused::InvalidCredentials, "there is nothing to restore");
    bench.application.timers.fire_due(10).await?;
    assert_eq!(bench.journal(request).await?.last().map(|record| record.event.clone()).as_deref(), Some("ESCALATED"));
    let call = bench.acme.call(ada.principal.user).await?;
    bench.acme.complete(&call, request, "work", "COMPLETED").await?;
    bench.check_intact().await
}

pub async fn deleted_organizations_are_gone_after_ninety_days(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let organizations = &bench.application.organizations;
    organizations.delete(&bench.acme.admin, "ACME").await?;
    bench.clock.advance(TimeDelta::days(90));
    let late = organizations.restore(restoration("admin@acme.example", PASSWORD), &Origin::default()).await;
    assert_eq!(refused(late)?, Refused::InvalidCredentials);
    let (at, deleted_after) = (bench.ports.clock.now(), bench.ports.clock.now() - TimeDelta::days(90));
    let change = Change::RestoreOrganization { at, deleted_after };
    assert!(matches!(bench.change(&bench.acme, vec![change]).await, Err(CommitError::Missing { .. })));
    Ok(())
}

pub async fn past_members_leave_their_work_to_others(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let (identity, admin) = (&bench.application.identity, &bench.acme.admin);
    let clerk = bench.acme.role("clerk").await?;
    let (ada, bob) = (bench.acme.user("ada", &[clerk]).await?, bench.acme.user("bob", &[clerk]).await?);
    let workflow = bench.acme.publish("work", sequence(&[task("work", "clerk", &json!(null))])?).await?;
    let requests = [bench.start(admin, workflow).await?, bench.start(admin, workflow).await?];
    for request in requests {
        let step = bench.acme.open_step(request, "work").await?.id;
        bench.application.requests.claim(&ada, request, step, None).await?;
    }
    let foreign = refused(identity.remove_member(&bench.foreign().await?.admin, ada.principal.user).await)?;
    assert!(matches!(foreign, Refused::NotFound { kind: "user", .. }), "{foreign}");
    identity.remove_member(admin, ada.principal.user).await?;
    for request in requests {
        assert_eq!(bench.acme.open_step(request, "work").await?.claimed_by, None);
    }
    bench.acme.complete(&bob, requests[0], "work", "COMPLETED").await?;
    assert!(bench.acme.call(ada.principal.user).await.is_err());
    let listed = storage.identity.list_users(&bench.scope(), &UserFilter::default(), &PageRequest::first(10)).await?;
    let listed: Vec<_> = listed.into_nodes().into_iter().map(|user| user.id).collect();
    assert_eq!(listed, [admin.principal.user, bob.principal.user]);
    assert_eq!(storage.identity.users(&bench.scope(), &[ada.principal.user]).await?.len(), 1, "history names her");
    assert!(storage.access.grants_of_users(&bench.scope(), &[ada.principal.user]).await?.is_empty());
    let back = identity.set_user_deactivated(admin, ada.principal.user, false).await;
    assert!(matches!(refused(back)?, Refused::NotFound { kind: "user", .. }), "an invitation brings her back");
    let at = bench.ports.clock.now();
    bench.change(&bench.acme, vec![Change::AddMember { user: ada.principal.user, at }]).await?;
    let twice = bench.change(&bench.acme, vec![Change::AddMember { user: ada.principal.user, at }]).await;
    assert!(matches!(twice, Err(CommitError::Duplicate { field: "user", .. })), "{twice:?}");
    // Nobody else owns it.
    assert_eq!(refused(identity.leave_organization(admin).await)?, Refused::LastOwner);
    identity.leave_organization(&bob).await?;
    let deputy = bench.acme.built_in(BuiltInRole::Owner).await?;
    bench.application.access.grant_role(admin, RoleMapping::everywhere(ada.principal.user, deputy)).await?;
    identity.leave_organization(admin).await?;
    assert_eq!(bench.policy(bench.acme.organization.id).await?.members.len(), 1);
    bench.check_intact().await
}
