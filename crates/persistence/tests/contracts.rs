//! The stores keep the ports' contracts, on SQLite and on PostgreSQL. Each test has a database of its
//! own.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod support;

mod postgres {
    use nexusflow_port_tests::{Harness, contract_suites};

    async fn database() -> Option<Harness> {
        let database = super::support::TestDatabase::postgres().await?;
        Some(super::harness(database).await)
    }

    contract_suites!(database);
}

mod sqlite {
    use nexusflow_port_tests::{Harness, contract_suites};

    async fn database() -> Option<Harness> {
        Some(super::harness(super::support::TestDatabase::sqlite().await).await)
    }

    contract_suites!(database);
}

async fn harness(own: support::TestDatabase) -> nexusflow_port_tests::Harness {
    use nexusflow_persistence::{Database, DatabaseOptions, Store};

    let options = DatabaseOptions { max_connections: 8, ..DatabaseOptions::new(&own.url) };
    let database = Database::connect(&options).await.unwrap();
    let ports = nexusflow_port_tests::StorePorts::of(&std::sync::Arc::new(Store::new(database.clone())));
    let cleanup = Box::pin(async move {
        database.close().await?;
        own.remove().await;
        Ok(())
    });
    nexusflow_port_tests::Harness { ports, cleanup }
}
