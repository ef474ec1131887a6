//! `Maintenance`.

use chrono::TimeDelta;
use nexusflow_application::administration::AdministrationCommit;

use crate::StorePorts;
use crate::bench::Bench;

pub async fn a_current_storage_is_ready(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    storage.maintenance.ready().await?;
    let now = bench.ports.clock.now();
    for at in [now, now, now + TimeDelta::days(40)] {
        storage.maintenance.ensure_partitions(at).await?;
    }
    for _ in 0..2 {
        storage.maintenance.refresh_statistics().await?;
    }
    storage.maintenance.ready().await?;
    Ok(())
}

pub async fn old_idempotency_keys_are_removed(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let (organization, user) = (bench.acme.organization.id, bench.acme.admin.principal.user);
    let begin = bench.ports.clock.now();
    for key in ["a", "b", "c", "d"] {
        let commit = AdministrationCommit::of_entries(organization, Vec::new());
        storage.administration.commit(commit.with_idempotency(Some(bench.key(user, key)))).await?;
        bench.pass(10);
    }
    let stored = async || {
        let mut keys = Vec::new();
        for key in ["a", "b", "c", "d"] {
            let record = storage.administration.idempotency_record(organization, user, key).await?;
            keys.extend(record.is_some().then_some(key));
        }
        anyhow::Ok(keys.concat())
    };
    assert_eq!(stored().await?, "abcd");
    assert_eq!(storage.maintenance.expire_idempotency_keys(begin, 10).await?, 0);
    assert_eq!(storage.maintenance.expire_idempotency_keys(begin + TimeDelta::seconds(10), 10).await?, 1);
    assert_eq!(stored().await?, "bcd", "stored before the instant, not at it");
    let all = begin + TimeDelta::days(1);
    assert_eq!(storage.maintenance.expire_idempotency_keys(all, 2).await?, 2);
    assert_eq!(stored().await?.len(), 1);
    assert_eq!(storage.maintenance.expire_idempotency_keys(all, 2).await?, 1);
    assert_eq!(storage.maintenance.expire_idempotency_keys(all, 2).await?, 0);
    Ok(())
}
