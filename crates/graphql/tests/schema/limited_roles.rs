use serde_json::json;

use crate::support::World;

const GRANT: &str = "mutation ($input: GrantRoleInput!) { grantRole(input: $input) {
    user { roles { name } roleGrants { isLimited role { name } workflow { name } grantedBy { name } grantedAt } }
    role { name } errors { __typename code message path ... on NotPermittedError { permission missingPermissions
        rolesThatGrant } } } }";
const REVOKE: &str = "mutation ($input: RevokeRoleInput!) { revokeRole(input: $input) {
    user { roleGrants { role { name } } } errors { __typename code message path } } }";
const EXPLANATION: &str = "{ allowed permission denial { reason message } options { role { name } holders }
    grants { grantsPermission makesCandidate holder { name } delegation { reason }
        grant { isLimited role { name } workflow { name } grantedBy { name } } }
    grantedBy rolesThatGrant rolesHeld }";

#[tokio::test]
async fn a_role_is_held_for_one_workflow_and_explained() {
    let world = World::new().await;
    let (ada, workflow, role) = (world.ada.principal.user, world.workflow.to_string(), world.approver.to_string());
    let step = {
        let request = world.api.fixture.tenant.start(world.admin(), world.workflow, <_>::default()).await;
        world.review(request.expect("a request")).await
    };
    let explain = format!(
        "query ($user: ID!, $step: ID!, $workflow: ID!) {{
            step: explainAccess(userId: $user, permission: APPROVE_REQUEST, resource: {{ requestStepId: $step }})
                {EXPLANATION}
            workflow: explainAccess(userId: $user, permission: EDIT_WORKFLOW, resource: {{ workflowId: $workflow }})
                {{ allowed denial {{ reason }} options {{ role {{ name }} holders }} }}
            whoCan(permission: APPROVE_REQUEST, resource: {{ requestStepId: $step }}, first: 2) {{
                nodes {{ user {{ name }} grants {{ makesCandidate grant {{ isLimited role {{ name }} }} }} }}
                pageInfo {{ hasNextPage }} }}
        }}"
    );
    let about_ada = json!({ "user": ada.to_string(), "step": step, "workflow": workflow });
    let before = world.api.data(world.admin(), &explain, about_ada.clone()).await;
    let limited = json!({ "input": { "userId": ada.to_string(), "roleId": role, "workflowId": workflow } });
    let granted = world.api.data(world.admin(), GRANT, limited.clone()).await;
    let after = world.api.data(world.admin(), &explain, about_ada).await;
    let users = "query ($filter: UserFilter) { users(filter: $filter) { nodes { email } } }";
    let filter = json!({ "filter": { "roleId": role, "workflowId": workflow } });
    let found = world.api.data(world.admin(), users, filter).await;
    let revoked = world.api.data(world.admin(), REVOKE, limited).await;
    insta::assert_json_snapshot!([before, granted, after, found, revoked]);
}

#[tokio::test]
async fn what_is_not_held_is_not_granted_and_the_last_owner_stays() {
    let world = World::new().await;
    let access = &world.api.fixture.application.access;
    let roles = access.list_roles(world.admin(), &nexusflow_application::PageRequest::first(100)).await.expect("roles");
    let id = |name: &str| {
        let found = roles.edges.iter().find(|edge| edge.node.name == name);
        found.expect("a role").node.id.to_string()
    };
    let (owner, admin) = (id("Owner"), id("Admin"));
    let (ada, first) = (world.ada.principal.user.to_string(), world.admin().principal.user.to_string());
    let promoted = json!({ "input": { "userId": ada, "roleId": admin } });
    world.api.data(world.admin(), GRANT, promoted).await;
    let beyond = world.api.data(&world.ada, GRANT, json!({ "input": { "userId": ada, "roleId": owner } })).await;
    let last = world.api.data(world.admin(), REVOKE, json!({ "input": { "userId": first, "roleId": owner } })).await;
    let matrix = "{ roleMatrix { role { name builtIn } permissions holders limitedHolders } }";
    let matrix = world.api.data(world.admin(), matrix, json!({})).await;
    insta::assert_json_snapshot!([beyond, last, matrix]);
}
