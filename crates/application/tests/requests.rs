//! What people may do with requests and steps, and which inputs are refused.

use chrono::{DateTime, TimeDelta, Utc};
use nexusflow_application::access::RoleMapping;
use nexusflow_application::fakes::fixture::{Fixture, single_approval};
use nexusflow_application::request::NewRequest;
use nexusflow_application::{Call, Error, Refused};
use nexusflow_domain::access::BuiltInRole;
use nexusflow_domain::duration::{FIRST_INSTANT, LAST_INSTANT};
use nexusflow_domain::ids::{RoleId, WorkflowId};
use nexusflow_domain::workflow::Priority;

struct World {
    fixture: Fixture,
    workflow: WorkflowId,
    reviewer: RoleId,
    ann: Call,
}

/// A published approval by reviewers; Ann is one.
async fn world() -> anyhow::Result<World> {
    let fixture = Fixture::new().await?;
    let reviewer = fixture.tenant.role("reviewer").await?;
    let ann = fixture.tenant.user("ann", &[reviewer]).await?;
    let workflow = fixture.tenant.publish("leave", single_approval("reviewer")?).await?;
    Ok(World { fixture, workflow, reviewer, ann })
}

#[tokio::test]
async fn whoever_claimed_a_step_may_give_it_back_without_role_and_permission() -> anyhow::Result<()> {
    let World { fixture, workflow, reviewer, ann } = world().await?;
    let (tenant, application) = (&fixture.tenant, &fixture.application);
    let bob = tenant.user("bob", &[reviewer]).await?;
    let request = tenant.start(&tenant.admin, workflow, <_>::default()).await?;
    let step = tenant.open_step(request, "review").await?.id;
    application.requests.claim(&ann, request, step, None).await?;
    for role in [reviewer, tenant.built_in(BuiltInRole::User).await?] {
        application.access.revoke_role(&tenant.admin, RoleMapping::everywhere(ann.principal.user, role)).await?;
    }
    let dismissed = tenant.call(ann.principal.user).await?;
    assert!(dismissed.principal.rights.everywhere.roles.is_empty());
    assert!(tenant.complete(&dismissed, request, "review", "APPROVED").await.is_err());
    assert!(application.requests.release(&bob, request, step).await.is_err(), "it is not his");
    application.requests.release(&dismissed, request, step).await?;
    assert_eq!(tenant.open_step(request, "review").await?.claimed_by, None);
    let again = application.requests.release(&dismissed, request, step).await;
    let refused = again.as_ref().err().and_then(Error::refused);
    assert!(matches!(refused, Some(Refused::NotPermitted(_))), "{again:?}");
    tenant.complete(&bob, request, "review", "APPROVED").await?;
    Ok(())
}

#[tokio::test]
async fn start_and_due_dates_lie_in_the_years_1970_to_9999() -> anyhow::Result<()> {
    let World { fixture, workflow, ann, .. } = world().await?;
    let start = async |starts_at: Option<DateTime<Utc>>, due_at: Option<DateTime<Utc>>| {
        let new = NewRequest {
            workflow,
            title: None,
            reference: None,
            priority: Priority::Normal,
            variables: <_>::default(),
            starts_at,
            due_at,
        };
        match fixture.application.requests.start(&ann, new, None).await {
            Ok(_) => Ok(Vec::new()),
            Err(error) => match error.refused() {
                Some(Refused::InvalidInput(problems)) => Ok(problems.iter().map(|p| p.path.clone()).collect()),
                _ => Err(error),
            },
        }
    };
    let microsecond = TimeDelta::microseconds(1);
    let (early, late) = (Some(FIRST_INSTANT - microsecond), Some(LAST_INSTANT + microsecond));
    assert_eq!(start(early, late).await?, ["startsAt", "dueAt"]);
    assert_eq!(start(late, early).await?, ["startsAt", "dueAt"]);
    assert_eq!(start(None, Some(DateTime::<Utc>::MAX_UTC)).await?, ["dueAt"]);
    assert!(start(Some(FIRST_INSTANT), Some(LAST_INSTANT)).await?.is_empty());
    assert!(start(Some(LAST_INSTANT), Some(FIRST_INSTANT)).await?.is_empty());
    Ok(())
}
