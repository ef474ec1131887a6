//! Idempotency keys: stored once, with what they protect.

use std::sync::Arc;

use chrono::TimeDelta;
use nexusflow_application::administration::{AdministrationCommit, Change, CommitError};
use nexusflow_application::fakes::fixture::single_approval;
use nexusflow_application::request::{CommitConflict, CommitUnit, NewRequest};
use nexusflow_application::{Refused, Replay};
use nexusflow_domain::ids::WorkflowId;
use nexusflow_domain::workflow::Priority;
use serde_json::json;

use crate::StorePorts;
use crate::bench::{Bench, refused};

async fn published(bench: &Bench) -> anyhow::Result<WorkflowId> {
    let role = bench.acme.role("reviewer").await?;
    bench.acme.user("reviewer", &[role]).await?;
    Ok(bench.acme.publish("leave", single_approval("reviewer")?).await?)
}

pub async fn one_of_many_concurrent_units_stores_a_key(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let workflow = published(&bench).await?;
    let (user, now) = (bench.acme.admin.principal.user, bench.ports.clock.now());
    let mut tasks = Vec::new();
    for _ in 0..8 {
        let unit =
            CommitUnit { idempotency: Some(bench.key(user, "same")), ..bench.pending(workflow, user, now).await? };
        let store = Arc::clone(&storage.requests);
        tasks.push((unit.state.id, tokio::spawn(async move { store.commit(vec![unit]).await })));
    }
    let mut written = 0;
    for (id, task) in tasks {
        let answers = task.await??;
        let exists = !storage.requests.load(&[(bench.scope(), id)]).await?.is_empty();
        match answers[..] {
            [Ok(())] => {
                written += 1;
                assert!(exists);
            }
            [Err(CommitConflict::IdempotencyKeyTaken)] => assert!(!exists, "a refused unit was written"),
            _ => anyhow::bail!("{answers:?}"),
        }
    }
    assert_eq!(written, 1);
    Ok(())
}

pub async fn one_unit_of_a_batch_stores_a_key(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let workflow = published(&bench).await?;
    let (user, now) = (bench.acme.admin.principal.user, bench.ports.clock.now());
    let mut units = Vec::new();
    for _ in 0..3 {
        units.push(CommitUnit {
            idempotency: Some(bench.key(user, "same")),
            ..bench.pending(workflow, user, now).await?
        });
    }
    let ids: Vec<_> = units.iter().map(|unit| unit.state.id).collect();
    let answers = storage.requests.commit(units).await?;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
    let taken = |answer: &&Result<(), CommitConflict>| matches!(answer, Err(CommitConflict::IdempotencyKeyTaken));
    assert_eq!(answers.iter().filter(taken).count(), 2, "{answers:?}");
    assert_eq!(
        storage.requests.load(&ids.into_iter().map(|id| (bench.scope(), id)).collect::<Vec<_>>()).await?.len(),
        1
    );
    Ok(())
}

pub async fn keys_of_others_never_collide(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let workflow = published(&bench).await?;
    let now = bench.ports.clock.now();
    let (admin, other) = (bench.acme.admin.principal.user, bench.acme.user("other", &[]).await?.principal.user);
    for user in [admin, other] {
        let unit = bench.pending(workflow, user, now).await?;
        let unit = CommitUnit { idempotency: Some(bench.key(user, "same")), ..unit };
        let answers = storage.requests.commit(vec![unit]).await?;
        assert!(matches!(answers[..], [Ok(())]), "{answers:?}");
    }
    let globex = bench.foreign().await?.organization.id;
    assert_eq!(storage.administration.idempotency_record(globex, admin, "same").await?, None);
    let acme = bench.acme.organization.id;
    assert_eq!(storage.administration.idempotency_record(acme, admin, "Same").await?, None);
    let record = storage.administration.idempotency_record(acme, admin, "same").await?;
    let record = record.ok_or_else(|| anyhow::anyhow!("the key is not there"))?;
    let expected = bench.key(admin, "same");
    assert_eq!(record.operation, expected.operation);
    assert_eq!((record.input_hash, record.result), (expected.input_hash, expected.result));
    Ok(())
}

pub async fn administration_and_requests_share_keys(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let workflow = published(&bench).await?;
    let user = bench.acme.admin.principal.user;
    let record = Change::RecordSignIn { user, at: bench.ports.clock.now() + TimeDelta::days(1) };
    let commit = AdministrationCommit::of_system(bench.acme.organization.id, vec![record], Vec::new());
    let commit = commit.with_idempotency(Some(bench.key(user, "same")));
    storage.administration.commit(commit.clone()).await?;
    let again = storage.administration.commit(commit).await;
    assert!(matches!(again, Err(CommitError::IdempotencyKeyTaken)), "{again:?}");
    let unit = bench.pending(workflow, user, bench.ports.clock.now()).await?;
    let unit = CommitUnit { idempotency: Some(bench.key(user, "same")), ..unit };
    let answers = storage.requests.commit(vec![unit]).await?;
    assert!(matches!(answers[..], [Err(CommitConflict::IdempotencyKeyTaken)]), "{answers:?}");
    Ok(())
}

pub async fn a_repeated_call_gets_the_first_answer(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let workflow = published(&bench).await?;
    let admin = &bench.acme.admin;
    let new = NewRequest {
        workflow,
        title: None,
        reference: None,
        priority: Priority::Normal,
        variables: <_>::default(),
        starts_at: None,
        due_at: None,
    };
    let replay = |input: i32| Some(Replay::new("key".to_owned(), &json!(input)));
    let first = bench.application.requests.start(admin, new.clone(), replay(1)).await?.id;
    assert_eq!(bench.application.requests.start(admin, new.clone(), replay(1)).await?.id, first);
    let refusal = refused(bench.application.requests.start(admin, new.clone(), replay(2)).await)?;
    assert_eq!(refusal, Refused::IdempotencyKeyReused);
    let count = bench.application.request_reads.count(admin, &<_>::default()).await?;
    assert_eq!(count, 1);
    // Kept for a day or so, then free again.
    bench.clock.advance(TimeDelta::days(7));
    let before = bench.ports.clock.now();
    assert_eq!(storage.maintenance.expire_idempotency_keys(before, 10).await?, 1);
    assert_ne!(bench.application.requests.start(admin, new, replay(2)).await?.id, first);
    Ok(())
}
