use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Request, Response, Variables};
use futures::{Stream, StreamExt};
use nexusflow_application::fakes::fixture::{Fixture, single_approval};
use nexusflow_application::{Application, Call, Ports};
use nexusflow_domain::JsonMap;
use nexusflow_domain::ids::{RequestId, RoleId, WorkflowId};
use nexusflow_domain::insight::Origin;
use nexusflow_graphql::{ApiSchema, Caller, JournalPoll, RequestStepKey, caller_data, schema_builder};
use serde_json::Value;

/// The API on fakes.
pub struct Api {
    pub fixture: Fixture,
    schema: ApiSchema,
    application: Arc<Application>,
}

/// A tenant with a published workflow: Ada asks, Ben approves.
pub struct World {
    pub api: Api,
    pub ada: Call,
    pub ben: Call,
    pub approver: RoleId,
    pub workflow: WorkflowId,
}

impl Api {
    /// On ports that a test changes.
    pub async fn on(ports: impl Fn(&Ports) -> Ports) -> Self {
        let fixture = Fixture::new().await.expect("a fixture");
        let application = Arc::new(Application::new(&ports(&fixture.ports)));
        let poll = JournalPoll(Duration::from_millis(5));
        let schema = schema_builder(application.clone()).data(poll).finish();
        Self { fixture, schema, application }
    }

    /// Runs an operation as somebody, or as nobody.
    pub async fn run(&self, call: Option<&Call>, query: &str, variables: Value) -> Value {
        json(&self.schema.execute(self.request(call, query, variables)).await)
    }

    /// Runs an operation that must not fail; its data.
    pub async fn data(&self, call: &Call, query: &str, variables: Value) -> Value {
        let mut answer = self.run(Some(call), query, variables).await;
        assert_eq!(answer.get("errors"), None, "{query}: {answer}");
        answer["data"].take()
    }

    /// Subscribes as somebody.
    pub fn subscribe(&self, call: &Call, query: &str, variables: Value) -> impl Stream<Item = Value> + Unpin + use<> {
        self.schema.execute_stream(self.request(Some(call), query, variables)).map(|response| json(&response))
    }

    fn request(&self, call: Option<&Call>, query: &str, variables: Value) -> Request {
        let request = Request::new(query).variables(Variables::from_json(variables));
        caller_data(request, &self.application, Caller { call: call.cloned(), origin: Origin::default() })
    }
}

impl World {
    pub async fn new() -> Self {
        Self::on(Clone::clone).await
    }

    /// On ports that a test changes.
    pub async fn on(ports: impl Fn(&Ports) -> Ports) -> Self {
        let api = Api::on(ports).await;
        let tenant = &api.fixture.tenant;
        let approver = tenant.role("Approver").await.expect("a role");
        let ada = tenant.user("ada", &[]).await.expect("a user");
        let ben = tenant.user("ben", &[approver]).await.expect("a user");
        let document = single_approval("Approver").expect("a document");
        let workflow = tenant.publish("Approval", document).await.expect("a workflow");
        Self { api, ada, ben, approver, workflow }
    }

    pub fn admin(&self) -> &Call {
        &self.api.fixture.tenant.admin
    }

    /// A request of Ada's.
    pub async fn start(&self) -> RequestId {
        self.api.fixture.tenant.start(&self.ada, self.workflow, JsonMap::new()).await.expect("a request")
    }

    /// The global id of a request's open step `review`.
    pub async fn review(&self, request: RequestId) -> String {
        let step = self.api.fixture.tenant.open_step(request, "review").await.expect("an open step");
        RequestStepKey { request, step: step.id }.to_string()
    }
}

fn json(response: &Response) -> Value {
    let mut json = serde_json::to_value(response).expect("JSON");
    // Places in the document say nothing that the path does not.
    for error in json.get_mut("errors").and_then(Value::as_array_mut).into_iter().flatten() {
        error.as_object_mut().expect("an error").remove("locations");
    }
    json
}
