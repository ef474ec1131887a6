//! `AdministrationStore`: all or nothing, what is unique, what is in use, one chain.

use std::collections::BTreeSet;

use nexusflow_application::access::{NewRole, Role, RoleChange, RoleMapping, WorkflowScope};
use nexusflow_application::administration::{AdministrationCommit, Change, CommitError, NewAuditEntry};
use nexusflow_application::fakes::fixture::{Tenant, single_approval};
use nexusflow_application::identity::{NewMember, NewOrganization, Organization, User};
use nexusflow_application::insight::StreamId;
use nexusflow_application::workflow::{NewWorkflow, WorkflowChange};
use nexusflow_application::{PageRequest, Refused};
use nexusflow_domain::ids::RoleId;
use nexusflow_domain::insight::{Credential, Origin};
use serde_json::{Value, json};

use crate::StorePorts;
use crate::bench::{Bench, refused, scope_of};
use crate::documents::{approval, sequence, task};

fn role(bench: &Bench, tenant: &Tenant, name: &str) -> Role {
    let at = bench.ports.clock.now();
    let (id, organization) = (bench.ports.ids.next(), tenant.organization.id);
    let (name, description) = (name.to_owned(), "…".to_owned());
    Role { id, organization, name, description, built_in: false, created_at: at, updated_at: at }
}

fn user(bench: &Bench, email: &str) -> anyhow::Result<User> {
    let (id, created_at) = (bench.ports.ids.next(), bench.ports.clock.now());
    let (email, name) = (email.parse()?, "Somebody".to_owned());
    Ok(User { id, email, name, email_verified_at: None, created_at, last_login_at: None, deactivated_at: None })
}

fn entry(bench: &Bench, event: &'static str) -> NewAuditEntry {
    NewAuditEntry {
        id: bench.ports.ids.next(),
        at: bench.ports.clock.now(),
        actor: Some(bench.acme.admin.principal.user),
        event,
        subject: Some(("role".to_owned(), bench.ports.ids.next_uuid())),
        payload: json!({ "z": 1, "a": ["ä", 0.1, null] }),
        before: Some(json!({ "name": "old" })),
        after: None,
        origin: Origin {
            ip: Some("::1".to_owned()),
            user_agent: Some("t".to_owned()),
            correlation_id: None,
            credential: Some(Credential::Session(bench.ports.ids.next())),
        },
    }
}

/// Everything that a commit might touch.
async fn trace(bench: &Bench, tenant: &Tenant) -> anyhow::Result<String> {
    let (ports, scope) = (&bench.storage, scope_of(tenant));
    let page = PageRequest::first(100);
    Ok(format!(
        "{:?}\n{:?}\n{:?}\n{:?}\n{:?}",
        bench.policy(tenant.organization.id).await?,
        ports.access.list_roles(&scope, &page).await?,
        ports.identity.list_users(&scope, &<_>::default(), &page).await?,
        ports.workflows.list_workflows(&WorkflowScope::system(scope.organization()), &<_>::default(), &page).await?,
        ports.audit.stream(&scope, StreamId::Organization, 0, 1_000).await?,
    ))
}

pub async fn a_commit_is_all_or_nothing(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let acme = &bench.acme;
    let before = trace(&bench, acme).await?;
    let (first, second) = (role(&bench, acme, "clerk"), role(&bench, acme, "clerk"));
    let newcomer = user(&bench, "new@acme.example")?;
    let at = bench.ports.clock.now();
    let good = vec![
        Change::CreateRole(first.clone()),
        Change::CreateUser { user: newcomer.clone(), password_hash: None },
        Change::AddMember { user: newcomer.id, at },
        Change::GrantRole { mapping: RoleMapping::everywhere(newcomer.id, first.id), by: None, at },
    ];
    let missing: RoleId = bench.ports.ids.next();
    let bad = [
        Change::CreateRole(second),
        Change::GrantRole { mapping: RoleMapping::everywhere(newcomer.id, missing), by: None, at },
        Change::CreateUser { user: user(&bench, "admin@acme.example")?, password_hash: None },
    ];
    let key = bench.key(acme.admin.principal.user, "all");
    for change in bad {
        let changes = good.iter().cloned().chain([change.clone()]).collect();
        let commit =
            AdministrationCommit::of_system(acme.organization.id, changes, vec![entry(&bench, "ROLE_CREATED")]);
        let answer = storage.administration.commit(commit.with_idempotency(Some(key.clone()))).await;
        assert!(answer.is_err(), "{change:?}");
        assert_eq!(trace(&bench, acme).await?, before, "{change:?}");
        assert!(!storage.administration.email_is_taken(&newcomer.email).await?, "{change:?}");
    }
    let commit = AdministrationCommit::of_system(acme.organization.id, good, vec![entry(&bench, "ROLE_CREATED")]);
    storage.administration.commit(commit.with_idempotency(Some(key))).await?;
    assert!(storage.administration.email_is_taken(&newcomer.email).await?);
    let found = storage.access.roles(&bench.scope(), &[first.id]).await?;
    assert_eq!(found, [first]);
    bench.check_intact().await
}

pub async fn entries_are_chained_as_given(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let organization = bench.acme.organization.id;
    let before = storage.audit.stream(&bench.scope(), StreamId::Organization, 0, 1_000).await?;
    let entries = vec![entry(&bench, "ONE"), entry(&bench, "TWO"), entry(&bench, "THREE")];
    storage.administration.commit(AdministrationCommit::of_entries(organization, entries.clone())).await?;
    let head = before.last().map_or((0, nexusflow_domain::insight::Hash::GENESIS), |last| (last.seq, last.hash));
    let expected = nexusflow_application::administration::chain_entries(organization, head, &entries);
    let after = storage.audit.stream(&bench.scope(), StreamId::Organization, head.0, 1_000).await?;
    assert_eq!(after, expected);
    bench.check_intact().await
}

pub async fn one_chain_after_many_concurrent_commits(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let mut ids = BTreeSet::new();
    let mut tasks = Vec::new();
    for _ in 0..24 {
        let entries = vec![entry(&bench, "FIRST"), entry(&bench, "SECOND")];
        ids.extend(entries.iter().map(|entry| entry.id));
        let commit = AdministrationCommit::of_entries(bench.acme.organization.id, entries);
        let store = storage.administration.clone();
        tasks.push(tokio::spawn(async move { store.commit(commit).await }));
    }
    for task in tasks {
        task.await??;
    }
    let records = storage.audit.stream(&bench.scope(), StreamId::Organization, 0, 1_000).await?;
    let written: BTreeSet<_> = records.iter().map(|record| record.id).collect();
    assert!(ids.is_subset(&written), "an entry was lost");
    let verification = bench.application.audit.verify(&bench.acme.admin, None).await?;
    assert!(verification.is_intact(), "{:#?}", verification.findings);
    assert_eq!(verification.records, records.len() as u64);
    Ok(())
}

pub async fn slugs_and_addresses_are_unique_everywhere(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let globex = bench.foreign().await?;
    let id = bench.ports.ids.next();
    let organization = Organization { id, name: "Second".to_owned(), ..bench.acme.organization.clone() };
    let commit = AdministrationCommit::of_system(id, vec![Change::CreateOrganization(organization)], Vec::new());
    let answer = storage.administration.commit(commit).await;
    assert!(matches!(&answer, Err(CommitError::Duplicate { field: "slug", value }) if value == "acme"), "{answer:?}");
    let same = Change::CreateUser { user: user(&bench, "Admin@ACME.example")?, password_hash: None };
    let answer = bench.change(&globex, vec![same]).await;
    let expected = "admin@acme.example";
    assert!(
        matches!(&answer, Err(CommitError::Duplicate { field: "email", value }) if value == expected),
        "{answer:?}"
    );
    assert!(storage.administration.email_is_taken(&"ADMIN@acme.example".parse()?).await?);
    assert!(!storage.administration.email_is_taken(&"nobody@acme.example".parse()?).await?);
    // A tenant whose administrator's address is taken does not come into being.
    let (email, name) = (expected.to_owned(), "Admin".to_owned());
    let admin = NewMember { email, name, password: "long enough indeed".to_owned(), roles: Vec::new() };
    let new = NewOrganization { name: "Third".to_owned(), slug: "third".to_owned(), admin };
    let refusal = refused(bench.application.identity.create_organization(new).await)?;
    assert!(matches!(refusal, Refused::AlreadyExists { field: "email", .. }), "{refusal:?}");
    assert_eq!(storage.identity.organization_ids(None, 10).await?.len(), 2);
    Ok(())
}

pub async fn role_names_are_unique_within_a_tenant(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let globex = bench.foreign().await?;
    bench.acme.role("clerk").await?;
    let chief = bench.acme.role("chief").await?;
    globex.role("clerk").await?;
    let new = NewRole { name: "clerk".to_owned(), description: String::new(), permissions: Vec::new() };
    let refusal = refused(bench.application.access.create_role(&bench.acme.admin, new, None).await)?;
    assert_eq!(refusal, Refused::AlreadyExists { field: "name", value: "clerk".to_owned() });
    let change = RoleChange { name: Some("clerk".to_owned()), description: None };
    let refusal = refused(bench.application.access.update_role(&bench.acme.admin, chief, change).await)?;
    assert_eq!(refusal, Refused::AlreadyExists { field: "name", value: "clerk".to_owned() });
    let change = RoleChange { name: None, description: Some("New".to_owned()) };
    bench.application.access.update_role(&bench.acme.admin, chief, change).await?;
    let found = storage.access.roles(&bench.scope(), &[chief]).await?;
    assert_eq!((found[0].name.as_str(), found[0].description.as_str()), ("chief", "New"));
    Ok(())
}

pub async fn workflow_names_are_unique_while_not_deleted(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let globex = bench.foreign().await?;
    let workflows = &bench.application.workflows;
    let new = |name: &str| NewWorkflow { name: name.to_owned(), description: String::new(), document: None };
    let admin = &bench.acme.admin;
    let first = workflows.create(admin, new("leave"), None).await?;
    let other = workflows.create(admin, new("travel"), None).await?;
    workflows.create(&globex.admin, new("leave"), None).await?;
    let taken = Refused::AlreadyExists { field: "name", value: "leave".to_owned() };
    assert_eq!(refused(workflows.create(admin, new("leave"), None).await)?, taken);
    let rename = WorkflowChange { name: Some("leave".to_owned()), ..WorkflowChange::default() };
    assert_eq!(refused(workflows.edit(admin, other, rename.clone()).await)?, taken);
    workflows.edit(admin, first, rename.clone()).await?;
    workflows.delete(admin, first).await?;
    workflows.edit(admin, other, rename).await?;
    workflows.delete(admin, other).await?;
    workflows.create(admin, new("leave"), None).await?;
    Ok(())
}

pub async fn workflow_versions_are_compared_and_set(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let admin = &bench.acme.admin;
    let new = NewWorkflow { name: "leave".to_owned(), description: String::new(), document: None };
    let id = bench.application.workflows.create(admin, new, None).await?;
    let tasks = (0..8).map(|n| {
        let (application, admin) = (bench.application.clone(), admin.clone());
        let description = Some(format!("edit {n}"));
        let change = WorkflowChange { expected_version: Some(1), description, ..WorkflowChange::default() };
        tokio::spawn(async move { application.workflows.edit(&admin, id, change).await })
    });
    let mut written = 0;
    for task in tasks.collect::<Vec<_>>() {
        match task.await? {
            Ok(()) => written += 1,
            result => assert_eq!(refused(result)?, Refused::StaleVersion { current: 2 }),
        }
    }
    assert_eq!(written, 1);
    let stored = storage.workflows.workflows(&bench.scope(), &[id]).await?;
    assert_eq!(stored[0].version, 2);
    let before = trace(&bench, &bench.acme).await?;
    for version in [1, 2, 4] {
        let mut row = stored[0].clone();
        row.version = version;
        row.name.push_str(" changed");
        let answer = bench.change(&bench.acme, vec![Change::UpdateWorkflow(row)]).await;
        assert!(matches!(answer, Err(CommitError::Stale { current: 2 })), "{version}: {answer:?}");
    }
    assert_eq!(trace(&bench, &bench.acme).await?, before);
    Ok(())
}

pub async fn a_workflow_with_live_requests_is_not_deleted(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let (admin, workflows) = (&bench.acme.admin, &bench.application.workflows);
    let role = bench.acme.role("reviewer").await?;
    let reviewer = bench.acme.user("reviewer", &[role]).await?;
    let workflow = bench.acme.publish("leave", single_approval("reviewer")?).await?;
    let (first, second) = (bench.start(admin, workflow).await?, bench.start(admin, workflow).await?);
    let before = trace(&bench, &bench.acme).await?;
    let in_use = |refusal: Refused| assert!(matches!(refusal, Refused::InUse { .. }), "{refusal:?}");
    in_use(refused(workflows.delete(admin, workflow).await)?);
    assert_eq!(trace(&bench, &bench.acme).await?, before);
    bench.acme.complete(&reviewer, first, "review", "APPROVED").await?;
    bench.application.requests.suspend(admin, second, None, nexusflow_domain::request::DeadlineClock::Stopped).await?;
    in_use(refused(workflows.delete(admin, workflow).await)?);
    bench.application.requests.cancel(admin, second, None).await?;
    workflows.delete(admin, workflow).await?;
    assert!(storage.workflows.workflows(&bench.scope(), &[workflow]).await?.is_empty());
    let refusal = refused(workflows.delete(admin, workflow).await)?;
    assert!(matches!(refusal, Refused::NotFound { .. }), "{refusal:?}");
    Ok(())
}

pub async fn a_role_that_a_step_asks_is_not_deleted(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    check_named_role(&bench, sequence(&[task("work", "named", &Value::Null)])?).await
}

pub async fn a_role_that_an_escalation_asks_is_not_deleted(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let sla = json!({ "sla": { "dueIn": "P1D", "escalations": [{ "action": { "reassign": { "role": "named" } } }] } });
    check_named_role(&bench, sequence(&[approval("work", "other", &sla)])?).await
}

/// The document names the role `named` once it is published.
async fn check_named_role(bench: &Bench, document: nexusflow_domain::workflow::WorkflowDocument) -> anyhow::Result<()> {
    let (named, other) = (bench.acme.role("named").await?, bench.acme.role("other").await?);
    let free = bench.acme.role("free").await?;
    bench.acme.user("worker", &[named, other, free]).await?;
    let workflow = bench.acme.publish("leave", document).await?;
    let (admin, access) = (&bench.acme.admin, &bench.application.access);
    let before = trace(bench, &bench.acme).await?;
    let refusal = refused(access.delete_role(admin, named).await)?;
    assert!(matches!(refusal, Refused::InUse { .. }), "{refusal:?}");
    assert_eq!(trace(bench, &bench.acme).await?, before);
    access.delete_role(admin, free).await?;
    bench.application.workflows.archive(admin, workflow).await?;
    let refusal = refused(access.delete_role(admin, named).await)?;
    assert!(matches!(refusal, Refused::InUse { .. }), "live requests of an archived workflow go on: {refusal:?}");
    Ok(())
}

pub async fn another_tenants_rows_are_missing(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let globex = bench.foreign().await?;
    let clerk = bench.acme.role("clerk").await?;
    let worker = bench.acme.user("worker", &[clerk]).await?.principal.user;
    let workflow = bench.acme.publish("leave", single_approval("clerk")?).await?;
    let version = bench.active_version(workflow).await?;
    let row = storage.workflows.workflows(&bench.scope(), &[workflow]).await?.remove(0);
    let role = storage.access.roles(&bench.scope(), &[clerk]).await?.remove(0);
    let at = bench.ports.clock.now();
    let theirs = globex.admin.principal.user;
    let foreign_role = globex.role("clerk").await?;
    let before = (trace(&bench, &bench.acme).await?, trace(&bench, &globex).await?);
    let renamed = Role { name: "stolen".to_owned(), ..role.clone() };
    let claimed = Role { organization: globex.organization.id, ..renamed.clone() };
    let next = nexusflow_application::workflow::Workflow { version: row.version + 1, ..row };
    let moved = nexusflow_application::workflow::Workflow { organization: globex.organization.id, ..next.clone() };
    let retired = nexusflow_domain::workflow::VersionStatus::Retired;
    let changes = [
        Change::UpdateRole(renamed),
        Change::UpdateRole(claimed),
        Change::DeleteRole(clerk),
        Change::GrantRole { mapping: RoleMapping::everywhere(theirs, clerk), by: None, at },
        Change::GrantRole { mapping: RoleMapping::everywhere(worker, foreign_role), by: None, at },
        Change::GrantPermission { role: clerk, permission: nexusflow_domain::access::Permission::ViewAudit, at },
        Change::SetMemberDeactivated { user: worker, deactivated: true, at },
        Change::UpdateWorkflow(next),
        Change::UpdateWorkflow(moved),
        Change::SetVersionStatus { version, status: retired },
    ];
    for change in changes {
        let answer = bench.change(&globex, vec![change.clone()]).await;
        assert!(answer.is_err(), "{change:?}");
        let after = (trace(&bench, &bench.acme).await?, trace(&bench, &globex).await?);
        assert_eq!(after, before, "{change:?}");
    }
    // A row that names another tenant stays out of that tenant, whatever becomes of it.
    let planted = Role { id: bench.ports.ids.next(), name: "planted".to_owned(), ..role };
    let _ = bench.change(&globex, vec![Change::CreateRole(planted)]).await;
    assert_eq!(trace(&bench, &bench.acme).await?, before.0);
    // Taking away what is not there is no error, and takes nothing from the other tenant.
    let take = vec![
        Change::RevokeRole { mapping: RoleMapping::everywhere(worker, clerk), at },
        Change::RevokePermission { role: clerk, permission: nexusflow_domain::access::Permission::ViewAudit },
    ];
    let _ = bench.change(&globex, take).await;
    assert_eq!(trace(&bench, &bench.acme).await?, before.0);
    Ok(())
}
