use std::net::SocketAddr;
use std::path::PathBuf;

/// A municipality with a building-permit process to look at: see [`crate::demo`].
#[derive(Debug, Clone, clap::Args)]
pub struct DemoArgs {
    /// End after the summary instead of serving
    #[arg(long)]
    pub exit: bool,
    /// How many requests there are to be; what a former run played counts
    #[arg(long, value_name = "COUNT", default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub requests: u32,
    /// The SQLite file, which is created when it is missing
    #[arg(long, value_name = "FILE", default_value = "nexusflow-demo.db")]
    pub database: PathBuf,
    /// Where to serve
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub address: SocketAddr,
}
