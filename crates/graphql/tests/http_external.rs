//! A server for checks that are not written in Rust:
//! `NEXUSFLOW_CHECK_ADDRESS=127.0.0.1:4000 cargo test -p nexusflow-graphql --test http_external -- --ignored`
//! serves the test schema until it is killed.

mod http_support;

use http_support::Server;
use nexusflow_graphql::http::ApiOptions;

#[tokio::test]
#[ignore = "serves until it is killed"]
async fn serve() {
    let address = std::env::var("NEXUSFLOW_CHECK_ADDRESS").unwrap_or_else(|_| "127.0.0.1:4000".to_owned());
    let _server = Server::on(&address, ApiOptions { development: true, ..ApiOptions::default() }).await;
    std::future::pending::<()>().await;
}
