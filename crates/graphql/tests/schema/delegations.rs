use serde_json::{Value, json};

use crate::support::World;

const DELEGATE: &str = "mutation ($input: DelegateInput!) { delegate(input: $input) {
    delegation { id delegator { name } delegate { name } workflow { name } startsAt endsAt reason createdBy { name }
        createdAt revokedAt revokedBy { name } }
    errors { __typename code message path ... on NotPermittedError { permission } } } }";
const STEP: &str = "{ step { status outcome votes claimedBy { name } claimedOnBehalfOf { name }
    completedBy { name } completedOnBehalfOf { name } } errors { code message path } }";

async fn delegate(world: &World, input: Value) -> Value {
    world.api.data(&world.ben, DELEGATE, json!({ "input": input })).await["delegate"].take()
}

#[tokio::test]
async fn a_step_is_worked_on_behalf_of_somebody_and_shows_it() {
    let world = World::new().await;
    let tenant = &world.api.fixture.tenant;
    let cy = tenant.user("cy", &[]).await.expect("a user").principal.user;
    let (workflow, request) = (world.workflow.to_string(), world.start().await);
    let input = json!({ "delegateId": cy.to_string(), "workflowId": workflow, "reason": "On holiday",
        "endsAt": "2027-07-01T00:00:00Z", "idempotencyKey": "one" });
    let given = delegate(&world, input.clone()).await;
    assert_eq!(delegate(&world, input).await, given, "the key replays");
    let cy = tenant.call(cy).await.expect("a call");
    let inbox = "{ inbox { edges { node { status } onBehalfOf { name } } nodes { status } pageInfo { hasNextPage } } }";
    let seen = world.api.data(&cy, inbox, json!({})).await;
    let step = world.review(request).await;
    let claim = format!("mutation ($input: ClaimStepInput!) {{ claimStep(input: $input) {STEP} }}");
    let complete = format!("mutation ($input: CompleteStepInput!) {{ completeStep(input: $input) {STEP} }}");
    let claimed = world.api.data(&cy, &claim, json!({ "input": { "stepId": step } })).await;
    let input = json!({ "stepId": step, "outcome": "APPROVED", "onBehalfOf": world.ben.principal.user.to_string() });
    let completed = world.api.data(&cy, &complete, json!({ "input": input })).await;
    let journal = "query ($id: ID!) { request(id: $id) { journal(first: 50) { nodes {
        event by actor { name } onBehalfOf { name } } } } }";
    let journal = world.api.data(world.admin(), journal, json!({ "id": request.to_string() })).await;
    let revoke = "mutation ($id: ID!) { revokeDelegation(input: { delegationId: $id }) {
        delegation { revokedAt revokedBy { name } } errors { code } } }";
    let revoked = world.api.data(&cy, revoke, json!({ "id": given["delegation"]["id"] })).await;
    let list = "query ($filter: DelegationFilter) { delegations(filter: $filter) { nodes { reason } }
        node(id: \"$id\") { id } }";
    let list = list.replace("$id", given["delegation"]["id"].as_str().expect("an id"));
    let mut lists = Vec::new();
    for (call, filter) in [(&world.ben, json!({})), (&world.ada, json!({})), (world.admin(), json!({}))] {
        lists.push(world.api.data(call, &list, json!({ "filter": filter })).await);
    }
    insta::assert_json_snapshot!([given, seen, claimed, completed, journal, revoked, json!(lists)]);
}

#[tokio::test]
async fn what_makes_no_sense_or_is_not_allowed_is_refused() {
    let world = World::new().await;
    let step = world.review(world.start().await).await;
    let (ada, ben) = (world.ada.principal.user.to_string(), world.ben.principal.user.to_string());
    let good = |more: Value| {
        let mut input = json!({ "delegateId": ada, "reason": "On holiday", "endsAt": "2027-07-01T00:00:00Z" });
        input.as_object_mut().expect("an object").extend(more.as_object().cloned().expect("an object"));
        input
    };
    let mut answers = Vec::new();
    for input in [
        good(json!({ "delegateId": ben })),
        good(json!({ "endsAt": "2001-01-01T00:00:00Z", "reason": "" })),
        good(json!({ "startsAt": "2030-01-01T00:00:00Z", "endsAt": "2031-06-01T00:00:00Z" })),
        good(json!({ "delegatorId": ada, "delegateId": ben })),
        good(json!({ "delegateId": "usr_00000000000000000000000000000001" })),
        good(json!({ "workflowId": "nonsense" })),
    ] {
        answers.push(delegate(&world, input).await);
    }
    let claim = format!("mutation ($input: ClaimStepInput!) {{ claimStep(input: $input) {STEP} }}");
    let input = json!({ "stepId": step, "onBehalfOf": ada });
    answers.push(world.api.data(&world.ben, &claim, json!({ "input": input })).await);
    insta::assert_json_snapshot!(answers);
}
