//! What publishing refuses besides broken documents: steps that nobody could ever act on.

use nexusflow_application::access::RoleMapping;
use nexusflow_application::fakes::fixture::Fixture;
use nexusflow_application::workflow::NewWorkflow;
use nexusflow_application::{Error, Refused};
use nexusflow_domain::problem::ProblemCode;
use nexusflow_domain::workflow::WorkflowDocument;
use serde_json::json;

/// A clerk checks, another clerk approves.
fn four_eyes() -> anyhow::Result<WorkflowDocument> {
    Ok(serde_json::from_value(json!({
        "steps": [
            { "key": "start", "name": "Start", "kind": "START" },
            { "key": "check", "name": "Check", "kind": "TASK", "candidate": { "role": "Clerk" } },
            {
                "key": "approve", "name": "Approve", "kind": "APPROVAL", "candidate": { "role": "Clerk" },
                "separation": { "notDeciderOf": ["check"] },
            },
            { "key": "end", "name": "End", "kind": "END" },
        ],
        "transitions": [
            { "from": "start", "to": "check" },
            { "from": "check", "to": "approve" },
            { "from": "approve", "to": "end" },
        ],
    }))?)
}

#[tokio::test]
async fn four_eyes_need_two_holders_of_the_role() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    let (tenant, workflows) = (&fixture.tenant, &fixture.application.workflows);
    let clerk = tenant.role("Clerk").await?;
    let first = tenant.user("first", &[clerk]).await?;
    let new = NewWorkflow { name: "Check".to_owned(), description: String::new(), document: Some(four_eyes()?) };
    let workflow = workflows.create(&tenant.admin, new, None).await?;
    let refused = workflows.publish(&tenant.admin, workflow, None, true, None).await;
    let Err(Error::Refused(refused)) = refused else { anyhow::bail!("one clerk is not enough: {refused:?}") };
    let Refused::InvalidGraph(problems) = *refused else { anyhow::bail!("{refused}") };
    let found: Vec<_> = problems.iter().map(|problem| (problem.code, problem.path.as_str())).collect();
    assert_eq!(found, [(ProblemCode::NobodyResponsible, "steps[approve].separation.notDeciderOf")]);
    assert_eq!(workflows.validate(&tenant.admin, &four_eyes()?, None).await?.problems, problems);

    let second = tenant.user("second", &[clerk]).await?;
    assert!(workflows.validate(&tenant.admin, &four_eyes()?, None).await?.problems.is_empty());
    workflows.publish(&tenant.admin, workflow, None, true, None).await?;
    let request = tenant.start(&tenant.admin, workflow, <_>::default()).await?;
    // Whoever leaves later changes nothing for what is published: it runs, and waits for a new clerk.
    fixture.application.identity.set_user_deactivated(&tenant.admin, second.principal.user, true).await?;
    let restarted = nexusflow_application::Application::new(&fixture.ports);
    let step = tenant.open_step(request, "check").await?;
    restarted.requests.claim(&first, request, step.id, None).await?;
    tenant.complete(&first, request, "check", "COMPLETED").await?;
    assert!(tenant.complete(&first, request, "approve", "APPROVED").await.is_err());
    Ok(())
}

#[tokio::test]
async fn who_holds_the_role_for_that_workflow_only_counts_there() -> anyhow::Result<()> {
    let fixture = Fixture::new().await?;
    let (tenant, workflows) = (&fixture.tenant, &fixture.application.workflows);
    let clerk = tenant.role("Clerk").await?;
    tenant.user("first", &[clerk]).await?;
    let second = tenant.user("second", &[]).await?.principal.user;
    let create = async |name: &str| {
        let new = NewWorkflow { name: name.to_owned(), description: String::new(), document: Some(four_eyes()?) };
        anyhow::Ok(workflows.create(&tenant.admin, new, None).await?)
    };
    let (here, there) = (create("here").await?, create("there").await?);
    let mapping = RoleMapping { user: second, role: clerk, workflow: Some(here) };
    fixture.application.access.grant_role(&tenant.admin, mapping).await?;
    for (workflow, is_staffed) in [(Some(here), true), (Some(there), false), (None, false)] {
        let found = workflows.validate(&tenant.admin, &four_eyes()?, workflow).await?;
        assert_eq!(found.problems.is_empty(), is_staffed, "{workflow:?}");
    }
    assert!(workflows.publish(&tenant.admin, there, None, true, None).await.is_err());
    workflows.publish(&tenant.admin, here, None, true, None).await?;
    Ok(())
}
