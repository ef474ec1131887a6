use serde_json::{Value, json};

use crate::support::World;

#[tokio::test]
async fn a_workflow_is_made_published_and_used() {
    let world = World::new().await;
    let document = json!({
        "steps": [{ "key": "start", "name": "Start", "kind": "START" },
            { "key": "work", "name": "Work", "kind": "TASK", "candidate": { "role": "Approver" } },
            { "key": "end", "name": "End", "kind": "END" }],
        "transitions": [{ "from": "start", "to": "work" }, { "from": "work", "to": "end" }],
    });
    let create = "mutation ($input: CreateWorkflowInput!) { createWorkflow(input: $input) {
        workflow { id name status version draft { number document } } errors { code } } }";
    let input = json!({ "name": "Work", "document": document, "idempotencyKey": "one" });
    let created = world.api.data(world.admin(), create, json!({ "input": input })).await;
    assert_eq!(world.api.data(world.admin(), create, json!({ "input": input })).await, created, "the key replays");
    let workflow = created["createWorkflow"]["workflow"]["id"].clone();
    let publish = "mutation ($input: PublishWorkflowInput!) { publishWorkflow(input: $input) {
        workflow { status version activeVersion { number } draft { number } } version { number status } errors { code } } }";
    let input = json!({ "workflowId": workflow, "expectedVersion": 1 });
    let published = world.api.data(world.admin(), publish, json!({ "input": input })).await;
    let start = "mutation ($input: StartRequestInput!) { startRequest(input: $input) {
        request { title reference priority status variables openSteps { step { key } } } errors { code } } }";
    let input = json!({ "workflowId": workflow, "title": "A thing", "reference": "A-1", "priority": "HIGH",
        "variables": { "amount": 1.5, "tags": ["a", null] }, "dueAt": "2027-02-01T12:00:00+02:00" });
    let started = world.api.data(&world.ada, start, json!({ "input": input })).await;
    insta::assert_json_snapshot!([created, published, started]);
}

#[tokio::test]
async fn a_step_is_claimed_released_and_decided() {
    let world = World::new().await;
    let request = world.start().await;
    let step = world.review(request).await;
    let fields = "{ step { status claimedBy { email } outcome comment completedBy { email } }
        request { status version openSteps { id } } errors { code message } }";
    let mut answers = Vec::new();
    for (mutation, kind) in [("claimStep", "ClaimStep"), ("releaseStep", "ReleaseStep")] {
        let query = format!("mutation ($input: {kind}Input!) {{ {mutation}(input: $input) {fields} }}");
        answers.push(world.api.data(&world.ben, &query, json!({ "input": { "stepId": step } })).await);
    }
    let complete = format!("mutation ($input: CompleteStepInput!) {{ completeStep(input: $input) {fields} }}");
    let input = json!({ "stepId": step, "outcome": "APPROVED", "comment": "fine", "variables": { "ok": true },
        "idempotencyKey": "k" });
    let decided = world.api.data(&world.ben, &complete, json!({ "input": input })).await;
    assert_eq!(world.api.data(&world.ben, &complete, json!({ "input": input })).await, decided, "the key replays");
    answers.push(decided);
    insta::assert_json_snapshot!(answers);
}

#[tokio::test]
async fn a_request_is_suspended_resumed_and_cancelled_in_one_operation() {
    let world = World::new().await;
    let request = world.start().await.to_string();
    let query = "mutation ($id: ID!) {
        suspendRequest(input: { requestId: $id, reason: \"holiday\", deadlines: STOPPED }) { request { status version } errors { code } }
        resumeRequest(input: { requestId: $id }) { request { status version } errors { code } }
        cancelRequest(input: { requestId: $id }) { request { status version completedAt } errors { code } }
    }";
    insta::assert_json_snapshot!(world.api.data(world.admin(), query, json!({ "id": request })).await);
}

#[tokio::test]
async fn people_and_roles_are_managed() {
    let world = World::new().await;
    let created = world
        .api
        .data(
            world.admin(),
            "mutation ($approver: ID!) {
                createUser(input: { email: \"Cy@acme.example\", name: \"Cy\", password: \"correct horse battery\",
                    roleIds: [$approver] }) { user { id email name roles { name } } errors { code } }
                createRole(input: { name: \"Auditor\", permissions: [VIEW_AUDIT] }) {
                    role { id name permissions } errors { code } }
            }",
            json!({ "approver": world.approver.to_string() }),
        )
        .await;
    let [user, role] = [&created["createUser"]["user"]["id"], &created["createRole"]["role"]["id"]];
    let changed = world
        .api
        .data(
            world.admin(),
            "mutation ($user: ID!, $role: ID!) {
                updateRole(input: { roleId: $role, description: \"reads\" }) { role { description } errors { code } }
                grantPermission(input: { roleId: $role, permission: VIEW_USER }) { role { permissions } errors { code } }
                revokePermission(input: { roleId: $role, permission: VIEW_AUDIT }) { role { permissions } errors { code } }
                grantRole(input: { userId: $user, roleId: $role }) { user { roles { name } } role { name } errors { code } }
                revokeRole(input: { userId: $user, roleId: $role }) { user { roles { name } } errors { code } }
                deleteRole(input: { roleId: $role }) { deletedId errors { code } }
                deactivateUser(input: { userId: $user }) { user { deactivatedAt } errors { code } }
                reactivateUser(input: { userId: $user }) { user { deactivatedAt } errors { code } }
            }",
            json!({ "user": user, "role": role }),
        )
        .await;
    insta::assert_json_snapshot!([created, changed]);
}

#[tokio::test]
async fn a_password_signs_in() {
    let world = World::new().await;
    let query = "mutation ($password: String!) { signIn(input: { email: \"ada@acme.example\", password: $password }) {
        token expiresAt refreshToken refreshExpiresAt csrfToken session { id client address createdAt lastSeenAt endsAt
        expiresAt revoked } user { email } organization { slug } errors { __typename code message path } } }";
    let mut answers: Vec<Value> = Vec::new();
    for password in ["correct horse battery", "wrong"] {
        answers.push(world.api.run(None, query, json!({ "password": password })).await);
    }
    insta::assert_json_snapshot!(answers);
}
