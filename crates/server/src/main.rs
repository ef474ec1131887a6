//! The `nexusflow` program; see `nexusflow --help`.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    nexusflow_server::cli::run().await
}
