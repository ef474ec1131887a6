use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use nexusflow_application::access::{PolicyEngine, PolicySnapshot};
use nexusflow_application::{Ports, StoreError};
use nexusflow_domain::access::Permission;
use nexusflow_domain::ids::{OrganizationId, UserId, WorkflowId};
use serde_json::json;

use crate::support::{Api, World};

#[tokio::test]
async fn queries_fail_with_codes_and_what_to_do() {
    let world = World::new().await;
    let mut answers = Vec::new();
    for (call, query) in [
        (None, "{ me { permissions } }"),
        (Some(&world.ada), "{ users { nodes { id } } }"),
        (Some(&world.ada), "{ requests(first: 101) { nodes { id } } }"),
        (Some(&world.ada), "{ requests(first: 1, last: 1) { nodes { id } } }"),
        (Some(&world.ada), "{ requests(after: \"bm9uc2Vuc2U\") { nodes { id } } }"),
        (Some(&world.ada), "{ requests(filter: { workflowId: \"req_1\" }) { nodes { id } } }"),
        (Some(&world.ada), "{ requests(filter: { overdueAt: \"2027-01-01\" }) { nodes { id } } }"),
        (Some(world.admin()), "{ verifyAudit(requestId: \"req_00000000000000000000000000000001\") { intact } }"),
        (Some(&world.ada), "mutation { pauseWorkflow(input: {}) { errors { code } } }"),
    ] {
        answers.push((query, world.api.run(call, query, json!({})).await));
    }
    insta::assert_json_snapshot!(answers);
}

#[tokio::test]
async fn a_link_that_needs_another_permission_fails_alone() {
    let world = World::new().await;
    let request = world.start().await.to_string();
    let query = "query ($id: ID!) { request(id: $id) { title requester { email roles { name } } } }";
    insta::assert_json_snapshot!(world.api.run(Some(&world.ben), query, json!({ "id": request })).await);
}

#[tokio::test]
async fn a_database_that_is_away_or_broken_shows_as_such() {
    for (failing, code, wait) in [
        (Failing::Away, "UNAVAILABLE", json!(null)),
        (Failing::Overloaded, "UNAVAILABLE", json!(250)),
        (Failing::Broken, "INTERNAL", json!(null)),
    ] {
        let api = Api::on(|ports| Ports { policy: Arc::new(failing), ..ports.clone() }).await;
        let answer = api.run(Some(&api.fixture.tenant.admin), "{ users { nodes { id } } }", json!({})).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], code, "{answer}");
        assert_eq!(answer["errors"][0]["extensions"]["retryAfterMs"], wait, "{answer}");
    }
}

/// A policy engine without a database.
#[derive(Clone, Copy)]
enum Failing {
    Away,
    Overloaded,
    Broken,
}

impl Failing {
    fn fail<T>(self) -> Result<T, StoreError> {
        let cause = "the disk is full".into();
        Err(match self {
            Self::Away => StoreError::Unavailable(cause),
            Self::Overloaded => StoreError::Overloaded { retry_after: Duration::from_millis(250) },
            Self::Broken => StoreError::Failed(cause),
        })
    }
}

#[async_trait]
impl PolicyEngine for Failing {
    async fn allows(
        &self,
        _: OrganizationId,
        _: UserId,
        _: Permission,
        _: Option<WorkflowId>,
    ) -> Result<bool, StoreError> {
        self.fail()
    }

    async fn snapshot(&self, _: OrganizationId) -> Result<Arc<PolicySnapshot>, StoreError> {
        self.fail()
    }

    async fn fresh_snapshot(&self, _: OrganizationId) -> Result<Arc<PolicySnapshot>, StoreError> {
        self.fail()
    }

    async fn changed(&self, _: OrganizationId) {}
}
