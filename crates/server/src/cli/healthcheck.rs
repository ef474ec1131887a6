use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, bail};

use super::ServeArgs;
use crate::output;

const PATIENCE: Duration = Duration::from_secs(5);

/// Asks the server on this machine at the configured port.
pub(super) async fn run(args: &ServeArgs) -> anyhow::Result<()> {
    let mut address: SocketAddr = args.settings()?.http.address;
    if address.ip().is_unspecified() {
        address.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    let client = reqwest::Client::builder().timeout(PATIENCE).build().context("no HTTP client")?;
    let answer = client.get(format!("http://{address}/readyz")).send().await;
    let answer = answer.with_context(|| format!("the server at {address} does not answer"))?;
    if !answer.status().is_success() {
        bail!("the server at {address} is not ready: {}", answer.text().await.unwrap_or_default());
    }
    Ok(output::line("ready")?)
}
