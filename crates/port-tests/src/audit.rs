//! `AuditReader`: journals, records, streams; and verification on top of them.

use chrono::TimeDelta;
use nexusflow_application::insight::{AuditFilter, StreamHead, StreamId};
use nexusflow_application::{Cursor, CursorValue, Error, PageRequest, Refused};
use nexusflow_domain::ids::{AuditEntryId, RequestId};
use nexusflow_domain::insight::{AuditRecord, Origin, StreamKind};
use nexusflow_domain::request::DeadlineClock;
use nexusflow_domain::workflow::Outcome;
use serde_json::Value;

use crate::StorePorts;
use crate::bench::{Bench, scope_of};
use crate::documents::{sequence, task};
use crate::paging::check_pages;

/// Some requests, at different times, worked by different people.
async fn busy(bench: &Bench) -> anyhow::Result<Vec<RequestId>> {
    let workflow = bench.acme.publish("leave", sequence(&[task("work", "User", &Value::Null)])?).await?;
    let ada = bench.acme.user("ada", &[]).await?;
    let mut requests = Vec::new();
    for n in 0..3 {
        bench.pass(60);
        requests.push(bench.start(&bench.acme.admin, workflow).await?);
        bench.pass(60);
        if n != 1 {
            bench.acme.complete(&ada, requests[n], "work", Outcome::completed().as_str()).await?;
        }
    }
    Ok(requests)
}

pub async fn a_journal_is_read_by_number(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let requests = busy(&bench).await?;
    let scope = bench.scope();
    for &request in &requests {
        let journal = check_pages(async |page| storage.audit.journal(&scope, request, &page).await).await?;
        assert_eq!(journal, bench.journal(request).await?);
        assert_eq!(journal.iter().map(|r| r.seq).collect::<Vec<_>>(), (1..=journal.len() as u64).collect::<Vec<_>>());
        assert!(journal.iter().all(|r| r.kind == StreamKind::Request && r.stream == request.uuid()));
        assert_eq!(journal[0].event, "REQUEST_CREATED");
        assert_eq!(journal[0].actor, Some(bench.acme.admin.principal.user));
        assert_eq!(journal[0].origin, Origin { correlation_id: Some("test".to_owned()), ..Origin::default() });
        // A reader that knows a number alone can go on from there.
        let after = Some(Cursor { value: CursorValue::Number(2), id: uuid::Uuid::nil() });
        let rest = storage.audit.journal(&scope, request, &PageRequest { after, ..PageRequest::first(100) }).await?;
        assert_eq!(rest.into_nodes(), journal[2..]);
    }
    let foreign = scope_of(&bench.foreign().await?);
    let request = requests[0];
    assert!(check_pages(async |page| storage.audit.journal(&foreign, request, &page).await).await?.is_empty());
    assert!(storage.audit.stream(&foreign, StreamId::Request(request), 0, 100).await?.is_empty());
    Ok(())
}

pub async fn records_are_listed_newest_first_and_filtered(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let requests = busy(&bench).await?;
    let eve = bench.acme.user("eve", &[]).await?;
    let denied = bench.application.requests.suspend(&eve, requests[1], None, DeadlineClock::Stopped).await;
    assert!(matches!(denied.as_ref().map_err(Error::refused), Err(Some(Refused::NotPermitted(_)))), "{denied:?}");
    bench.foreign().await?;
    let scope = bench.scope();
    let found =
        async |filter: AuditFilter| check_pages(async |page| storage.audit.records(&scope, &filter, &page).await).await;
    let all = found(AuditFilter::default()).await?;
    let mut expected = storage.audit.stream(&scope, StreamId::Organization, 0, 1_000).await?;
    for &request in &requests {
        expected.extend(bench.journal(request).await?);
    }
    expected.sort_by_key(|record| std::cmp::Reverse((record.at, record.id)));
    assert_eq!(all, expected);
    assert!(
        all.iter().any(|r| r.kind == StreamKind::Organization) && all.iter().any(|r| r.kind == StreamKind::Request)
    );
    let about = found(AuditFilter { request: Some(requests[1]), ..<_>::default() }).await?;
    assert_eq!(about[0].event, "ACCESS_DENIED", "denials about a request are found with its journal");
    let admin = bench.acme.admin.principal.user;
    let times: Vec<_> = all.iter().map(|record| record.at).collect();
    let (from, until) = (times[times.len() / 2], times[0]);
    let filters = [
        AuditFilter { actor: Some(admin), ..<_>::default() },
        AuditFilter { actor: Some(bench.ports.ids.next()), ..<_>::default() },
        AuditFilter { request: Some(requests[0]), ..<_>::default() },
        AuditFilter { request: Some(requests[1]), ..<_>::default() },
        AuditFilter { request: Some(requests[1]), actor: Some(eve.principal.user), ..<_>::default() },
        AuditFilter { request: Some(requests[1]), event: Some("ACCESS_DENIED".to_owned()), ..<_>::default() },
        AuditFilter { from: Some(from), ..<_>::default() },
        AuditFilter { until: Some(from), ..<_>::default() },
        AuditFilter { from: Some(from), until: Some(until), ..<_>::default() },
        AuditFilter { from: Some(until + TimeDelta::microseconds(1)), ..<_>::default() },
        AuditFilter { event: Some("STEP_COMPLETED".to_owned()), ..<_>::default() },
        AuditFilter { event: Some("ROLE_CREATED".to_owned()), ..<_>::default() },
        AuditFilter {
            actor: Some(admin),
            request: Some(requests[0]),
            event: Some("REQUEST_CREATED".to_owned()),
            ..<_>::default()
        },
    ];
    for filter in filters {
        let fits = |record: &&AuditRecord| {
            filter.actor.is_none_or(|actor| record.actor == Some(actor))
                && filter.request.is_none_or(|request| is_about(record, request))
                && filter.from.is_none_or(|from| record.at >= from)
                && filter.until.is_none_or(|until| record.at < until)
                && filter.event.as_ref().is_none_or(|event| record.event == *event)
        };
        let expected: Vec<_> = expected.iter().filter(fits).cloned().collect();
        assert_eq!(found(filter.clone()).await?, expected, "{filter:?}");
    }
    Ok(())
}

fn is_about(record: &AuditRecord, request: RequestId) -> bool {
    let subject = Some(("request".to_owned(), request.uuid()));
    record.stream == request.uuid() || (record.kind == StreamKind::Organization && record.subject == subject)
}

pub async fn streams_are_walked_in_order(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let requests = busy(&bench).await?;
    let globex = bench.foreign().await?;
    let scope = bench.scope();
    let heads = storage.audit.streams(&scope, None, 100).await?;
    let last = storage.audit.stream(&scope, StreamId::Organization, 0, 1_000).await?;
    let last = last.last().ok_or_else(|| anyhow::anyhow!("no records"))?;
    let mut expected = vec![StreamHead { id: StreamId::Organization, seq: last.seq, hash: last.hash }];
    for &request in &requests {
        let loaded = bench.load(request).await?;
        expected.push(StreamHead { id: StreamId::Request(request), seq: loaded.state.version, hash: loaded.head });
        assert_eq!(storage.audit.organization_of(request).await?, Some(bench.acme.organization.id));
    }
    assert_eq!(heads, expected);
    for (n, head) in heads.iter().enumerate() {
        assert_eq!(storage.audit.streams(&scope, Some(head.id), 100).await?, heads[n + 1..]);
        assert_eq!(storage.audit.streams(&scope, Some(head.id), 1).await?, heads[n + 1..].get(..1).unwrap_or_default());
    }
    assert_eq!(storage.audit.streams(&scope, None, 1).await?, heads[..1]);
    let theirs = storage.audit.streams(&scope_of(&globex), None, 100).await?;
    assert_eq!(theirs.iter().map(|head| head.id).collect::<Vec<_>>(), [StreamId::Organization]);
    let stream = StreamId::Request(requests[0]);
    let whole = storage.audit.stream(&scope, stream, 0, 100).await?;
    assert_eq!(storage.audit.stream(&scope, stream, 1, 2).await?, whole[1..3]);
    assert!(storage.audit.stream(&scope, stream, whole.len() as u64, 2).await?.is_empty());
    assert_eq!(storage.audit.organization_of(bench.ports.ids.next()).await?, None);
    Ok(())
}

pub async fn verification_finds_nothing_on_good_data(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let requests = busy(&bench).await?;
    let globex = bench.foreign().await?;
    globex.role("clerk").await?;
    // A denial and a failed sign-in are on record too.
    let ada = bench.acme.user("eve", &[]).await?;
    assert!(bench.application.access.list_roles(&ada, &PageRequest::first(1)).await.is_err());
    let origin = Origin::default();
    let wrong = bench.application.identity.sign_in("eve@acme.example", "wrong".to_owned(), None, &origin).await;
    assert!(wrong.is_err());
    let all = bench.application.audit.verify_all().await?;
    assert!(all.is_intact(), "{:#?}", all.findings);
    assert_eq!(all.streams, 2 + requests.len() as u64);
    let ours = bench.application.audit.verify(&bench.acme.admin, None).await?;
    assert!(ours.is_intact());
    assert_eq!(ours.streams, 1 + requests.len() as u64);
    let one = bench.application.audit.verify(&bench.acme.admin, Some(requests[0])).await?;
    assert!(one.is_intact());
    assert_eq!((one.streams, one.records), (1, bench.journal(requests[0]).await?.len() as u64));
    let mut exported: Vec<(StreamKind, uuid::Uuid, u64, AuditEntryId)> = Vec::new();
    bench
        .application
        .audit
        .export(None, &mut |record| {
            exported.push((record.kind, record.stream, record.seq, record.id));
            true
        })
        .await?;
    assert_eq!(exported.len() as u64, all.records);
    for pair in exported.windows(2) {
        let same = pair[0].1 == pair[1].1;
        assert_eq!(pair[1].2, if same { pair[0].2 + 1 } else { 1 }, "stream by stream, in order");
    }
    Ok(())
}
