//! `Maintenance` and `AdministrationStore`: what was deleted goes for good once it was kept long enough.

use nexusflow_application::administration::{Change, CommitError};
use nexusflow_application::fakes::fixture::single_approval;
use nexusflow_application::insight::{AuditFilter, StreamId};
use nexusflow_application::{Application, PageRequest};
use nexusflow_domain::ids::{WorkflowId, WorkflowVersionId};
use nexusflow_domain::insight::AuditRecord;

use crate::StorePorts;
use crate::bench::Bench;

const DAY: i64 = 24 * 60 * 60;

/// A bench whose tenant has somebody to review.
async fn staffed(storage: &StorePorts) -> anyhow::Result<Bench> {
    let bench = Bench::new(storage).await?;
    let role = bench.acme.role("reviewer").await?;
    bench.acme.user("reviewer", &[role]).await?;
    Ok(bench)
}

async fn published(bench: &Bench, name: &str) -> anyhow::Result<(WorkflowId, WorkflowVersionId)> {
    let workflow = bench.acme.publish(name, single_approval("reviewer")?).await?;
    Ok((workflow, bench.active_version(workflow).await?))
}

async fn delete(bench: &Bench, workflow: WorkflowId) -> anyhow::Result<()> {
    Ok(bench.application.workflows.delete(&bench.acme.admin, workflow).await?)
}

async fn is_there(bench: &Bench, version: WorkflowVersionId) -> anyhow::Result<bool> {
    Ok(!bench.storage.workflows.versions(&bench.scope(), &[version]).await?.is_empty())
}

/// Everything, a few at a time.
async fn purge(application: &Application) -> anyhow::Result<()> {
    let mut after = None;
    loop {
        after = application.retention.purge_workflows(after, 2).await?;
        if after.is_none() {
            return Ok(());
        }
    }
}

async fn purges_on_record(bench: &Bench) -> anyhow::Result<Vec<AuditRecord>> {
    let filter = AuditFilter { event: Some("WORKFLOW_PURGED".to_owned()), ..AuditFilter::default() };
    let page = bench.storage.audit.records(&bench.scope(), &filter, &PageRequest::first(100)).await?;
    Ok(page.into_nodes())
}

pub async fn a_deleted_workflow_is_purged_after_ninety_days(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = staffed(storage).await?;
    let (gone, gone_version) = published(&bench, "gone").await?;
    let (_, kept_version) = published(&bench, "kept").await?;
    delete(&bench, gone).await?;
    let deleted_at = bench.ports.clock.now();
    bench.pass(90 * DAY);
    purge(&bench.application).await?;
    assert!(is_there(&bench, gone_version).await?, "kept for ninety days");
    bench.pass(1);
    purge(&bench.application).await?;
    assert!(!is_there(&bench, gone_version).await?);
    assert!(is_there(&bench, kept_version).await?, "it was never deleted");
    let records = purges_on_record(&bench).await?;
    assert_eq!(records.len(), 1);
    let record = &records[0];
    assert_eq!((record.actor, record.stream), (None, bench.acme.organization.id.uuid()));
    assert_eq!(record.subject, Some(("workflow".to_owned(), gone.uuid())));
    let before = serde_json::from_str::<serde_json::Value>(record.before.as_deref().unwrap_or_default())?;
    assert_eq!(before, serde_json::json!({ "name": "gone", "deletedAt": deleted_at }));
    purge(&bench.application).await?;
    assert_eq!(purges_on_record(&bench).await?.len(), 1);
    bench.check_intact().await
}

pub async fn a_workflow_that_requests_refer_to_is_kept(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = staffed(storage).await?;
    let admin = bench.acme.admin.clone();
    let (workflow, version) = published(&bench, "leave").await?;
    let request = bench.start(&admin, workflow).await?;
    bench.application.requests.cancel(&admin, request, None).await?;
    delete(&bench, workflow).await?;
    let (unused, unused_version) = published(&bench, "unused").await?;
    delete(&bench, unused).await?;
    bench.pass(400 * DAY);
    purge(&bench.application).await?;
    assert!(is_there(&bench, version).await?, "a finished request ran on it");
    assert!(!is_there(&bench, unused_version).await?, "what is kept keeps nothing else");
    assert_eq!(bench.application.request_reads.requests(&admin, &[request]).await?.len(), 1);
    assert_eq!(purges_on_record(&bench).await?.len(), 1);
    let deleted_before = bench.ports.clock.now();
    assert!(storage.maintenance.purgeable_workflows(deleted_before, None, 10).await?.is_empty());
    let refused = bench.change(&bench.acme, vec![Change::PurgeWorkflow { workflow, deleted_before }]).await;
    assert!(matches!(refused, Err(CommitError::InUse { .. })), "{refused:?}");
    assert!(is_there(&bench, version).await?);
    bench.check_intact().await
}

pub async fn what_is_not_deleted_or_not_ones_own_is_never_purged(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = staffed(storage).await?;
    let globex = bench.foreign().await?;
    let (alive, alive_version) = published(&bench, "alive").await?;
    let (gone, gone_version) = published(&bench, "gone").await?;
    delete(&bench, gone).await?;
    let deleted_at = bench.ports.clock.now();
    bench.pass(DAY);
    let deleted_before = bench.ports.clock.now();
    for (tenant, workflow, deleted_before) in
        [(&bench.acme, alive, deleted_before), (&globex, gone, deleted_before), (&bench.acme, gone, deleted_at)]
    {
        let refused = bench.change(tenant, vec![Change::PurgeWorkflow { workflow, deleted_before }]).await;
        assert!(matches!(refused, Err(CommitError::Missing { .. })), "{refused:?}");
    }
    assert!(is_there(&bench, alive_version).await? && is_there(&bench, gone_version).await?);
    Ok(())
}

pub async fn workflows_are_walked_by_id_in_batches(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = staffed(storage).await?;
    let mut deleted = Vec::new();
    for n in 0..5 {
        let (workflow, _) = published(&bench, &format!("workflow {n}")).await?;
        delete(&bench, workflow).await?;
        deleted.push(workflow);
    }
    deleted.sort_unstable();
    bench.pass(91 * DAY);
    let retention = &bench.application.retention;
    assert_eq!(retention.purge_workflows(None, 2).await?, Some(deleted[1]));
    assert_eq!(purges_on_record(&bench).await?.len(), 2);
    assert_eq!(retention.purge_workflows(Some(deleted[1]), 2).await?, Some(deleted[3]));
    assert_eq!(retention.purge_workflows(Some(deleted[3]), 2).await?, None);
    assert_eq!(purges_on_record(&bench).await?.len(), 5);
    Ok(())
}

pub async fn two_servers_purge_each_workflow_once(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = staffed(storage).await?;
    for n in 0..8 {
        let (workflow, _) = published(&bench, &format!("workflow {n}")).await?;
        delete(&bench, workflow).await?;
    }
    bench.pass(91 * DAY);
    let other = bench.second_application();
    let (one, two) = futures::join!(purge(&bench.application), purge(&other));
    one?;
    two?;
    let records = purges_on_record(&bench).await?;
    let subjects: std::collections::BTreeSet<_> = records.iter().map(|record| record.subject.clone()).collect();
    assert_eq!((records.len(), subjects.len()), (8, 8));
    let stream = storage.audit.stream(&bench.scope(), StreamId::Organization, 0, 1_000).await?;
    assert_eq!(
        stream.iter().map(|record| record.seq).collect::<Vec<_>>(),
        (1..=stream.len() as u64).collect::<Vec<_>>()
    );
    bench.check_intact().await
}
