//! `WorkflowReader`: lists of workflows, and the directory.

use nexusflow_application::access::{Scope, WorkflowScope};
use nexusflow_application::fakes::fixture::single_approval;
use nexusflow_application::workflow::{NewWorkflow, WorkflowFilter};
use nexusflow_domain::access::BuiltInRole;
use nexusflow_domain::ids::{UserId, WorkflowId};
use nexusflow_domain::workflow::{Holders, RoleFacts, WorkflowStatus};

use crate::StorePorts;
use crate::bench::{Bench, scope_of};
use crate::paging::check_pages;

async fn create(bench: &Bench, name: &str) -> anyhow::Result<WorkflowId> {
    let new = NewWorkflow { name: name.to_owned(), description: "…".to_owned(), document: None };
    Ok(bench.application.workflows.create(&bench.acme.admin, new, None).await?)
}

pub async fn are_listed_by_id_and_found_by_text(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let (admin, scope) = (&bench.acme.admin, bench.scope());
    let role = bench.acme.role("reviewer").await?;
    bench.acme.user("reviewer", &[role]).await?;
    let mut ids = Vec::new();
    for name in ["Leave", "sick leave", "100% off", "a_b", "Travel"] {
        ids.push(create(&bench, name).await?);
    }
    let active = bench.acme.publish("Active", single_approval("reviewer")?).await?;
    let paused = bench.acme.publish("Paused", single_approval("reviewer")?).await?;
    bench.application.workflows.pause(admin, paused).await?;
    let deleted = create(&bench, "leave it").await?;
    bench.application.workflows.delete(admin, deleted).await?;
    let found = async |filter: WorkflowFilter| {
        let page =
            check_pages(async |page| storage.workflows.list_workflows(&all_of(&scope), &filter, &page).await).await?;
        anyhow::Ok(page.into_iter().map(|workflow| workflow.id).collect::<Vec<_>>())
    };
    let search = |text: &str| WorkflowFilter { search: Some(text.to_owned()), statuses: Vec::new() };
    let with = |statuses: &[WorkflowStatus]| WorkflowFilter { search: None, statuses: statuses.to_vec() };
    ids.extend([active, paused]);
    assert_eq!(found(WorkflowFilter::default()).await?, ids);
    assert_eq!(found(search("LEAVE")).await?, ids[..2]);
    assert_eq!(found(search("%")).await?, [ids[2]]);
    assert_eq!(found(search("_")).await?, [ids[3]]);
    assert_eq!(found(with(&[WorkflowStatus::Paused])).await?, [paused]);
    assert_eq!(found(with(&[WorkflowStatus::Active, WorkflowStatus::Paused])).await?, [active, paused]);
    assert!(found(with(&[WorkflowStatus::Archived])).await?.is_empty());
    let both = WorkflowFilter { statuses: vec![WorkflowStatus::Active], ..search("paused") };
    assert!(found(both).await?.is_empty());
    Ok(())
}

fn all_of(scope: &Scope) -> WorkflowScope {
    WorkflowScope::system(scope.organization())
}

pub async fn are_read_as_written(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let admin = &bench.acme.admin;
    let id = create(&bench, "Leave").await?;
    let created = bench.ports.clock.now();
    let read = async || anyhow::Ok(storage.workflows.workflows(&bench.scope(), &[id]).await?.remove(0));
    let first = read().await?;
    assert_eq!((first.name.as_str(), first.description.as_str()), ("Leave", "…"));
    assert_eq!((first.status, first.active_version, first.version), (WorkflowStatus::Draft, None, 1));
    assert_eq!((first.created_by, first.created_at), (Some(admin.principal.user), created));
    bench.pass(7);
    bench.application.workflows.archive(admin, id).await?;
    let second = read().await?;
    assert_eq!((second.status, second.version), (WorkflowStatus::Archived, 2));
    assert_eq!((second.created_at, second.updated_at), (created, bench.ports.clock.now()));
    Ok(())
}

pub async fn of_another_tenant_are_not_seen(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let role = bench.acme.role("reviewer").await?;
    bench.acme.user("reviewer", &[role]).await?;
    let workflow = bench.acme.publish("leave", single_approval("reviewer")?).await?;
    let version = bench.active_version(workflow).await?;
    let foreign = scope_of(&bench.foreign().await?);
    assert!(storage.workflows.workflows(&foreign, &[workflow]).await?.is_empty());
    assert!(storage.workflows.versions(&foreign, &[version]).await?.is_empty());
    assert!(storage.workflows.versions_of(&foreign, &[workflow], 10).await?.is_empty());
    let all = WorkflowFilter::default();
    assert!(
        check_pages(async |p| storage.workflows.list_workflows(&all_of(&foreign), &all, &p).await).await?.is_empty()
    );
    Ok(())
}

pub async fn the_directory_knows_active_holders(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let (clerk, idle) = (bench.acme.role("clerk").await?, bench.acme.role("idle").await?);
    let ada = bench.acme.user("Ada", &[clerk]).await?.principal.user;
    let gone = bench.acme.user("gone", &[clerk, idle]).await?.principal.user;
    let globex = bench.foreign().await?;
    globex.role("theirs").await?;
    let scope = bench.scope();
    let known = |users: &[UserId]| Holders::Known(users.iter().copied().collect());
    let before = storage.workflows.directory(&scope, None).await?;
    assert_eq!(
        (&before.roles["clerk"].holders, &before.roles["idle"].holders),
        (&known(&[ada, gone]), &known(&[gone]))
    );
    bench.application.identity.set_user_deactivated(&bench.acme.admin, gone, true).await?;
    let directory = storage.workflows.directory(&scope, None).await?;
    let admin = bench.acme.admin.principal.user;
    let built_in = async |role| anyhow::Ok(bench.acme.built_in(role).await?);
    let expected = [
        ("Owner", built_in(BuiltInRole::Owner).await?, known(&[admin])),
        ("Admin", built_in(BuiltInRole::Admin).await?, known(&[])),
        ("Manager", built_in(BuiltInRole::Manager).await?, known(&[])),
        ("Member", built_in(BuiltInRole::Member).await?, known(&[])),
        ("User", built_in(BuiltInRole::User).await?, known(&[admin, ada])),
        ("Viewer", built_in(BuiltInRole::Viewer).await?, known(&[])),
        ("clerk", clerk, known(&[ada])),
        ("idle", idle, known(&[])),
    ];
    let expected = expected.map(|(name, id, holders)| (name.to_owned(), RoleFacts { id, holders }));
    assert_eq!(directory.roles, expected.into());
    let expected = [("ada@acme.example".to_owned(), ada), ("admin@acme.example".to_owned(), admin)];
    assert_eq!(directory.users, expected.into());
    bench.application.identity.set_user_deactivated(&bench.acme.admin, gone, false).await?;
    assert_eq!(storage.workflows.directory(&scope, None).await?.roles["idle"].holders, known(&[gone]));
    Ok(())
}
