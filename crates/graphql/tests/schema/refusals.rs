use nexusflow_application::Call;
use serde_json::{Value, json};

use crate::support::World;

const ERRORS: &str = "errors { __typename code message path
    ... on NotPermittedError { permission rolesThatGrant }
    ... on NotFoundError { kind id }
    ... on StaleVersionError { current }
    ... on InvalidInputError { problems { code path message } }
    ... on InvalidGraphError { problems { code path message } }
    ... on AlreadyExistsError { field value }
    ... on WrongStateError { state }
    ... on UnknownOutcomeError { step outcome expected }
    ... on VariableTypeError { field operator expectedType: expected found }
    ... on VariablesTooLargeError { bytes limit } }";

/// Runs one mutation; its refusals.
async fn refused(world: &World, call: &Call, mutation: &str, input: Value) -> Value {
    let kind = format!("{}{}", mutation[..1].to_uppercase(), &mutation[1..]);
    let query = format!("mutation ($input: {kind}Input!) {{ {mutation}(input: $input) {{ {ERRORS} }} }}");
    world.api.data(call, &query, json!({ "input": input })).await[mutation]["errors"].take()
}

#[tokio::test]
async fn of_steps() {
    let world = World::new().await;
    let request = world.start().await;
    let step = world.review(request).await;
    let gone = world.start().await;
    let decided = world.review(gone).await;
    world.api.fixture.tenant.complete(&world.ben, gone, "review", "APPROVED").await.expect("a decision");
    let foreign = format!("rst_{:064x}", 1);
    let large = json!({ "text": "x".repeat(2_000_000) });
    let complete = |step: &str, outcome: &str, variables: Value| json!({ "stepId": step, "outcome": outcome, "variables": variables });
    let mut answers = Vec::new();
    for (call, mutation, input) in [
        (&world.ada, "claimStep", json!({ "stepId": step })),
        (world.admin(), "completeStep", complete(&step, "APPROVED", json!({}))),
        (&world.ben, "claimStep", json!({ "stepId": "rst_1" })),
        (&world.ben, "claimStep", json!({ "stepId": foreign })),
        (&world.ben, "releaseStep", json!({ "stepId": step })),
        (&world.ben, "completeStep", complete(&decided, "APPROVED", json!({}))),
        (&world.ben, "completeStep", complete(&step, "MAYBE", json!({}))),
        (&world.ben, "completeStep", complete(&step, "no outcome", json!({}))),
        (&world.ben, "completeStep", complete(&step, "APPROVED", json!([1]))),
        (&world.ben, "completeStep", complete(&step, "APPROVED", large)),
    ] {
        answers.push((mutation, refused(&world, call, mutation, input).await));
    }
    insta::assert_json_snapshot!(answers);
}

#[tokio::test]
async fn of_requests() {
    let world = World::new().await;
    let request = world.start().await.to_string();
    let workflow = world.workflow.to_string();
    let unknown = format!("req_{:032x}", 1);
    let mut answers = Vec::new();
    for (call, mutation, input) in [
        (world.admin(), "resumeRequest", json!({ "requestId": request })),
        (&world.ada, "suspendRequest", json!({ "requestId": request })),
        (&world.ben, "cancelRequest", json!({ "requestId": unknown })),
        (&world.ada, "startRequest", json!({ "workflowId": workflow, "title": "" })),
        (&world.ada, "startRequest", json!({ "workflowId": "wf_", "idempotencyKey": "" })),
        (&world.ada, "startRequest", json!({ "workflowId": workflow, "idempotencyKey": "" })),
        (&world.ada, "startRequest", json!({ "workflowId": workflow, "variables": "text" })),
    ] {
        answers.push((mutation, refused(&world, call, mutation, input).await));
    }
    insta::assert_json_snapshot!(answers);
}

#[tokio::test]
async fn of_workflows() {
    let world = World::new().await;
    world.start().await;
    let workflow = world.workflow.to_string();
    let bad = json!({ "steps": [{ "key": "start", "name": "Start", "kind": "START" }], "transitions": [] });
    let misspelt =
        json!({ "steps": [{ "key": "start", "name": "Start", "kind": "START", "rôle": 1 }], "transitions": [] });
    let mut answers = Vec::new();
    for (mutation, input) in [
        ("createWorkflow", json!({ "name": "Approval" })),
        ("createWorkflow", json!({ "name": "", "description": "x".repeat(5_000) })),
        ("createWorkflow", json!({ "name": "X", "document": misspelt })),
        ("editWorkflow", json!({ "workflowId": workflow, "expectedVersion": 1, "name": "Y" })),
        ("publishWorkflow", json!({ "workflowId": workflow })),
        ("resumeWorkflow", json!({ "workflowId": workflow })),
        ("deleteWorkflow", json!({ "workflowId": workflow })),
        ("activateVersion", json!({ "versionId": format!("wfv_{:032x}", 1) })),
        ("editWorkflow", json!({ "workflowId": workflow, "document": bad })),
        ("publishWorkflow", json!({ "workflowId": workflow })),
    ] {
        answers.push((mutation, refused(&world, world.admin(), mutation, input).await));
    }
    insta::assert_json_snapshot!(answers);
}

#[tokio::test]
async fn of_roles_and_people() {
    let world = World::new().await;
    let role = world.approver.to_string();
    let user = world.ben.principal.user.to_string();
    let admin = world.admin().principal.user.to_string();
    let mut answers = Vec::new();
    for (call, mutation, input) in [
        (&world.ada, "createRole", json!({ "name": "X" })),
        (world.admin(), "createRole", json!({ "name": "Approver" })),
        (world.admin(), "deleteRole", json!({ "roleId": role })),
        (world.admin(), "grantRole", json!({ "userId": user, "roleId": format!("rol_{:032x}", 1) })),
        (world.admin(), "grantRole", json!({ "userId": role, "roleId": role })),
        (world.admin(), "deactivateUser", json!({ "userId": admin })),
        (world.admin(), "createUser", json!({ "email": "ben", "name": "", "password": "short" })),
        (
            world.admin(),
            "createUser",
            json!({ "email": "ben@acme.example", "name": "B", "password": "correct horse battery" }),
        ),
    ] {
        answers.push((mutation, refused(&world, call, mutation, input).await));
    }
    insta::assert_json_snapshot!(answers);
}

#[tokio::test]
async fn a_key_stands_for_one_input_and_not_for_its_password() {
    let world = World::new().await;
    let input = |name: &str, password: &str| json!({ "email": "cy@acme.example", "name": name, "password": password, "idempotencyKey": "k" });
    for (name, password, code) in [
        ("Cy", "correct horse battery", None),
        ("Cy", "another horse battery", None),
        ("Di", "correct horse battery", Some("IDEMPOTENCY_KEY_REUSED")),
    ] {
        let errors = refused(&world, world.admin(), "createUser", input(name, password)).await;
        assert_eq!(errors[0]["code"].as_str(), code, "{errors}");
    }
}

#[tokio::test]
async fn a_variable_of_a_type_that_a_condition_cannot_compare() {
    let world = World::new().await;
    let document = serde_json::from_value(json!({
        "steps": [{ "key": "start", "name": "Start", "kind": "START" },
            { "key": "review", "name": "Review", "kind": "TASK", "candidate": { "role": "Approver" } },
            { "key": "choice", "name": "Choice", "kind": "DECISION" },
            { "key": "end", "name": "End", "kind": "END" }, { "key": "stop", "name": "Stop", "kind": "END" }],
        "transitions": [{ "from": "start", "to": "review" }, { "from": "review", "to": "choice" },
            { "from": "choice", "to": "end", "condition": { "field": "amount", "operator": "greater", "value": 5 } },
            { "from": "choice", "to": "stop", "isDefault": true }],
    }));
    let tenant = &world.api.fixture.tenant;
    let workflow = tenant.publish("Choice", document.expect("a document")).await.expect("a workflow");
    let request = tenant.start(&world.ada, workflow, nexusflow_domain::JsonMap::new()).await.expect("a request");
    let step = world.review(request).await;
    let input = json!({ "stepId": step, "outcome": "COMPLETED", "variables": { "amount": "much" } });
    insta::assert_json_snapshot!(refused(&world, &world.ben, "completeStep", input).await);
}

#[tokio::test]
async fn of_values_outside_their_range_by_field() {
    let world = World::new().await;
    let workflow = world.workflow.to_string();
    for (mutation, input, expected) in [
        ("startRequest", json!({ "workflowId": workflow, "dueAt": "9999-12-31T23:59:59-14:00" }), "dueAt"),
        ("startRequest", json!({ "workflowId": workflow, "startsAt": "1969-12-31T23:59:59Z" }), "startsAt"),
        ("editWorkflow", json!({ "workflowId": workflow, "expectedVersion": -1 }), "expectedVersion"),
        ("publishWorkflow", json!({ "workflowId": workflow, "expectedVersion": -1 }), "expectedVersion"),
    ] {
        let errors = refused(&world, world.admin(), mutation, input).await;
        assert_eq!(errors[0]["problems"][0]["path"], expected, "{errors}");
    }
}
