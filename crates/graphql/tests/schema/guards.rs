use nexusflow_application::Call;
use nexusflow_application::access::RoleMapping;
use nexusflow_domain::access::BuiltInRole;
use nexusflow_graphql::access::{GUARDS, Guard};
use serde_json::{Value, json};

use crate::support::World;

/// Operations of every field of the roots, with ids to be filled in.
const OPERATIONS: &[(&str, &str)] = &[
    ("Query.me", "{ me { permissions } }"),
    ("Query.organization", "{ organization { id } }"),
    ("Query.node", "{ node(id: \"$request\") { id } }"),
    ("Query.nodes", "{ nodes(ids: [\"$request\"]) { id } }"),
    ("Query.permissions", "{ permissions { code } }"),
    ("Query.roles", "{ roles { nodes { id } } }"),
    ("Query.roleMatrix", "{ roleMatrix { holders } }"),
    ("Query.whoCan", "{ whoCan(permission: VIEW_USER) { nodes { user { id } } } }"),
    ("Query.delegations", "{ delegations { nodes { id } } }"),
    ("Query.users", "{ users { nodes { id } } }"),
    ("Query.explainAccess", "{ explainAccess(userId: \"$own\", permission: VIEW_USER) { allowed } }"),
    ("Query.workflows", "{ workflows { nodes { id } } }"),
    ("Query.workflow", "{ workflow(id: \"$workflow\") { id } }"),
    ("Query.validateWorkflow", "{ validateWorkflow(document: { steps: [], transitions: [] }) { problems { code } } }"),
    ("Query.requests", "{ requests { nodes { id } } }"),
    ("Query.request", "{ request(id: \"$request\") { id } }"),
    ("Query.explainBranch", "{ explainBranch(stepId: \"$step\") { stepKey } }"),
    ("Query.whyWaiting", "{ whyWaiting(requestId: \"$request\") { kind } }"),
    ("Query.stuckRequests", "{ stuckRequests { nodes { request { id } } } }"),
    ("Query.failedSteps", "{ failedSteps { nodes { id } } }"),
    ("Query.jobPauses", "{ jobPauses { nodes { id } } }"),
    ("Query.messages", "{ messages { nodes { id } } }"),
    ("Query.inbox", "{ inbox { nodes { id } } }"),
    ("Query.notifications", "{ notifications { nodes { id } } }"),
    ("Query.auditLogs", "{ auditLogs { nodes { id } } }"),
    ("Query.verifyAudit", "{ verifyAudit { intact } }"),
    ("Mutation.signIn", "{ signIn(input: { email: \"\", password: \"\" }) { $errors } }"),
    ("Mutation.refreshSession", "{ refreshSession(input: { refreshToken: \"\" }) { $errors } }"),
    ("Mutation.switchOrganization", "{ switchOrganization(input: { organization: \"globex\" }) { $errors } }"),
    ("Mutation.signOut", "{ signOut { $errors } }"),
    ("Mutation.signOutEverywhere", "{ signOutEverywhere { $errors } }"),
    ("Mutation.revokeSession", "{ revokeSession(input: { sessionId: \"$session\" }) { $errors } }"),
    ("Mutation.revokeUserSessions", "{ revokeUserSessions(input: { userId: \"$other\" }) { $errors } }"),
    ("Mutation.createUser", "{ createUser(input: { email: \"\", name: \"\", password: \"\" }) { $errors } }"),
    ("Mutation.deactivateUser", "{ deactivateUser(input: { userId: \"$other\" }) { $errors } }"),
    ("Mutation.reactivateUser", "{ reactivateUser(input: { userId: \"$other\" }) { $errors } }"),
    ("Mutation.createRole", "{ createRole(input: { name: \"\" }) { $errors } }"),
    ("Mutation.updateRole", "{ updateRole(input: { roleId: \"$role\" }) { $errors } }"),
    ("Mutation.deleteRole", "{ deleteRole(input: { roleId: \"$role\" }) { $errors } }"),
    ("Mutation.grantRole", "{ grantRole(input: { userId: \"$own\", roleId: \"$role\" }) { $errors } }"),
    ("Mutation.revokeRole", "{ revokeRole(input: { userId: \"$other\", roleId: \"$role\" }) { $errors } }"),
    (
        "Mutation.grantPermission",
        "{ grantPermission(input: { roleId: \"$role\", permission: VIEW_USER }) { $errors } }",
    ),
    (
        "Mutation.revokePermission",
        "{ revokePermission(input: { roleId: \"$role\", permission: VIEW_USER }) { $errors } }",
    ),
    (
        "Mutation.delegate",
        "{ delegate(input: { delegateId: \"$other\", endsAt: \"2000-01-01T00:00:00Z\", reason: \"x\" }) { $errors } }",
    ),
    ("Mutation.revokeDelegation", "{ revokeDelegation(input: { delegationId: \"$delegation\" }) { $errors } }"),
    ("Mutation.createWorkflow", "{ createWorkflow(input: { name: \"\" }) { $errors } }"),
    ("Mutation.editWorkflow", "{ editWorkflow(input: { workflowId: \"$workflow\" }) { $errors } }"),
    ("Mutation.publishWorkflow", "{ publishWorkflow(input: { workflowId: \"$workflow\" }) { $errors } }"),
    ("Mutation.activateVersion", "{ activateVersion(input: { versionId: \"$version\" }) { $errors } }"),
    ("Mutation.pauseWorkflow", "{ pauseWorkflow(input: { workflowId: \"$workflow\" }) { $errors } }"),
    ("Mutation.resumeWorkflow", "{ resumeWorkflow(input: { workflowId: \"$workflow\" }) { $errors } }"),
    ("Mutation.archiveWorkflow", "{ archiveWorkflow(input: { workflowId: \"$workflow\" }) { $errors } }"),
    ("Mutation.deleteWorkflow", "{ deleteWorkflow(input: { workflowId: \"$workflow\" }) { $errors } }"),
    ("Mutation.publishMessage", "{ publishMessage(input: { name: \"\", key: \"\" }) { $errors } }"),
    ("Mutation.startRequest", "{ startRequest(input: { workflowId: \"$workflow\" }) { $errors } }"),
    ("Mutation.claimStep", "{ claimStep(input: { stepId: \"$step\" }) { $errors } }"),
    ("Mutation.releaseStep", "{ releaseStep(input: { stepId: \"$step\" }) { $errors } }"),
    ("Mutation.completeStep", "{ completeStep(input: { stepId: \"$step\", outcome: \"APPROVED\" }) { $errors } }"),
    ("Mutation.fetchJobs", "{ fetchJobs(input: { types: [\"x\"] }) { $errors } }"),
    ("Mutation.completeJob", "{ completeJob(input: { jobId: \"$step\", fence: \"1\" }) { $errors } }"),
    ("Mutation.failJob", "{ failJob(input: { jobId: \"$step\", fence: \"1\", message: \"x\" }) { $errors } }"),
    ("Mutation.extendLease", "{ extendLease(input: { jobId: \"$step\", fence: \"1\", lease: \"PT1M\" }) { $errors } }"),
    ("Mutation.suspendRequest", "{ suspendRequest(input: { requestId: \"$request\" }) { $errors } }"),
    ("Mutation.resumeRequest", "{ resumeRequest(input: { requestId: \"$request\" }) { $errors } }"),
    ("Mutation.cancelRequest", "{ cancelRequest(input: { requestId: \"$request\" }) { $errors } }"),
    ("Mutation.addInstance", "{ addInstance(input: { stepId: \"$step\", item: 1 }) { $errors } }"),
    ("Mutation.closeInstances", "{ closeInstances(input: { stepId: \"$step\", reason: \"x\" }) { $errors } }"),
    ("Mutation.skipStep", "{ skipStep(input: { stepId: \"$step\", reason: \"x\" }) { $errors } }"),
    ("Mutation.retryStep", "{ retryStep(input: { stepId: \"$step\" }) { $errors } }"),
    ("Mutation.retrySteps", "{ retrySteps(input: { stepIds: [\"$step\"] }) { $errors } }"),
    ("Mutation.retryFailedSteps", "{ retryFailedSteps(input: {}) { $errors } }"),
    ("Mutation.pauseJobs", "{ pauseJobs(input: { reason: \"x\" }) { $errors } }"),
    ("Mutation.resumeJobs", "{ resumeJobs(input: { id: \"$pause\" }) { $errors } }"),
    ("Mutation.cancelStep", "{ cancelStep(input: { stepId: \"$step\", reason: \"x\" }) { $errors } }"),
    (
        "Mutation.cancelScope",
        "{ cancelScope(input: { requestId: \"$request\", scope: \"s\", reason: \"x\" }) { $errors } }",
    ),
    (
        "Mutation.jumpRequest",
        "{ jumpRequest(input: { requestId: \"$request\", to: \"end\", reason: \"x\" }) { $errors } }",
    ),
    ("Query.invitations", "{ invitations { nodes { id } } }"),
    ("Query.plans", "{ plans { code } }"),
    ("Mutation.createOrganization", "{ createOrganization(input: { name: \"\", slug: \"\" }) { $errors } }"),
    ("Mutation.updateOrganization", "{ updateOrganization(input: {}) { $errors } }"),
    ("Mutation.setPlan", "{ setPlan(input: { plan: \"TEAM\" }) { $errors } }"),
    ("Mutation.deleteOrganization", "{ deleteOrganization(input: { name: \"\" }) { $errors } }"),
    (
        "Mutation.restoreOrganization",
        "{ restoreOrganization(input: { slug: \"\", email: \"\", password: \"\" }) { $errors } }",
    ),
    ("Mutation.inviteMember", "{ inviteMember(input: { email: \"\" }) { $errors } }"),
    ("Mutation.resendInvitation", "{ resendInvitation(input: { invitationId: \"$invitation\" }) { $errors } }"),
    ("Mutation.revokeInvitation", "{ revokeInvitation(input: { invitationId: \"$invitation\" }) { $errors } }"),
    ("Mutation.acceptInvitation", "{ acceptInvitation(input: { token: \"\" }) { $errors } }"),
    ("Mutation.removeMember", "{ removeMember(input: { userId: \"$other\" }) { $errors } }"),
    ("Mutation.requestPasswordReset", "{ requestPasswordReset(input: { email: \"\" }) { $errors } }"),
    ("Mutation.resetPassword", "{ resetPassword(input: { token: \"\", newPassword: \"\" }) { $errors } }"),
    ("Mutation.changePassword", "{ changePassword(input: { oldPassword: \"\", newPassword: \"\" }) { $errors } }"),
    ("Mutation.requestEmailVerification", "{ requestEmailVerification { $errors } }"),
    ("Mutation.verifyEmail", "{ verifyEmail(input: { token: \"\" }) { $errors } }"),
    ("Mutation.changeEmail", "{ changeEmail(input: { email: \"\", password: \"\" }) { $errors } }"),
    ("Mutation.leaveOrganization", "{ leaveOrganization { $errors } }"),
];

#[tokio::test]
async fn the_table_says_what_nobody_and_a_member_without_permissions_meet() {
    let world = World::new().await;
    let (bare, ids) = member_without_permissions(&world).await;
    let roots = GUARDS.iter().filter(|(field, _)| field.starts_with("Query.") || field.starts_with("Mutation."));
    assert_eq!(roots.count(), OPERATIONS.len(), "an operation for every field of the roots");
    for (field, text) in OPERATIONS {
        let (_, guard) = GUARDS.iter().find(|(name, _)| name == field).unwrap_or_else(|| panic!("no guard of {field}"));
        let mut operation = ids.iter().fold((*text).to_owned(), |text, (name, id)| text.replace(name, id));
        if field.starts_with("Mutation.") {
            operation.insert_str(0, "mutation ");
        }
        let nobody = world.api.run(None, &operation, json!({})).await;
        let code = (*guard != Guard::Anyone).then_some("UNAUTHENTICATED");
        assert_eq!(nobody["errors"][0]["extensions"]["code"].as_str(), code, "{field} as nobody: {nobody}");
        let member = world.api.run(Some(&bare), &operation, json!({})).await;
        check_member(field, *guard, &member);
    }
}

/// The denials are as the table says, and name the permission.
fn check_member(field: &str, guard: Guard, answer: &Value) {
    let name = field.split_once('.').map(|(_, name)| name).unwrap_or_default();
    let refused = &answer["data"][name]["errors"][0];
    let missing = [&answer["errors"][0]["extensions"]["permission"], &refused["permission"]];
    let missing = missing.into_iter().find_map(Value::as_str);
    match guard {
        Guard::Permission(permission) => assert_eq!(missing, Some(permission.code()), "{field}: {answer}"),
        Guard::Candidate => assert_eq!(refused["code"], "NOT_PERMITTED", "{field}: {answer}"),
        Guard::Anyone | Guard::SignedIn | Guard::OwnOr(_) | Guard::SameAsChild | Guard::SameAsParent => {
            assert_eq!(missing, None, "{field}: {answer}");
        }
    }
}

/// A member who started a request and then lost every role, and the ids of what there is.
async fn member_without_permissions(world: &World) -> (Call, Vec<(&'static str, String)>) {
    let tenant = &world.api.fixture.tenant;
    let request = world.start().await;
    let step = world.review(request).await;
    let user = tenant.built_in(BuiltInRole::User).await.expect("a role");
    let ada = world.ada.principal.user;
    world
        .api
        .fixture
        .application
        .access
        .revoke_role(&tenant.admin, RoleMapping::everywhere(ada, user))
        .await
        .expect("a revocation");
    let workflows = &world.api.fixture.application.workflows;
    let workflow = workflows.workflows(&tenant.admin, &[world.workflow]).await.expect("workflows").remove(0);
    let ids = vec![
        ("$errors", "errors { code ... on NotPermittedError { permission } }".to_owned()),
        ("$request", request.to_string()),
        ("$workflow", world.workflow.to_string()),
        ("$version", workflow.active_version.expect("a version").to_string()),
        ("$step", step),
        ("$role", world.approver.to_string()),
        ("$delegation", "dlg_00000000000000000000000000000001".to_owned()),
        ("$session", "ses_00000000000000000000000000000001".to_owned()),
        ("$invitation", "inv_00000000000000000000000000000001".to_owned()),
        ("$pause", "pau_00000000000000000000000000000001".to_owned()),
        ("$own", ada.to_string()),
        ("$other", world.ben.principal.user.to_string()),
    ];
    (tenant.call(ada).await.expect("a call"), ids)
}
