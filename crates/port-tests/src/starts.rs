//! `RequestStore`: a new request needs a workflow that takes requests.

use nexusflow_application::Refused;
use nexusflow_application::fakes::fixture::{Tenant, single_approval};
use nexusflow_application::request::{CommitConflict, CommitUnit, JobKind};
use nexusflow_application::workflow::NewWorkflow;
use nexusflow_domain::ids::WorkflowId;

use crate::StorePorts;
use crate::bench::{Bench, refused};
use crate::hand::Creation;

async fn published(bench: &Bench) -> anyhow::Result<WorkflowId> {
    let role = bench.acme.role("reviewer").await?;
    bench.acme.user("reviewer", &[role]).await?;
    Ok(bench.acme.publish("leave", single_approval("reviewer")?).await?)
}

async fn new_request(bench: &Bench, workflow: WorkflowId) -> anyhow::Result<CommitUnit> {
    let now = bench.ports.clock.now();
    bench.pending(workflow, bench.acme.admin.principal.user, now).await
}

async fn check_gone(bench: &Bench, unit: CommitUnit) -> anyhow::Result<()> {
    let id = unit.state.id;
    let answers = bench.storage.requests.commit(vec![unit]).await?;
    assert!(matches!(answers[..], [Err(CommitConflict::WorkflowGone)]), "{answers:?}");
    assert!(bench.storage.requests.load(&[(bench.scope(), id)]).await?.is_empty());
    assert!(bench.journal(id).await?.is_empty());
    assert_eq!(bench.storage.jobs.next_due(JobKind::Timer).await?, None, "a timer without a request");
    Ok(())
}

pub async fn refused_while_paused_and_live_ones_go_on(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let workflow = published(&bench).await?;
    let unit = new_request(&bench, workflow).await?;
    let live = bench.start(&bench.acme.admin, workflow).await?;
    bench.application.requests.cancel(&bench.acme.admin, live, None).await?;
    let live = bench.start(&bench.acme.admin, workflow).await?;
    bench.application.workflows.pause(&bench.acme.admin, workflow).await?;
    // The live request has a timer of its own, so only what is new is looked at here.
    let answers = storage.requests.commit(vec![unit.clone()]).await?;
    assert!(matches!(answers[..], [Err(CommitConflict::WorkflowGone)]), "{answers:?}");
    assert!(storage.requests.load(&[(bench.scope(), unit.state.id)]).await?.is_empty());
    bench.application.requests.cancel(&bench.acme.admin, live, None).await?;
    let refusal = refused(bench.acme.start(&bench.acme.admin, workflow, <_>::default()).await)?;
    assert!(matches!(&refusal, Refused::WrongState { state, .. } if state == "PAUSED"), "{refusal:?}");
    bench.application.workflows.resume(&bench.acme.admin, workflow).await?;
    let answers = storage.requests.commit(vec![unit]).await?;
    assert!(matches!(answers[..], [Ok(())]), "{answers:?}");
    Ok(())
}

pub async fn refused_when_archived(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let workflow = published(&bench).await?;
    let unit = new_request(&bench, workflow).await?;
    bench.application.workflows.archive(&bench.acme.admin, workflow).await?;
    check_gone(&bench, unit).await
}

pub async fn refused_when_deleted(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let workflow = published(&bench).await?;
    let unit = new_request(&bench, workflow).await?;
    bench.application.workflows.delete(&bench.acme.admin, workflow).await?;
    check_gone(&bench, unit).await
}

pub async fn refused_while_a_draft(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    published(&bench).await?;
    let admin = &bench.acme.admin;
    let document = Some(single_approval("reviewer")?);
    let new = NewWorkflow { name: "draft".to_owned(), description: String::new(), document };
    let workflow = bench.application.workflows.create(admin, new, None).await?;
    let version = bench.application.workflows.publish(admin, workflow, None, false, None).await?;
    let (organization, requester) = (bench.acme.organization.id, admin.principal.user);
    let starts_at = bench.ports.clock.now();
    check_gone(&bench, bench.creation(Creation { organization, workflow, version, requester, starts_at })?).await
}

pub async fn refused_on_another_tenants_workflow(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let workflow = published(&bench).await?;
    let version = bench.active_version(workflow).await?;
    let globex: Tenant = bench.foreign().await?;
    let starts_at = bench.ports.clock.now();
    let (organization, requester) = (globex.organization.id, globex.admin.principal.user);
    check_gone(&bench, bench.creation(Creation { organization, workflow, version, requester, starts_at })?).await?;
    let refusal = refused(globex.start(&globex.admin, workflow, <_>::default()).await)?;
    assert!(matches!(refusal, Refused::NotFound { kind: "workflow", .. }), "{refusal:?}");
    Ok(())
}

pub async fn refused_for_a_request_that_exists(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let workflow = published(&bench).await?;
    let unit = new_request(&bench, workflow).await?;
    let answers = storage.requests.commit(vec![unit.clone()]).await?;
    assert!(matches!(answers[..], [Ok(())]), "{answers:?}");
    let answers = storage.requests.commit(vec![unit.clone()]).await?;
    assert!(matches!(answers[..], [Err(CommitConflict::Stale)]), "{answers:?}");
    assert_eq!(bench.journal(unit.state.id).await?, unit.records);
    Ok(())
}

pub async fn never_slip_past_a_deletion(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let role = bench.acme.role("reviewer").await?;
    bench.acme.user("reviewer", &[role]).await?;
    let admin = &bench.acme.admin;
    for round in 0..6 {
        let workflow = bench.acme.publish(&format!("leave {round}"), single_approval("reviewer")?).await?;
        let starts = (0..4).map(|_| {
            let (tenant, admin) = (bench.acme.clone(), admin.clone());
            tokio::spawn(async move { tenant.start(&admin, workflow, <_>::default()).await })
        });
        let starts: Vec<_> = starts.collect();
        let deletion = bench.application.workflows.delete(admin, workflow).await;
        let mut started = 0;
        for start in starts {
            match start.await? {
                Ok(_) => started += 1,
                Err(error) => {
                    let fits = matches!(error.refused(), Some(Refused::WrongState { .. } | Refused::NotFound { .. }));
                    assert!(fits, "{error:?}");
                }
            }
        }
        match deletion {
            Ok(()) => assert_eq!(started, 0, "a request of a deleted workflow is live"),
            Err(error) => assert!(matches!(error.refused(), Some(Refused::InUse { .. })), "{error:?}"),
        }
    }
    bench.check_intact().await
}
