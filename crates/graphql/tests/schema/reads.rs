use serde_json::json;

use crate::support::World;

#[tokio::test]
async fn who_am_i() {
    let world = World::new().await;
    let query = "{ me { user { email name } organization { slug } roles { name builtIn } permissions } }";
    insta::assert_json_snapshot!(world.api.data(&world.ben, query, json!({})).await);
}

#[tokio::test]
async fn a_request_with_its_graph_steps_and_journal() {
    let world = World::new().await;
    let request = world.start().await;
    let query = "query ($id: ID!) { request(id: $id) {
        id title reference status priority dueAt variables version createdAt startedAt completedAt updatedAt
        workflow { name description status version activeVersion { number } createdBy { email } }
        workflowVersion {
            number status publishedAt publishedBy { email }
            steps { id key name kind join split outcomes candidateKind candidateName requiredRole { name }
                notRequester dueIn end required order config }
            transitions { ordinal outcome priority isDefault condition from { key } to { key } }
        }
        requester { email }
        steps { status isHuman attempt step { key } completedAt }
        openSteps { id status step { key name } requiredRole { name } assignee { email } claimedBy { email }
            outcome completedBy { email } comment startedAt deadline request { id } }
        escalations { rung }
        journal(last: 2) {
            edges { cursor node { stream sequence at event actor { email } subject { kind id } detail before after
                request { id } origin { correlationId } } }
            pageInfo { hasPreviousPage hasNextPage startCursor endCursor }
        }
    } }";
    insta::assert_json_snapshot!(world.api.data(&world.ada, query, json!({ "id": request.to_string() })).await);
}

#[tokio::test]
async fn a_missed_deadline_shows_as_escalation_and_notification() {
    let world = World::new().await;
    let request = world.start().await;
    world.api.fixture.clock.advance(chrono::TimeDelta::days(3));
    let application = &world.api.fixture.application;
    assert_eq!(application.timers.fire_due(10).await.expect("timers fire"), 1);
    let query = "query ($id: ID!) {
        request(id: $id) { escalations { id rung action detail missedDeadline escalatedAt step { step { key } } } }
        notifications { nodes { kind user { email } role { name } detail createdAt step { step { key } } } }
    }";
    insta::assert_json_snapshot!(world.api.data(&world.ben, query, json!({ "id": request.to_string() })).await);
}

#[tokio::test]
async fn the_inbox_shows_what_one_may_act_on() {
    let world = World::new().await;
    world.start().await;
    let query = "{ inbox(filter: { kind: APPROVAL, claimed: false }) {
        nodes { deadline step { key outcomes } request { title requester { email } } } } }";
    insta::assert_json_snapshot!(world.api.data(&world.ben, query, json!({})).await);
    let nothing = json!({ "inbox": { "nodes": [] } });
    assert_eq!(world.api.data(&world.ada, query, json!({})).await, nothing);
}

#[tokio::test]
async fn people_roles_and_explanations() {
    let world = World::new().await;
    let query = "query ($ada: ID!) {
        users(filter: { search: \"B\" }) { nodes { email roles { name } deactivatedAt } }
        roles { nodes { name description builtIn permissions holders(first: 2) { nodes { email } } } }
        explainAccess(userId: $ada, permission: MANAGE_REQUEST) {
            allowed permission grantedBy rolesThatGrant rolesHeld
        }
        permissions { code description }
        organization { name slug createdAt }
    }";
    let variables = json!({ "ada": world.ada.principal.user.to_string() });
    insta::assert_json_snapshot!(world.api.data(world.admin(), query, variables).await);
}

#[tokio::test]
async fn the_audit_log_is_listed_and_verified() {
    let world = World::new().await;
    let request = world.start().await.to_string();
    let query = "query ($request: ID!) {
        auditLogs(filter: { event: \"STEP_ACTIVATED\", requestId: $request }) {
            nodes { stream sequence event actor { email } origin { ip correlationId } } }
        all: verifyAudit { intact streams findings { problem } }
        one: verifyAudit(requestId: $request) { intact streams records findings { problem } }
    }";
    insta::assert_json_snapshot!(world.api.data(world.admin(), query, json!({ "request": request })).await);
}

#[tokio::test]
async fn a_document_is_checked_without_being_stored() {
    let world = World::new().await;
    let query = "query ($document: JSON!) { validateWorkflow(document: $document) { problems { code path message } } }";
    let unsound = json!({
        "steps": [{ "key": "start", "name": "Start", "kind": "START" },
            { "key": "work", "name": "Work", "kind": "TASK", "candidate": { "role": "Nobody" } }],
        "transitions": [{ "from": "start", "to": "work" }],
    });
    let malformed = json!({ "steps": [{ "key": "start", "name": "Start", "kind": "STARTS" }], "transitions": [] });
    let mut answers = Vec::new();
    for document in [unsound, malformed, json!(7)] {
        answers.push(world.api.data(&world.ada, query, json!({ "document": document })).await);
    }
    insta::assert_json_snapshot!(answers);
}
