//! Databases on the server for tests, cloned from one that was migrated once.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Weak};

use sea_orm::ConnectionTrait;
use tokio::sync::Mutex;

/// The variable that names a server on which databases may be created.
const SERVER: &str = "NEXUSFLOW_TEST_DATABASE_URL";

/// A clone of the template.
pub struct Clone {
    server: String,
    name: String,
    template: Arc<Template>,
}

struct Template {
    name: String,
}

/// The template that running tests share.
static TEMPLATE: Mutex<Weak<Template>> = Mutex::const_new(Weak::new());

impl Clone {
    /// Nothing, with a note on the output, when no server is given.
    pub async fn create() -> Option<Self> {
        let Ok(server) = std::env::var(SERVER) else {
            note_skipped();
            return None;
        };
        let template = template(&server).await;
        let name = unique_name("test");
        execute(&server, &format!("CREATE DATABASE {name} TEMPLATE {}", template.name)).await;
        Some(Self { server, name, template })
    }

    pub fn url(&self) -> String {
        with_database(&self.server, &self.name)
    }

    /// Drops the clone; the last one takes the template along.
    pub async fn remove(self) {
        execute(&self.server, &format!("DROP DATABASE {} WITH (FORCE)", self.name)).await;
        let _shared = TEMPLATE.lock().await;
        if let Some(template) = Arc::into_inner(self.template) {
            execute(&self.server, &format!("DROP DATABASE {}", template.name)).await;
        }
    }
}

async fn template(server: &str) -> Arc<Template> {
    let mut shared = TEMPLATE.lock().await;
    if let Some(template) = shared.upgrade() {
        return template;
    }
    let name = unique_name("template");
    execute(server, &format!("CREATE DATABASE {name} TEMPLATE template0")).await;
    migration::connect_and_up(&with_database(server, &name)).await.unwrap();
    let template = Arc::new(Template { name });
    *shared = Arc::downgrade(&template);
    template
}

async fn execute(server: &str, sql: &str) {
    let connection = migration::connect(server).await.unwrap();
    let done = connection.execute_unprepared(sql).await;
    connection.close().await.unwrap();
    done.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// A name that neither another test nor an earlier run has used.
fn unique_name(purpose: &str) -> String {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    #[expect(clippy::disallowed_methods, reason = "names of earlier runs may still be there")]
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    format!("nexusflow_{purpose}_{}_{}_{number}", std::process::id(), now.as_micros())
}

/// The URL of another database on the same server.
fn with_database(server: &str, name: &str) -> String {
    let authority = server.find("://").unwrap() + 3;
    let end = server[authority..].find(['/', '?']).map_or(server.len(), |at| authority + at);
    let parameters = server.find('?').map_or("", |at| &server[at..]);
    format!("{}/{name}{parameters}", &server[..end])
}

#[expect(clippy::print_stdout, reason = "a skipped test should be seen as such")]
fn note_skipped() {
    println!("skipped: {SERVER} is not set");
}
