//! What the fakes offer tests beyond the ports: a filled application, moved time, tampering, outages.

use std::slice;

use chrono::TimeDelta;
use nexusflow_application::fakes::fixture::{Fixture, PASSWORD, building_permit, single_approval};
use nexusflow_application::identity::AuthenticationError;
use nexusflow_application::insight::{Finding, FindingKind, StreamId};
use nexusflow_application::platform::TokenError;
use nexusflow_application::{Error, StoreError};
use nexusflow_domain::ids::RequestId;
use nexusflow_domain::insight::{AuditRecord, ChainBreak, Origin};
use nexusflow_domain::request::RequestStatus;
use serde_json::json;

async fn finished_request(fixture: &Fixture) -> anyhow::Result<RequestId> {
    let role = fixture.tenant.role("reviewer").await?;
    let reviewer = fixture.tenant.user("reviewer", &[role]).await?;
    let workflow = fixture.tenant.publish("leave", single_approval("reviewer")?).await?;
    let request = fixture.tenant.start(&fixture.tenant.admin, workflow, <_>::default()).await?;
    fixture.tenant.complete(&reviewer, request, "review", "APPROVED").await?;
    Ok(request)
}

#[tokio::test]
async fn a_building_permit_runs_from_application_to_decision() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    let tenant = &fixture.tenant;
    let mut people = Vec::new();
    for name in ["Clerk", "Planner", "Inspector", "Chief"] {
        let role = tenant.role(name).await?;
        people.push(tenant.user(&name.to_lowercase(), &[role]).await?);
    }
    let citizen = tenant.user("citizen", &[]).await?;
    let workflow = tenant.publish("permit", building_permit()?).await?;
    for (area, walk) in [
        (12, vec![(4, "application", "COMPLETED"), (0, "check", "COMPLETE"), (3, "decide", "REJECTED")]),
        (
            120,
            vec![
                (4, "application", "COMPLETED"),
                (0, "check", "COMPLETE"),
                (1, "zoning", "APPROVED"),
                (2, "safety", "APPROVED"),
                (3, "decide", "APPROVED"),
            ],
        ),
    ] {
        let variables = json!({ "area": area }).as_object().cloned().unwrap_or_default();
        let request = tenant.start(&citizen, workflow, variables).await?;
        for (person, step, outcome) in walk {
            let person = people.get(person).unwrap_or(&citizen);
            tenant.complete(person, request, step, outcome).await?;
        }
        let read = fixture.application.request_reads.requests(&citizen, &[request]).await?;
        assert_eq!(read[0].status, RequestStatus::Completed);
    }
    Ok(())
}

#[tokio::test]
async fn tokens_expire_on_the_tests_clock() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    let identity = &fixture.application.identity;
    let sign_in = async || identity.sign_in("admin@acme.example", PASSWORD.to_owned(), None, &Origin::default()).await;
    let token = sign_in().await?.token;
    let call = identity.authenticate(token.reveal(), Origin::default()).await?;
    assert_eq!(call.principal, fixture.tenant.admin.principal);
    let refused = async |token: &str| match identity.authenticate(token, Origin::default()).await {
        Err(AuthenticationError::Token(error)) => error,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused("no token of ours").await, TokenError::Invalid);
    fixture.clock.advance(TimeDelta::hours(1));
    assert_eq!(refused(token.reveal()).await, TokenError::Expired);
    let token = sign_in().await?.token;
    fixture.tokens.expire_all();
    assert_eq!(refused(token.reveal()).await, TokenError::Expired);
    fixture.tokens.set_lifetime(TimeDelta::seconds(-1));
    assert_eq!(refused(sign_in().await?.token.reveal()).await, TokenError::Expired);
    Ok(())
}

#[tokio::test]
async fn an_outage_is_told_and_ends() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    fixture.store.set_available(false);
    let answer = fixture.tenant.role("clerk").await;
    assert!(matches!(answer, Err(Error::Store(StoreError::Unavailable(_)))), "{answer:?}");
    assert!(fixture.application.maintenance.ready().await.is_err());
    fixture.store.set_available(true);
    fixture.tenant.role("clerk").await?;
    Ok(())
}

#[tokio::test]
async fn verification_names_what_was_tampered_with() -> anyhow::Result<()> {
    let expected_of = |change: usize| match change {
        0 => FindingKind::Chain(ChainBreak::Changed),
        1 => FindingKind::Chain(ChainBreak::Missing { expected: 2, found: 3 }),
        2 => FindingKind::Chain(ChainBreak::Unlinked),
        _ => FindingKind::Chain(ChainBreak::Head { expected: 6, found: 5 }),
    };
    for change in 0..4 {
        let fixture = Fixture::new().await?;
        let request = finished_request(&fixture).await?;
        let mut length = 0;
        fixture.store.tamper_with_journal(request, |records| {
            length = records.len();
            match change {
                0 => records[1].event = "SOMETHING_ELSE".to_owned(),
                1 => drop(records.remove(1)),
                // Replaced by one that fits itself, but the record after it does not follow.
                2 => {
                    records[1].actor = None;
                    records[1].hash = nexusflow_domain::insight::hash_record(&records[1]);
                }
                _ => drop(records.pop()),
            }
        });
        let found = fixture.application.audit.verify(&fixture.tenant.admin, None).await?;
        let first = found.findings.first().map(|finding| (finding.stream, finding.problem.clone()));
        let mut expected = expected_of(change);
        if let FindingKind::Chain(ChainBreak::Head { expected, found }) = &mut expected {
            (*expected, *found) = (length as u64, length as u64 - 1);
        }
        assert_eq!(first, Some((StreamId::Request(request), expected)), "{change}: {:#?}", found.findings);
    }
    Ok(())
}

#[tokio::test]
async fn verification_and_export_miss_no_removed_request() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    let request = finished_request(&fixture).await?;
    fixture.store.tamper_by_removing_request(request);
    let (audit, admin) = (&fixture.application.audit, &fixture.tenant.admin);
    let (whole, one) = (audit.verify(admin, None).await?, audit.verify(admin, Some(request)).await?);
    let expected = Finding {
        organization: fixture.tenant.organization.id,
        stream: StreamId::Request(request),
        seq: one.records,
        event: None,
        problem: FindingKind::RequestRemoved,
    };
    assert_eq!(whole.findings, slice::from_ref(&expected));
    assert_eq!((one.streams, one.findings), (1, vec![expected]));
    let mut exported = 0;
    let mut sink = |record: &AuditRecord| {
        exported += u64::from(record.stream == request.uuid());
        true
    };
    audit.export(Some(request), &mut sink).await?;
    assert_eq!(exported, one.records);
    let unknown = audit.verify(admin, Some(RequestId::from_uuid(uuid::Uuid::from_u128(1)))).await?;
    assert_eq!(unknown.streams, 0, "there is nothing to call intact");
    Ok(())
}
