use std::io;
use std::net::IpAddr;

use async_trait::async_trait;

/// Finds the addresses of hosts.
#[async_trait]
pub trait Resolve: Send + Sync {
    /// The addresses of a name; the first is tried first.
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// As the machine is configured.
#[derive(Debug, Clone, Copy)]
pub struct SystemResolver;

#[async_trait]
impl Resolve for SystemResolver {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect())
    }
}
