//! When a change acts, and what happens while the source does not answer. Time is tokio's, paused.

mod support;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use nexusflow_application::StoreError;
use nexusflow_application::access::PolicyEngine;
use nexusflow_authorization::CasbinPolicy;
use nexusflow_domain::access::Permission;
use support::{MemorySource, built_in, engine_on, held, organization, role, user};

const ASKED: Permission = Permission::ManageRole;

fn source() -> Arc<MemorySource> {
    Arc::new(MemorySource::new(organization(1), built_in()))
}

fn promote_user_4(source: &MemorySource) {
    source.change(organization(1), |snapshot| {
        snapshot.members.insert(user(4), held([role(1)]));
    });
}

async fn allowed(engine: &CasbinPolicy) -> Result<bool, StoreError> {
    engine.allows(organization(1), user(4), ASKED, None).await
}

async fn pass(milliseconds: u64) {
    tokio::time::advance(Duration::from_millis(milliseconds)).await;
}

#[tokio::test(start_paused = true)]
async fn an_announced_change_acts_at_once() -> anyhow::Result<()> {
    let source = source();
    let engine = engine_on(source.clone());
    assert!(!allowed(&engine).await?);
    promote_user_4(&source);
    engine.changed(organization(1)).await;
    assert!(allowed(&engine).await?);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_change_by_another_process_acts_within_the_interval() -> anyhow::Result<()> {
    let source = source();
    let (here, there) = (engine_on(source.clone()), engine_on(source.clone()));
    assert!(!allowed(&here).await? && !allowed(&there).await?);
    promote_user_4(&source);
    there.changed(organization(1)).await;
    assert!(allowed(&there).await?);
    pass(900).await;
    assert!(!allowed(&here).await?, "not asked yet");
    pass(100).await;
    assert!(allowed(&here).await?);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_check_reloads_nothing_and_asks_for_the_version_once_per_interval() -> anyhow::Result<()> {
    let source = source();
    let engine = engine_on(source.clone());
    for _ in 0..50 {
        for _ in 0..20 {
            allowed(&engine).await?;
        }
        pass(100).await;
    }
    assert_eq!(source.loads.load(Ordering::SeqCst), 1);
    assert_eq!(
        source.version_checks.load(Ordering::SeqCst),
        4,
        "in five seconds, the first of which began with a load"
    );
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn concurrent_questions_share_one_load() -> anyhow::Result<()> {
    let mut slow = MemorySource::new(organization(1), built_in());
    slow.latency = Duration::from_millis(50);
    let source = Arc::new(slow);
    let engine = Arc::new(engine_on(source.clone()));
    let ask = |_| {
        let engine = engine.clone();
        tokio::spawn(async move { allowed(&engine).await })
    };
    for asked in (0..40).map(ask).collect::<Vec<_>>() {
        assert!(!asked.await??);
    }
    assert_eq!(source.loads.load(Ordering::SeqCst), 1);
    promote_user_4(&source);
    engine.changed(organization(1)).await;
    for asked in (0..40).map(ask).collect::<Vec<_>>() {
        assert!(asked.await??);
    }
    assert_eq!(source.loads.load(Ordering::SeqCst), 2);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn without_its_source_it_serves_what_was_confirmed_for_thirty_seconds_and_then_fails_closed() -> anyhow::Result<()>
{
    let source = source();
    let engine = engine_on(source.clone());
    assert!(!allowed(&engine).await?);
    source.down.store(true, Ordering::SeqCst);
    for _ in 0..29 {
        pass(1_000).await;
        assert!(!allowed(&engine).await?);
    }
    pass(1_000).await;
    assert!(matches!(allowed(&engine).await, Err(StoreError::Unavailable(_))));
    promote_user_4(&source);
    source.down.store(false, Ordering::SeqCst);
    pass(500).await;
    assert!(allowed(&engine).await?, "it recovers by itself");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_policy_known_to_be_outdated_is_never_served() -> anyhow::Result<()> {
    let source = source();
    let engine = engine_on(source.clone());
    assert!(!allowed(&engine).await?);
    engine.changed(organization(1)).await;
    source.down.store(true, Ordering::SeqCst);
    assert!(allowed(&engine).await.is_err());
    assert!(allowed(&engine).await.is_err());
    assert_eq!(source.loads.load(Ordering::SeqCst), 2, "a source that just failed is left alone");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_fresh_snapshot_has_what_was_committed_elsewhere_and_is_then_what_everybody_sees() -> anyhow::Result<()> {
    let source = source();
    let engine = engine_on(source.clone());
    assert!(!allowed(&engine).await?);
    let fresh = async || engine.fresh_snapshot(organization(1)).await.map(|snapshot| snapshot.version);
    assert_eq!(fresh().await?, 1);
    assert_eq!(source.loads.load(Ordering::SeqCst), 1, "the version is the same");
    promote_user_4(&source);
    assert!(!allowed(&engine).await?, "not asked yet");
    assert_eq!(fresh().await?, 2);
    assert!(allowed(&engine).await?);
    source.down.store(true, Ordering::SeqCst);
    assert!(fresh().await.is_err(), "what is remembered is not fresh");
    assert!(allowed(&engine).await?);
    Ok(())
}
