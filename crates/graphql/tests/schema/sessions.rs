use nexusflow_application::Call;
use nexusflow_application::fakes::fixture::PASSWORD;
use nexusflow_domain::insight::Origin;
use serde_json::{Value, json};

use crate::support::World;

/// Somebody of acme in a new session, and his refresh token.
async fn signed_in(world: &World, name: &str) -> (Call, String) {
    let identity = &world.api.fixture.application.identity;
    let (email, origin) = (format!("{name}@acme.example"), Origin::default());
    let signed_in = identity.sign_in(&email, PASSWORD.to_owned(), None, &origin).await.expect("a sign-in");
    let call = identity.authenticate(signed_in.token.reveal(), origin).await.expect("a call");
    (call, signed_in.refresh_token.into_revealed())
}

#[tokio::test]
async fn a_session_is_seen_refreshed_and_ended() {
    let world = World::new().await;
    let (ada, refresh_token) = signed_in(&world, "ada").await;
    let seen = "{ me { csrfToken organizations { slug } sessions { nodes { id current endsAt expiresAt revoked } } } }";
    let before = world.api.data(&ada, seen, Value::Null).await;
    world.api.fixture.clock.advance(chrono::TimeDelta::minutes(10));
    let refresh = "mutation ($token: String) { refreshSession(input: { refreshToken: $token }) {
        token expiresAt refreshToken refreshExpiresAt csrfToken session { id lastSeenAt endsAt }
        user { email } organization { slug } errors { __typename code message path } } }";
    let mut answers = vec![before];
    for token in [Some(refresh_token.as_str()), Some(refresh_token.as_str()), None] {
        answers.push(world.api.run(None, refresh, json!({ "token": token })).await);
    }
    let (ada, _) = signed_in(&world, "ada").await;
    let ended = "mutation { signOut { session { current revoked endsAt } errors { code } } }";
    answers.push(world.api.data(&ada, ended, Value::Null).await);
    insta::assert_json_snapshot!(answers);
}

#[tokio::test]
async fn sessions_are_ended_by_their_owner_or_an_administrator() {
    let world = World::new().await;
    let ((ada, _), (ben, _)) = (signed_in(&world, "ada").await, signed_in(&world, "ben").await);
    let id = |call: &Call| call.session().expect("a session").to_string();
    let revoke = "mutation ($id: ID!) { revokeSession(input: { sessionId: $id }) {
        session { id revoked } errors { __typename code path } } }";
    let node = "query ($id: ID!) { node(id: $id) { id __typename } }";
    let mut answers = Vec::new();
    for (call, session) in [(&ada, id(&ben)), (&ada, id(&ada)), (&ada, id(&ada)), (world.admin(), id(&ben))] {
        answers.push(world.api.data(call, node, json!({ "id": session })).await);
        answers.push(world.api.data(call, revoke, json!({ "id": session })).await);
    }
    let all = "mutation ($user: ID!) { revokeUserSessions(input: { userId: $user }) {
        user { email } errors { __typename code } } }";
    for call in [&ada, world.admin()] {
        answers.push(world.api.data(call, all, json!({ "user": ben.principal.user.to_string() })).await);
    }
    let everywhere = "mutation { signOutEverywhere { user { email } errors { code } } }";
    answers.push(world.api.data(&ada, everywhere, Value::Null).await);
    let elsewhere = "mutation { switchOrganization(input: { organization: \"globex\" }) {
        token session { id } errors { __typename code message path } } }";
    answers.push(world.api.data(&ada, elsewhere, Value::Null).await);
    insta::assert_json_snapshot!(answers);
}

#[tokio::test]
async fn cookies_are_refused_where_they_cannot_be_set() {
    let world = World::new().await;
    let query = "mutation ($password: String!) {
        signIn(input: { email: \"ada@acme.example\", password: $password, cookie: true }) {
            token errors { code message path } } }";
    insta::assert_json_snapshot!(world.api.run(None, query, json!({ "password": PASSWORD })).await);
}
