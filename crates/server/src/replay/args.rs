use std::path::PathBuf;

/// Drives an event log through the real API: see [`crate::replay`].
#[derive(Debug, Clone, clap::Args)]
pub struct ReplayArgs {
    /// The mined graph (JSON: nodes start, end, task, xor, and; edges) that becomes the workflow.
    #[arg(long, value_name = "GRAPH")]
    pub workflow: PathBuf,
    /// The event log: CSV, or CSV compressed with gzip, with the columns `case_id`, activity, resource,
    /// group and timestamp; rows whose lifecycle is not "complete" are left out.
    #[arg(long, value_name = "EVENTS")]
    pub log: PathBuf,
    /// The cases (CSV, or CSV compressed with gzip) with the columns `case_id` and deadline.
    #[arg(long, value_name = "CASES")]
    pub cases: Option<PathBuf>,
    /// The database to replay into, SQLite or PostgreSQL; it is migrated first. A throw-away SQLite
    /// file when absent.
    #[arg(long, value_name = "URL")]
    pub database_url: Option<String>,
    /// Where to write the report; standard output when absent.
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// First try each completion as a user who lacks the step's role.
    #[arg(long)]
    pub probe_denials: bool,
    /// Only the first so many cases of the log.
    #[arg(long, value_name = "COUNT")]
    pub limit_cases: Option<usize>,
}
