use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Context, Result, anyhow};
use nexusflow_application::identity::{NewMember, NewOrganization};
use nexusflow_application::request::{Completion, NewRequest};
use nexusflow_application::workflow::NewWorkflow;
use nexusflow_application::{Application, Call};
use nexusflow_domain::JsonMap;
use nexusflow_domain::ids::{RequestId, RequestStepId, WorkflowId};
use nexusflow_domain::insight::Origin;
use nexusflow_domain::workflow::{Outcome, Priority, WorkflowDocument};
use nexusflow_server::compose::{Parts, Services, compose};
use nexusflow_server::settings::{DatabaseUrl, Secret, Settings};
use tokio::task::JoinSet;

use crate::database::Database;
use crate::load::Load;

/// The administrator, who holds the role that steps ask for.
pub const EMAIL: &str = "ada@benchmark.example";
pub const PASSWORD: &str = "a benchmark's passphrase";
/// The key of access tokens of every server.
pub const TOKEN_SECRET: &str = "a benchmark's key of more than 32 bytes";

const SLUG: &str = "benchmark";
/// Who starts requests and prepares steps at a time.
const STARTERS: usize = 64;

/// An open step that the engine may complete.
#[derive(Debug, Clone, Copy)]
pub struct OpenStep {
    pub request: RequestId,
    pub step: RequestStepId,
}

/// The engine in this process, with an organization and its administrator.
pub struct Engine {
    pub call: Call,
    application: Arc<Application>,
    services: Services,
}

impl Engine {
    /// On a database without an organization. No background work is started.
    pub async fn open(database: &Database) -> Result<Self> {
        let mut settings = Settings::default();
        settings.database.url = DatabaseUrl::new(database.url.clone());
        settings.auth.token_secret = Some(Secret::new(TOKEN_SECRET.to_owned()));
        let services = compose(&settings, Parts::default()).await?;
        let application = services.application.clone();
        let admin = NewMember {
            email: EMAIL.to_owned(),
            name: "Ada".to_owned(),
            password: PASSWORD.to_owned(),
            roles: Vec::new(),
        };
        let organization = NewOrganization { name: SLUG.to_owned(), slug: SLUG.to_owned(), admin };
        application.identity.create_organization(organization).await?;
        Ok(Self { call: sign_in(&application).await?, application, services })
    }

    pub async fn close(self) {
        self.services.close().await;
    }

    /// Makes a workflow that takes requests.
    pub async fn publish(&self, name: &str, document: WorkflowDocument) -> Result<WorkflowId> {
        let new = NewWorkflow { name: name.to_owned(), description: String::new(), document: Some(document) };
        let id = self.application.workflows.create(&self.call, new, None).await?;
        self.application.workflows.publish(&self.call, id, None, true, None).await?;
        Ok(id)
    }

    /// Starts so many requests.
    pub async fn start(&self, workflow: WorkflowId, count: usize) -> Result<Vec<RequestId>> {
        let started = self.at_once(STARTERS, count, move |application, call, _| async move {
            Ok(application.requests.start(&call, new_request(workflow)?, None).await?.id)
        });
        Ok(started.await?.into_iter().flatten().collect())
    }

    /// Completes steps of different requests, by so many callers at a time; none waits between two.
    pub async fn complete(&self, steps: Vec<OpenStep>, callers: usize) -> Result<Load> {
        let (begun, count, steps) = (Instant::now(), steps.len(), Arc::new(steps));
        let latencies = self.at_once(callers, count, move |application, call, place| {
            let OpenStep { request, step } = steps[place];
            async move {
                let begun = Instant::now();
                application.requests.complete(&call, request, step, completion(), None).await?;
                Ok(begun.elapsed())
            }
        });
        Ok(Load::of(latencies.await?, begun.elapsed()))
    }

    /// Does something so many times, by so many tasks; what each task's calls gave.
    async fn at_once<T, F>(
        &self,
        tasks: usize,
        count: usize,
        work: impl Fn(Arc<Application>, Call, usize) -> F + Clone + Send + 'static,
    ) -> Result<Vec<Vec<T>>>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send,
    {
        let next = Arc::new(AtomicUsize::new(0));
        let mut running = JoinSet::new();
        for _ in 0..tasks {
            let (next, application, call, work) =
                (next.clone(), self.application.clone(), self.call.clone(), work.clone());
            running.spawn(async move {
                let mut done = Vec::new();
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    if place >= count {
                        return Ok(done);
                    }
                    done.push(work(application.clone(), call.clone(), place).await?);
                }
            });
        }
        running.join_all().await.into_iter().collect()
    }
}

/// Data as a small form has it.
pub fn variables() -> Result<JsonMap> {
    let variables = serde_json::json!({ "amount": 1200, "applicant": "Ada", "urgent": false });
    Ok(serde_json::from_value(variables)?)
}

/// What a step is completed with.
pub const COMMENT: &str = "done";

fn completion() -> Completion {
    let comment = Some(COMMENT.to_owned());
    Completion { outcome: Outcome::completed(), comment, variables: JsonMap::new(), on_behalf_of: None }
}

fn new_request(workflow: WorkflowId) -> Result<NewRequest> {
    Ok(NewRequest {
        workflow,
        title: None,
        reference: None,
        priority: Priority::Normal,
        variables: variables()?,
        starts_at: None,
        due_at: None,
    })
}

/// With an origin as the API makes it of an HTTP request.
async fn sign_in(application: &Application) -> Result<Call> {
    let origin = Origin {
        ip: Some("127.0.0.1".to_owned()),
        user_agent: Some("nexusflow-benchmark".to_owned()),
        correlation_id: Some("0197c8f0-0000-7000-8000-000000000000".to_owned()),
    };
    let signed_in = application.identity.sign_in(EMAIL, PASSWORD.to_owned(), Some(SLUG), &origin).await;
    let token = signed_in.context("the administrator cannot sign in")?.token;
    let principal = application.identity.authenticate(&token).await?;
    Ok(Call { principal: principal.ok_or_else(|| anyhow!("the administrator is no member"))?, origin })
}
