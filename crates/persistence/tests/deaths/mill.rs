use std::sync::Arc;

use nexusflow_application::fakes::fixture::single_approval;
use nexusflow_application::{Application, Call, Ports};
use nexusflow_domain::access::Permission;
use nexusflow_domain::ids::WorkflowId;
use nexusflow_persistence::{Database, DatabaseOptions, Store};
use nexusflow_port_tests::documents::sequence;
use nexusflow_port_tests::{Bench, StorePorts};
use serde_json::json;

use crate::support::TestDatabase;

/// An application with one workflow of each kind that is put through its paces.
pub struct Mill {
    pub bench: Bench,
    pub reviewer: Call,
    pub robot: Call,
    /// An approval by the reviewer.
    pub approval: WorkflowId,
    /// A job `bill`.
    pub service: WorkflowId,
    /// A wait for the message `paid` with the key in the variable `order`.
    pub wait: WorkflowId,
    url: String,
    database: Database,
}

impl Mill {
    pub async fn new(database: &TestDatabase) -> Self {
        let url = database.url.clone();
        let (storage, database) = connect(&url).await;
        let bench = Bench::new(&storage).await.unwrap();
        let acme = &bench.acme;
        let reviewers = acme.role("reviewer").await.unwrap();
        let reviewer = acme.user("reviewer", &[reviewers]).await.unwrap();
        let workers = acme.role_with("Worker", &[Permission::WorkJobs]).await.unwrap();
        let robot = acme.user("robot", &[workers]).await.unwrap();
        let approval = acme.publish("approval", single_approval("reviewer").unwrap()).await.unwrap();
        let service = json!({ "key": "work", "name": "Work", "kind": "SERVICE", "service": { "jobType": "bill" } });
        let service = acme.publish("service", sequence(&[service]).unwrap()).await.unwrap();
        let wait = json!({ "key": "paid", "name": "Paid", "kind": "WAIT",
            "wait": { "message": { "name": "paid", "key": "order" } } });
        let wait = acme.publish("wait", sequence(&[wait]).unwrap()).await.unwrap();
        Self { bench, reviewer, robot, approval, service, wait, url, database }
    }

    /// Another server, which knows nothing but what is stored: every chain is intact, and every state is
    /// what its journal leads to.
    pub async fn check_intact(&self) -> anyhow::Result<()> {
        let (storage, database) = connect(&self.url).await;
        let StorePorts { requests, audit, .. } = storage;
        let fresh = Application::new(&Ports { requests, audit, ..self.bench.ports.clone() });
        let verification = fresh.audit.verify_all().await?;
        assert!(verification.is_intact(), "{:#?}", verification.findings);
        Ok(database.close().await?)
    }

    pub async fn close(self) {
        self.database.close().await.unwrap();
    }
}

async fn connect(url: &str) -> (StorePorts, Database) {
    let database = Database::connect(&DatabaseOptions { max_connections: 4, ..DatabaseOptions::new(url) }).await;
    let database = database.unwrap();
    (StorePorts::of(&Arc::new(Store::new(database.clone()))), database)
}
