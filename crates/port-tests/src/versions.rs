//! `WorkflowReader`: versions, their documents and names.

use nexusflow_application::access::RoleChange;
use nexusflow_application::fakes::fixture::single_approval;
use nexusflow_application::workflow::{NewWorkflow, WorkflowChange, WorkflowVersion};
use nexusflow_domain::ids::{WorkflowId, WorkflowVersionId};
use nexusflow_domain::workflow::verification::Soundness;
use nexusflow_domain::workflow::{VersionStatus, WorkflowDocument, compile};
use serde_json::{Value, json};

use crate::StorePorts;
use crate::bench::Bench;
use crate::documents::{rich, sequence, task};

async fn read(bench: &Bench, id: WorkflowVersionId) -> anyhow::Result<WorkflowVersion> {
    let found = bench.storage.workflows.versions(&bench.scope(), &[id]).await?.pop();
    found.ok_or_else(|| anyhow::anyhow!("{id} is not there"))
}

async fn newest(bench: &Bench, workflow: WorkflowId) -> anyhow::Result<WorkflowVersion> {
    let found = bench.storage.workflows.versions_of(&bench.scope(), &[workflow], 1).await?.pop();
    found.ok_or_else(|| anyhow::anyhow!("{workflow} has no version"))
}

async fn create(bench: &Bench, document: WorkflowDocument) -> anyhow::Result<WorkflowId> {
    let new = NewWorkflow { name: "rich".to_owned(), description: String::new(), document: Some(document) };
    Ok(bench.application.workflows.create(&bench.acme.admin, new, None).await?)
}

pub async fn a_document_comes_back_as_saved_and_published(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let (clerk, deputy) = (bench.acme.role("Clerk ä").await?, bench.acme.role("deputy").await?);
    let ada = bench.acme.user("ada", &[clerk, deputy]).await?.principal.user;
    let document = rich("Clerk ä", "Ada@acme.example", "deputy")?;
    let workflow = create(&bench, document.clone()).await?;
    let created = bench.ports.clock.now();
    let draft = newest(&bench, workflow).await?;
    assert_eq!(draft.document, document);
    assert_eq!((draft.number, draft.status, draft.workflow), (1, VersionStatus::Draft, workflow));
    assert_eq!((draft.published_at, draft.published_by, draft.created_at), (None, None, created));
    assert!(draft.step_ids.is_empty() && draft.names.roles.is_empty() && draft.names.users.is_empty());
    bench.pass(9);
    let admin = &bench.acme.admin;
    let published = bench.application.workflows.publish(admin, workflow, None, true, None).await?;
    assert_eq!(published, draft.id);
    let published = read(&bench, published).await?;
    assert_eq!(published.document, document);
    let as_text = |document: &WorkflowDocument| serde_json::to_string(document);
    assert_eq!(as_text(&published.document)?, as_text(&document)?);
    assert_eq!((published.number, published.status), (1, VersionStatus::Published));
    assert_eq!(published.published_at, Some(bench.ports.clock.now()));
    let found = published.finding.ok_or_else(|| anyhow::anyhow!("a published version was verified"))?;
    assert_eq!((draft.finding, found.soundness), (None, Soundness::Sound));
    assert_eq!((published.published_by, published.created_at), (Some(admin.principal.user), created));
    assert_eq!(published.names.roles, [("Clerk ä".to_owned(), clerk), ("deputy".to_owned(), deputy)].into());
    assert_eq!(published.names.users, [("ada@acme.example".to_owned(), ada)].into());
    let keys: Vec<_> = published.step_ids.keys().cloned().collect();
    let mut expected: Vec<_> = document.steps.iter().map(|step| step.key.to_string()).collect();
    expected.sort_unstable();
    assert_eq!(keys, expected);
    let compiled = compile(&published.document, &published.names.directory());
    assert!(compiled.is_ok(), "{:?}", compiled.err());
    Ok(())
}

pub async fn a_due_dates_ladder_comes_back(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let mut document = sequence(&[task("work", "User", &Value::Null)])?;
    document.due_date_escalations = serde_json::from_value(json!([
        { "after": "PT1H", "action": { "notify": { "requester": {} } } },
        { "after": "PT2H", "action": { "raise": {} } },
    ]))?;
    let workflow = bench.acme.publish("ladder", document.clone()).await?;
    let version = read(&bench, bench.active_version(workflow).await?).await?;
    assert_eq!(version.document, document);
    assert_eq!(version.document.sla, None);
    assert_eq!(storage.workflows.versions(&bench.scope(), &[]).await?, []);
    Ok(())
}

pub async fn a_draft_with_problems_is_kept_as_it_is(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let broken: WorkflowDocument = serde_json::from_value(json!({
        "steps": [{ "key": "x", "name": "", "kind": "TASK", "config": [1, { "b": 2.50, "a": null }] }],
        "transitions": [{ "from": "nowhere", "to": "x", "condition": "no condition at all" }],
    }))?;
    let workflow = create(&bench, broken.clone()).await?;
    let first = newest(&bench, workflow).await?;
    assert_eq!(first.document, broken);
    let better = single_approval("User")?;
    let change = WorkflowChange { document: Some(better.clone()), ..WorkflowChange::default() };
    bench.application.workflows.edit(&bench.acme.admin, workflow, change).await?;
    let versions = storage.workflows.versions_of(&bench.scope(), &[workflow], 10).await?;
    assert_eq!(versions.len(), 1, "the draft was replaced");
    assert_eq!((versions[0].id, &versions[0].document), (first.id, &better));
    Ok(())
}

pub async fn names_are_frozen_when_published(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let clerk = bench.acme.role("clerk").await?;
    let worker = bench.acme.user("worker", &[clerk]).await?;
    let document = sequence(&[task("work", "clerk", &Value::Null)])?;
    let workflow = bench.acme.publish("leave", document.clone()).await?;
    let change = RoleChange { name: Some("renamed".to_owned()), description: None };
    bench.application.access.update_role(&bench.acme.admin, clerk, change).await?;
    bench.acme.role("clerk").await?;
    let version = read(&bench, bench.active_version(workflow).await?).await?;
    assert_eq!(version.document, document);
    assert_eq!(version.names.roles, [("clerk".to_owned(), clerk)].into());
    // A server that never saw the old name runs it all the same.
    let other = bench.second_application();
    let new = nexusflow_application::request::NewRequest {
        workflow,
        title: None,
        reference: None,
        priority: nexusflow_domain::workflow::Priority::Normal,
        variables: <_>::default(),
        starts_at: None,
        due_at: None,
    };
    let request = other.requests.start(&bench.acme.admin, new, None).await?.id;
    assert_eq!(bench.acme.open_step(request, "work").await?.required_role, Some(clerk));
    bench.acme.complete(&worker, request, "work", "COMPLETED").await?;
    assert_eq!(storage.workflows.versions_of(&bench.scope(), &[workflow], 10).await?.len(), 1);
    bench.check_intact().await
}

pub async fn versions_are_listed_newest_first(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let (admin, workflows) = (&bench.acme.admin, &bench.application.workflows);
    let workflow = bench.acme.publish("leave", sequence(&[task("work", "User", &Value::Null)])?).await?;
    let first = bench.active_version(workflow).await?;
    let edit = async |key: &str| {
        let document = Some(sequence(&[task(key, "User", &Value::Null)])?);
        let change = WorkflowChange { document, ..WorkflowChange::default() };
        workflows.edit(admin, workflow, change).await?;
        anyhow::Ok(())
    };
    edit("second").await?;
    let second = workflows.publish(admin, workflow, None, true, None).await?;
    edit("third").await?;
    let listed = async |limit| {
        let versions = storage.workflows.versions_of(&bench.scope(), &[workflow], limit).await?;
        anyhow::Ok(versions.into_iter().map(|v| (v.number, v.status)).collect::<Vec<_>>())
    };
    assert_eq!(
        listed(10).await?,
        [(3, VersionStatus::Draft), (2, VersionStatus::Published), (1, VersionStatus::Retired)]
    );
    assert_eq!(listed(2).await?, [(3, VersionStatus::Draft), (2, VersionStatus::Published)]);
    assert_eq!(bench.active_version(workflow).await?, second);
    workflows.activate_version(admin, first, None).await?;
    assert_eq!(
        listed(10).await?,
        [(3, VersionStatus::Draft), (2, VersionStatus::Retired), (1, VersionStatus::Published)]
    );
    assert_eq!(bench.active_version(workflow).await?, first);
    let keys = read(&bench, second).await?.step_ids;
    assert!(keys.contains_key("second") && !keys.contains_key("work"));
    Ok(())
}

pub async fn versions_of_several_workflows_are_listed_together(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let (admin, workflows) = (&bench.acme.admin, &bench.application.workflows);
    let document = sequence(&[task("work", "User", &Value::Null)])?;
    let mut ids = Vec::new();
    for drafts in 0..3 {
        let id = bench.acme.publish(&format!("workflow {drafts}"), document.clone()).await?;
        for _ in 0..drafts {
            let change = WorkflowChange { document: Some(document.clone()), ..WorkflowChange::default() };
            workflows.edit(admin, id, change).await?;
            workflows.publish(admin, id, None, true, None).await?;
        }
        ids.push(id);
    }
    let listed = async |asked: &[WorkflowId], limit| {
        let versions = storage.workflows.versions_of(&bench.scope(), asked, limit).await?;
        assert!(versions.iter().all(|version| version.document == document));
        anyhow::Ok(versions.into_iter().map(|version| (version.workflow, version.number)).collect::<Vec<_>>())
    };
    let all = [(ids[0], 1), (ids[1], 2), (ids[1], 1), (ids[2], 3), (ids[2], 2), (ids[2], 1)];
    assert_eq!(listed(&ids, 10).await?, all);
    assert_eq!(listed(&ids, 2).await?, all[..5]);
    assert_eq!(listed(&ids, 1).await?, [all[0], all[1], all[3]]);
    assert_eq!(listed(&[ids[2], ids[0], ids[2], bench.ports.ids.next()], 1).await?, [all[0], all[3]]);
    assert_eq!(listed(&[], 1).await?, []);
    Ok(())
}

pub async fn versions_outlive_their_workflow(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let workflow = bench.acme.publish("leave", sequence(&[task("work", "User", &Value::Null)])?).await?;
    let version = bench.active_version(workflow).await?;
    bench.application.workflows.delete(&bench.acme.admin, workflow).await?;
    assert!(storage.workflows.workflows(&bench.scope(), &[workflow]).await?.is_empty());
    let found = storage.workflows.versions(&bench.scope(), &[version, version, bench.ports.ids.next()]).await?;
    assert_eq!(found.iter().map(|found| found.id).collect::<Vec<_>>(), [version]);
    Ok(())
}
