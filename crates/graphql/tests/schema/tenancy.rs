//! Organizations, invitations and accounts.

use serde_json::{Value, json};

use crate::support::World;

const ORGANIZATION: &str =
    "name slug version subscriptionStatus trialEndsAt createdAt updatedAt plan { code name members }
    settings { timeZone language features { aiEnabled apiAccess } branding { logoUrl primaryColor } }";
const ERRORS: &str = "errors { __typename code message path ... on InvalidInputError { problems { path message } } }";

async fn mutate(world: &World, field: &str, input_type: &str, answer: &str, input: Value) -> Value {
    let query = format!("mutation ($input: {input_type}!) {{ {field}(input: $input) {{ {answer} {ERRORS} }} }}");
    world.api.data(world.admin(), &query, json!({ "input": input })).await[field].take()
}

#[tokio::test]
async fn an_organization_is_made_changed_and_deleted() {
    let world = World::new().await;
    let organization = format!("organization {{ {ORGANIZATION} }}");
    let create = json!({ "name": "Second", "slug": "second", "idempotencyKey": "one" });
    let made = mutate(&world, "createOrganization", "CreateOrganizationInput", &organization, create.clone()).await;
    let again = mutate(&world, "createOrganization", "CreateOrganizationInput", &organization, create).await;
    assert_eq!(again, made, "the key replays");
    let settings = json!({ "timeZone": "Europe/Amsterdam", "language": "DE",
        "features": { "aiEnabled": false, "apiAccess": true },
        "branding": { "logoUrl": "https://cdn.example/logo.png", "primaryColor": "#aa0033" } });
    let update = json!({ "name": "Acme & Sons", "settings": settings, "expectedVersion": 1 });
    let updated = mutate(&world, "updateOrganization", "UpdateOrganizationInput", &organization, update.clone()).await;
    let stale = mutate(&world, "updateOrganization", "UpdateOrganizationInput", &organization, update).await;
    let bad = json!({ "slug": "A", "settings": { "timeZone": "Mars", "branding": { "primaryColor": "red" } } });
    let bad = mutate(&world, "updateOrganization", "UpdateOrganizationInput", &organization, bad).await;
    let plan = json!({ "plan": "TEAM", "trialEndsAt": "2999-01-01T00:00:00Z" });
    let late = mutate(&world, "setPlan", "SetPlanInput", &organization, plan).await;
    let planned = mutate(&world, "setPlan", "SetPlanInput", &organization, json!({ "plan": "TEAM" })).await;
    let unknown = mutate(&world, "setPlan", "SetPlanInput", &organization, json!({ "plan": "GOLD" })).await;
    let plans = world.api.data(world.admin(), "{ plans { code name members } }", json!({})).await;
    let delete = |name: &str| json!({ "name": name });
    let wrong =
        mutate(&world, "deleteOrganization", "DeleteOrganizationInput", "restorableUntil", delete("acme")).await;
    let name = updated["organization"]["name"].as_str().expect("a name");
    let gone = mutate(&world, "deleteOrganization", "DeleteOrganizationInput", "restorableUntil", delete(name)).await;
    insta::assert_json_snapshot!([made, updated, stale, bad, late, planned, unknown, plans, wrong, gone]);
}

#[tokio::test]
async fn somebody_is_invited_again_and_no_more() {
    let world = World::new().await;
    let invitation = "invitation { id email status createdAt expiresAt roles { name } invitedBy { name } }";
    let input = json!({ "email": "Zoe@example.org", "roleIds": [world.approver.to_string()] });
    let mut invited = mutate(&world, "inviteMember", "InviteMemberInput", invitation, input).await;
    let id = invited["invitation"]["id"].take();
    world.api.fixture.clock.advance(chrono::TimeDelta::days(8));
    let query = "query ($id: ID!) { invitations { nodes { email status } pageInfo { hasNextPage } }
        node(id: $id) { __typename id } }";
    let mut listed = world.api.data(world.admin(), query, json!({ "id": id })).await;
    assert_eq!(listed["node"]["id"].take(), id);
    let by_id = || json!({ "invitationId": id });
    let short = "invitation { email status expiresAt }";
    let resent = mutate(&world, "resendInvitation", "ResendInvitationInput", short, by_id()).await;
    let revoked = mutate(&world, "revokeInvitation", "RevokeInvitationInput", short, by_id()).await;
    let again = mutate(&world, "revokeInvitation", "RevokeInvitationInput", short, by_id()).await;
    let member = json!({ "email": "ada@acme.example" });
    let member = mutate(&world, "inviteMember", "InviteMemberInput", short, member).await;
    let removed = json!({ "userId": world.ben.principal.user.to_string() });
    let removed = mutate(&world, "removeMember", "RemoveMemberInput", "user { name deactivatedAt }", removed).await;
    insta::assert_json_snapshot!([invited, listed, resent, revoked, again, member, removed]);
}

#[tokio::test]
async fn tokens_that_are_none_are_refused_alike() {
    let world = World::new().await;
    for (field, input_type, more) in [
        ("acceptInvitation", "AcceptInvitationInput", json!({ "name": "Zoe", "password": "a long password" })),
        ("resetPassword", "ResetPasswordInput", json!({ "newPassword": "a long password" })),
        ("verifyEmail", "VerifyEmailInput", json!({})),
    ] {
        for token in ["", "x", "PASSWORD_RESET.inv_00000000000000000000000000000001.0"] {
            let mut input = more.clone();
            input["token"] = json!(token);
            let query = format!("mutation ($input: {input_type}!) {{ {field}(input: $input) {{ {ERRORS} }} }}");
            let answer = world.api.run(None, &query, json!({ "input": input })).await;
            let error = &answer["data"][field]["errors"][0];
            let found = [&error["__typename"], &error["code"], &error["path"]];
            assert_eq!(found, [&json!("InvalidLinkError"), &json!("INVALID_LINK"), &json!(["input", "token"])]);
        }
    }
}
