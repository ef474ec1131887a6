//! Roles limited to one workflow, what may be passed on, and explanations, as clients of a running server meet them.

mod live_support;

use anyhow::Context;
use live_support::{ADMIN, Api, Office, PASSWORD, Running};
use serde_json::{Value, json};

const CREATE_ROLE: &str = "mutation($input: CreateRoleInput!) {
  createRole(input: $input) { role { id } errors { code message } } }";
const CREATE_USER: &str = "mutation($input: CreateUserInput!) {
  createUser(input: $input) { user { id } errors { code message } } }";
const GRANT_ROLE: &str = "mutation($input: GrantRoleInput!) {
  grantRole(input: $input) { user { roles { name } roleGrants { isLimited role { name } workflow { name }
    grantedBy { name } } } errors { code message ... on NotPermittedError { missingPermissions } } } }";
const REVOKE_ROLE: &str = "mutation($input: RevokeRoleInput!) {
  revokeRole(input: $input) { user { id } errors { code ... on NotPermittedError { missingPermissions } } } }";
const INBOX: &str = "{ inbox { nodes { id request { workflow { name } } } } }";
const REQUESTS: &str = "{ requests { nodes { id } } }";
const COMPLETE: &str = "mutation($input: CompleteStepInput!) {
  completeStep(input: $input) { request { status } errors { code message } } }";
const ROLES: &str = "{ roles { nodes { id name } } }";
const EXPLAIN: &str = "query($user: ID!, $step: ID!) {
  explainAccess(userId: $user, permission: COMPLETE_TASK, resource: { requestStepId: $step }) {
    allowed denial { reason } options { role { name } holders }
    grants { makesCandidate holder { name } grant { role { name } workflow { name } } } } }";
const WHO_CAN: &str = "query($workflow: ID!) {
  whoCan(permission: VIEW_REQUEST, resource: { workflowId: $workflow }) { nodes { user { name }
    grants { grant { isLimited role { name } } } } } }";
const MATRIX: &str = "{ roleMatrix { role { name } holders limitedHolders permissions } }";

struct House {
    admin: Api,
    admin_id: Value,
    people: Vec<(Api, Value)>,
}

impl House {
    async fn found(server: &Running) -> anyhow::Result<Self> {
        let admin = Api::sign_in(&server.address, ADMIN, PASSWORD).await?;
        let admin_id = admin.call("{ me { user { id } } }", Value::Null).await?.data("me")?["user"]["id"].clone();
        let mut people = Vec::new();
        for name in ["Bea", "Cyd"] {
            let email = format!("{name}@example.org");
            let user = json!({ "email": email, "name": name, "password": PASSWORD });
            let id = admin.mutate("createUser", CREATE_USER, user).await?["user"]["id"].clone();
            people.push((Api::sign_in(&server.address, &email, PASSWORD).await?, id));
        }
        Ok(Self { admin, admin_id, people })
    }

    async fn role(&self, name: &str, permissions: Value) -> anyhow::Result<Value> {
        let input = json!({ "name": name, "permissions": permissions });
        Ok(self.admin.mutate("createRole", CREATE_ROLE, input).await?["role"]["id"].clone())
    }

    async fn built_in(&self, name: &str) -> anyhow::Result<Value> {
        let roles = self.admin.call(ROLES, Value::Null).await?.data("roles")?;
        let found = roles["nodes"].as_array().into_iter().flatten().find(|role| role["name"] == name);
        Ok(found.context("a role")?["id"].clone())
    }
}

fn one_task(role: &str) -> Value {
    json!({
        "steps": [
            { "key": "start", "name": "Start", "kind": "START" },
            { "key": "work", "name": "Work", "kind": "TASK", "candidate": { "role": role } },
            { "key": "end", "name": "End", "kind": "END" },
        ],
        "transitions": [{ "from": "start", "to": "work" }, { "from": "work", "to": "end" }],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clerk_of_one_workflow_works_there_and_it_is_explained() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let url = format!("sqlite://{}/test.db?mode=rwc", folder.path().display());
    let office = Office::found(folder.path(), &url)?;
    let server = Running::start(office.program(&office.database_url))?;
    let house = House::found(&server).await?;
    let (admin, [(bea, bea_id), (_, cyd_id)]) = (&house.admin, &house.people[..]) else { anyhow::bail!("two people") };
    let clerk = house.role("Clerk", json!(["VIEW_REQUEST"])).await?;
    let everywhere = json!({ "userId": cyd_id, "roleId": clerk });
    admin.mutate("grantRole", GRANT_ROLE, everywhere).await?;
    let leave = Office::publish_document(admin, "Leave", one_task("Clerk")).await?;
    let travel = Office::publish_document(admin, "Travel", one_task("Clerk")).await?;
    let limited = json!({ "userId": bea_id, "roleId": clerk, "workflowId": leave });
    let granted = admin.mutate("grantRole", GRANT_ROLE, limited).await?["user"].clone();
    assert_eq!(granted["roles"], json!([{ "name": "User" }]));
    let grant =
        granted["roleGrants"].as_array().and_then(|grants| grants.iter().find(|grant| grant["isLimited"] == true));
    let expected = json!({ "isLimited": true, "role": { "name": "Clerk" }, "workflow": { "name": "Leave" },
        "grantedBy": { "name": "Ada" } });
    assert_eq!(grant, Some(&expected));
    let (on_leave, leave_step) = Office::start(admin, &leave).await?;
    let (_, travel_step) = Office::start(admin, &travel).await?;
    let inbox = bea.call(INBOX, Value::Null).await?.data("inbox")?;
    let waiting = json!({ "nodes": [{ "id": leave_step, "request": { "workflow": { "name": "Leave" } } }] });
    assert_eq!(inbox, waiting);
    assert_eq!(bea.call(REQUESTS, Value::Null).await?.data("requests")?, json!({ "nodes": [{ "id": on_leave }] }));

    let explain =
        async |step: &str| bea.call(EXPLAIN, json!({ "user": bea_id, "step": step })).await?.data("explainAccess");
    let here = explain(&leave_step).await?;
    assert_eq!((&here["allowed"], &here["denial"]), (&json!(true), &Value::Null));
    let candidate =
        here["grants"].as_array().and_then(|grants| grants.iter().find(|grant| grant["makesCandidate"] == true));
    let grant = json!({ "role": { "name": "Clerk" }, "workflow": { "name": "Leave" } });
    assert_eq!(candidate.map(|found| &found["grant"]), Some(&grant));
    let hidden = bea.call(EXPLAIN, json!({ "user": bea_id, "step": travel_step })).await?;
    assert_eq!(hidden.code(), Some("NOT_FOUND"), "what one does not see is not there: {hidden:?}");
    let there = admin.call(EXPLAIN, json!({ "user": bea_id, "step": travel_step })).await?.data("explainAccess")?;
    assert_eq!((&there["allowed"], &there["denial"]["reason"]), (&json!(false), &json!("NOT_A_CANDIDATE")));
    assert_eq!(there["options"], json!([{ "role": { "name": "Clerk" }, "holders": 1 }]));

    let complete = |step: &str| json!({ "input": { "stepId": step, "outcome": "COMPLETED" } });
    let refused = bea.call(COMPLETE, complete(&travel_step)).await?;
    assert!(matches!(refused.refusal("completeStep"), Some("NOT_PERMITTED" | "NOT_FOUND")), "{refused:?}");
    bea.call(COMPLETE, complete(&leave_step)).await?.data("completeStep")?;

    let able = admin.call(WHO_CAN, json!({ "workflow": leave })).await?.data("whoCan")?;
    let names: Vec<&Value> = able["nodes"].as_array().into_iter().flatten().map(|node| &node["user"]["name"]).collect();
    assert_eq!(names, ["Ada", "Bea", "Cyd"]);
    let matrix = admin.call(MATRIX, Value::Null).await?.data("roleMatrix")?;
    let row = matrix.as_array().into_iter().flatten().find(|row| row["role"]["name"] == "Clerk");
    let expected =
        json!({ "role": { "name": "Clerk" }, "holders": 1, "limitedHolders": 1, "permissions": ["VIEW_REQUEST"] });
    assert_eq!(row, Some(&expected));
    assert_eq!(server.terminate()?, Some(0));
    assert_eq!(office.verify()?.1, Some(0));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_touches_no_owner_and_the_last_owner_stays() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let url = format!("sqlite://{}/test.db?mode=rwc", folder.path().display());
    let office = Office::found(folder.path(), &url)?;
    let server = Running::start(office.program(&office.database_url))?;
    let house = House::found(&server).await?;
    let (owner, admin) = (house.built_in("Owner").await?, house.built_in("Admin").await?);
    let [(bea, bea_id), (_, cyd_id)] = &house.people[..] else { anyhow::bail!("two people") };
    house.admin.mutate("grantRole", GRANT_ROLE, json!({ "userId": bea_id, "roleId": admin })).await?;
    let of_owners = json!(["DELETE_ORGANIZATION", "MANAGE_BILLING"]);
    for (field, query, user) in [("grantRole", GRANT_ROLE, bea_id), ("revokeRole", REVOKE_ROLE, &house.admin_id)] {
        let answer = bea.call(query, json!({ "input": { "userId": user, "roleId": owner } })).await?;
        assert_eq!(answer.refusal(field), Some("NOT_PERMITTED"), "{answer:?}");
        assert_eq!(answer.0["data"][field]["errors"][0]["missingPermissions"], of_owners);
    }
    bea.mutate("grantRole", GRANT_ROLE, json!({ "userId": cyd_id, "roleId": admin })).await?;
    let resign = json!({ "input": { "userId": house.admin_id, "roleId": owner } });
    let answer = house.admin.call(REVOKE_ROLE, resign.clone()).await?;
    assert_eq!(answer.refusal("revokeRole"), Some("LAST_OWNER"), "{answer:?}");
    house.admin.mutate("grantRole", GRANT_ROLE, json!({ "userId": cyd_id, "roleId": owner })).await?;
    house.admin.call(REVOKE_ROLE, resign).await?.data("revokeRole")?;
    assert_eq!(server.terminate()?, Some(0));
    assert_eq!(office.verify()?.1, Some(0));
    Ok(())
}
