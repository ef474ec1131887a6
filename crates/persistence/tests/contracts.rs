//! The stores keep the ports' contracts, on SQLite and on PostgreSQL. Each test has a database of its
//! own; on PostgreSQL a clone of a migrated template, which the last test to end removes.

mod postgres {
    use nexusflow_port_tests::{Harness, contract_suites};

    async fn database() -> Option<Harness> {
        super::databases::postgres().await
    }

    contract_suites!(database);
}

mod sqlite {
    use nexusflow_port_tests::{Harness, contract_suites};

    async fn database() -> Option<Harness> {
        Some(super::databases::sqlite().await)
    }

    contract_suites!(database);
}

mod databases {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::{Arc, Weak};

    use nexusflow_persistence::{Database, DatabaseOptions, Store};
    use nexusflow_port_tests::{Cleanup, Harness, StorePorts};
    use sea_orm::ConnectionTrait;
    use tokio::sync::Mutex;

    /// The variable that names a server on which databases may be created.
    const SERVER: &str = "NEXUSFLOW_TEST_DATABASE_URL";

    /// A file in a folder that goes with the test.
    pub async fn sqlite() -> Harness {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = format!("sqlite://{}?mode=rwc", folder.path().join("contract.db").display());
        migration::connect_and_up(&url).await.expect("a migrated database");
        harness(&url, Box::pin(async move { Ok(folder.close()?) })).await
    }

    /// A clone of the template, if there is a server.
    pub async fn postgres() -> Option<Harness> {
        let Ok(server) = std::env::var(SERVER) else {
            note_skipped();
            return None;
        };
        let template = template(&server).await;
        let name = unique_name("test");
        execute(&server, &format!("CREATE DATABASE {name} TEMPLATE {}", template.name)).await.expect("a clone");
        let url = with_database(&server, &name);
        let remove = Box::pin(async move {
            execute(&server, &format!("DROP DATABASE {name} WITH (FORCE)")).await?;
            remove_template(&server, template).await
        });
        Some(harness(&url, remove).await)
    }

    async fn harness(url: &str, remove: Cleanup) -> Harness {
        let options = DatabaseOptions { max_connections: 8, ..DatabaseOptions::new(url) };
        let database = Database::connect(&options).await.expect("a connection");
        let ports = StorePorts::of(&Arc::new(Store::new(database.clone())));
        let cleanup: Cleanup = Box::pin(async move {
            database.close().await?;
            remove.await
        });
        Harness { ports, cleanup }
    }

    struct Template {
        name: String,
    }

    /// The template that running tests share.
    static TEMPLATE: Mutex<Weak<Template>> = Mutex::const_new(Weak::new());

    async fn template(server: &str) -> Arc<Template> {
        let mut shared = TEMPLATE.lock().await;
        if let Some(template) = shared.upgrade() {
            return template;
        }
        let name = unique_name("template");
        execute(server, &format!("CREATE DATABASE {name} TEMPLATE template0")).await.expect("a database");
        migration::connect_and_up(&with_database(server, &name)).await.expect("a migrated database");
        let template = Arc::new(Template { name });
        *shared = Arc::downgrade(&template);
        template
    }

    /// Lets go of the template; the last one removes it.
    async fn remove_template(server: &str, template: Arc<Template>) -> anyhow::Result<()> {
        let _shared = TEMPLATE.lock().await;
        match Arc::into_inner(template) {
            Some(template) => execute(server, &format!("DROP DATABASE {}", template.name)).await,
            None => Ok(()),
        }
    }

    async fn execute(server: &str, sql: &str) -> anyhow::Result<()> {
        let connection = migration::connect(server).await?;
        let done = connection.execute_unprepared(sql).await;
        connection.close().await?;
        done?;
        Ok(())
    }

    /// A name that neither another test nor an earlier run has used.
    fn unique_name(purpose: &str) -> String {
        static COUNTER: AtomicU32 = AtomicU32::new(0);
        #[expect(clippy::disallowed_methods, reason = "names of earlier runs may still be there")]
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a time after 1970");
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        format!("nexusflow_contracts_{purpose}_{}_{}_{number}", std::process::id(), now.as_micros())
    }

    /// The URL of another database on the same server.
    fn with_database(server: &str, name: &str) -> String {
        let (address, parameters) = server.split_once('?').unwrap_or((server, ""));
        let authority = address.find("://").map_or(0, |scheme| scheme + 3);
        let end = address[authority..].find('/').map_or(address.len(), |slash| authority + slash);
        let separator = if parameters.is_empty() { "" } else { "?" };
        format!("{}/{name}{separator}{parameters}", &address[..end])
    }

    #[expect(clippy::print_stdout, reason = "a skipped test should be seen as such")]
    fn note_skipped() {
        println!("skipped: {SERVER} is not set");
    }
}
