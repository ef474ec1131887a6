//! Acting on behalf of somebody else, and votes that a change of roles decides, as clients of a running
//! server meet them.

mod live_support;

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use chrono::TimeDelta;
use live_support::{ADMIN, Answer, Api, Office, PASSWORD, Running};
use nexusflow_application::platform::Clock;
use nexusflow_server::platform::SystemClock;
use serde_json::{Value, json};

/// A change acts at most this long after it was made.
const SECONDS: Duration = Duration::from_secs(10);

const CREATE_ROLE: &str = "mutation($input: CreateRoleInput!) {
  createRole(input: $input) { role { id } errors { code message } } }";
const CREATE_USER: &str = "mutation($input: CreateUserInput!) {
  createUser(input: $input) { user { id } errors { code message } } }";
const REVOKE_ROLE: &str = "mutation($input: RevokeRoleInput!) {
  revokeRole(input: $input) { user { id } errors { code message } } }";
const CREATE: &str = "mutation($input: CreateWorkflowInput!) {
  createWorkflow(input: $input) { workflow { id } errors { code message } } }";
const PUBLISH: &str = "mutation($input: PublishWorkflowInput!) {
  publishWorkflow(input: $input) { workflow { id } errors { code message } } }";
const DELEGATE: &str = "mutation($input: DelegateInput!) {
  delegate(input: $input) { delegation { id delegator { name } delegate { name } } errors { code message } } }";
const REVOKE: &str = "mutation($input: RevokeDelegationInput!) {
  revokeDelegation(input: $input) { delegation { revokedBy { name } } errors { code message } } }";
const COMPLETE: &str = "mutation($input: CompleteStepInput!) {
  completeStep(input: $input) { request { status } errors { code message } } }";
const INBOX: &str = "{ inbox { edges { node { id } onBehalfOf { name } } } }";
const REQUEST: &str = "query($id: ID!) { request(id: $id) { status steps { isHuman outcome votes
  completedBy { name } } journal(first: 50) { nodes { event by } } } }";

/// Three clerks, of whom a majority decides, and Dan, who is none.
struct Board<'a> {
    office: &'a Office<'a>,
    server: Running,
    admin: Api,
    role: Value,
    clerks: Vec<(Api, Value)>,
    dan: (Api, Value),
}

impl<'a> Board<'a> {
    async fn found(office: &'a Office<'a>) -> anyhow::Result<Self> {
        let server = Running::start(office.program(&office.database_url))?;
        let admin = Api::sign_in(&server.address, ADMIN, PASSWORD).await?;
        let role = admin.mutate("createRole", CREATE_ROLE, json!({ "name": "Clerk" })).await?["role"]["id"].clone();
        let mut people = Vec::new();
        for name in ["Bea", "Cyd", "Eli", "Dan"] {
            let (email, roles) = (format!("{name}@example.org"), if name == "Dan" { json!([]) } else { json!([role]) });
            let user = json!({ "email": email, "name": name, "password": PASSWORD, "roleIds": roles });
            let id = admin.mutate("createUser", CREATE_USER, user).await?["user"]["id"].clone();
            people.push((Api::sign_in(&server.address, &email, PASSWORD).await?, id));
        }
        let dan = people.pop().context("Dan")?;
        Ok(Self { office, server, admin, role, clerks: people, dan })
    }

    /// Starts a request on which the board votes; returns its id.
    async fn start(&self) -> anyhow::Result<String> {
        let document = json!({
            "steps": [
                { "key": "start", "name": "Start", "kind": "START" },
                {
                    "key": "vote", "name": "Vote", "kind": "APPROVAL", "candidate": { "role": "Clerk" },
                    "outcomes": ["APPROVED", "REJECTED", "TIE"], "approval": { "quorum": { "majority": {} } },
                },
                { "key": "end", "name": "End", "kind": "END" },
            ],
            "transitions": [{ "from": "start", "to": "vote" }, { "from": "vote", "to": "end" }],
        });
        let input = json!({ "name": "Board", "document": document });
        let created = self.admin.mutate("createWorkflow", CREATE, input);
        let id = created.await?["workflow"]["id"].as_str().unwrap_or_default().to_owned();
        self.admin.mutate("publishWorkflow", PUBLISH, json!({ "workflowId": id })).await?;
        Ok(Office::start(&self.admin, &id).await?.0)
    }

    async fn delegate(&self) -> anyhow::Result<Value> {
        let (bea, _) = &self.clerks[0];
        let ends_at = (SystemClock.now() + TimeDelta::hours(1)).to_rfc3339();
        let input = json!({ "delegateId": self.dan.1, "endsAt": ends_at, "reason": "On holiday" });
        let done = bea.mutate("delegate", DELEGATE, input).await?;
        assert_eq!([&done["delegation"]["delegator"]["name"], &done["delegation"]["delegate"]["name"]], ["Bea", "Dan"]);
        Ok(done["delegation"]["id"].clone())
    }

    async fn leaves(&self, clerk: usize) -> anyhow::Result<()> {
        let input = json!({ "userId": self.clerks[clerk].1, "roleId": self.role });
        self.admin.mutate("revokeRole", REVOKE_ROLE, input).await.map(drop)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vote_on_behalf_of_a_clerk_decides_once_the_other_clerks_have_left() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let url = format!("sqlite://{}/test.db?mode=rwc", folder.path().display());
    let office = Office::found(folder.path(), &url)?;
    let board = Board::found(&office).await?;
    let request = board.start().await?;
    let dan = &board.dan.0;
    assert_eq!(dan.call(INBOX, Value::Null).await?.data("inbox")?["edges"], json!([]));
    let delegation = board.delegate().await?;
    let edges = dan.call(INBOX, Value::Null).await?.data("inbox")?["edges"].clone();
    assert_eq!(edges[0]["onBehalfOf"]["name"], "Bea", "{edges}");
    let vote = |more: Value| {
        let mut input = json!({ "stepId": edges[0]["node"]["id"], "outcome": "APPROVED" });
        input.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
        json!({ "input": input })
    };
    let other = dan.call(COMPLETE, vote(json!({ "onBehalfOf": board.clerks[1].1 }))).await?;
    assert_eq!(other.refusal("completeStep"), Some("NOT_PERMITTED"), "{other:?}");
    dan.call(COMPLETE, vote(json!({}))).await?.data("completeStep")?;
    let again = board.clerks[0].0.call(COMPLETE, vote(json!({}))).await?;
    assert_eq!(again.refusal("completeStep"), Some("NOT_PERMITTED"), "her voice is used: {again:?}");
    let revoked = dan.mutate("revokeDelegation", REVOKE, json!({ "delegationId": delegation })).await?;
    assert_eq!(revoked["delegation"]["revokedBy"]["name"], "Dan");
    board.leaves(1).await?;
    board.leaves(2).await?;
    let done = soon(&board.admin, &request, |answer| answer["status"] == "COMPLETED").await?;
    let human = done["steps"].as_array().into_iter().flatten().find(|step| step["isHuman"] == true);
    assert_eq!(human, Some(&json!({ "isHuman": true, "outcome": "APPROVED", "votes": 1, "completedBy": null })));
    let journal = done["journal"]["nodes"].as_array().context("a journal")?;
    let by = |event: &str| journal.iter().find(|record| record["event"] == event).map(|record| record["by"].clone());
    assert_eq!(by("VOTE_CAST"), Some(json!("Dan on behalf of Bea")));
    assert_eq!(by("VOTES_RECOUNTED"), Some(json!("NexusFlow")));
    assert_eq!(board.server.terminate()?, Some(0));
    assert_eq!(board.office.verify()?.1, Some(0));
    Ok(())
}

/// The request once it is so.
async fn soon(api: &Api, request: &str, so: impl Fn(&Value) -> bool) -> anyhow::Result<Value> {
    let begin = Instant::now();
    loop {
        let answer: Answer = api.call(REQUEST, json!({ "id": request })).await?;
        let found = answer.data("request")?;
        if so(&found) {
            return Ok(found);
        }
        ensure!(begin.elapsed() < SECONDS, "still {found}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
