//! Stopping: what has begun is finished, nothing new begins, and no call holds the end up for ever.

use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use nexusflow_server::http::{Server, listen};
use tokio_util::sync::CancellationToken;

async fn server(shutdown_timeout: Duration) -> anyhow::Result<Server> {
    let slow = |seconds: u64| async move {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        "finished"
    };
    let router = Router::new().route("/slow", get(move || slow(1))).route("/endless", get(move || slow(3_600)));
    let listener = listen("127.0.0.1:0".parse()?).await?;
    Server::serve(listener, router, shutdown_timeout, CancellationToken::new())
}

#[tokio::test]
async fn a_call_that_has_begun_is_finished_and_new_ones_are_not_taken() -> anyhow::Result<()> {
    let server = server(Duration::from_secs(30)).await?;
    let address = server.address();
    let call = tokio::spawn(async move { reqwest::get(format!("http://{address}/slow")).await?.text().await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let stopped = tokio::spawn(server.stop());
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(reqwest::get(format!("http://{address}/slow")).await.is_err(), "no new connections");
    assert_eq!(call.await??, "finished");
    tokio::time::timeout(Duration::from_secs(5), stopped).await??;
    Ok(())
}

#[tokio::test]
async fn an_endless_call_is_cut_off_in_the_end() -> anyhow::Result<()> {
    let server = server(Duration::from_millis(500)).await?;
    let address = server.address();
    let call = tokio::spawn(reqwest::get(format!("http://{address}/endless")));
    tokio::time::sleep(Duration::from_millis(300)).await;
    let start = Instant::now();
    server.stop().await;
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    call.abort();
    Ok(())
}

#[tokio::test]
async fn a_port_in_use_is_said_with_what_to_do() -> anyhow::Result<()> {
    let taken = listen("127.0.0.1:0".parse()?).await?;
    let error = listen(taken.local_addr()?).await.expect_err("it is taken").to_string();
    assert!(error.contains("the port is in use") && error.contains("--address"), "{error}");
    Ok(())
}
