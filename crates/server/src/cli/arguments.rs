use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use nexusflow_domain::ids::RequestId;
use nexusflow_domain::workflow::verification::EndSemantics;

use crate::demo::DemoArgs;
use crate::replay::ReplayArgs;
use crate::settings::{LogFormat, Overrides, Settings, SettingsError};

/// A workflow engine: approvals, SLAs and a journal that can be trusted.
#[derive(Debug, Parser)]
#[command(name = "nexusflow", version, about, args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// What to do; `serve` when left out.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The flags of `serve`.
    #[command(flatten)]
    pub serve: ServeArgs,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the API and fire timers (the default)
    Serve(ServeArgs),
    /// Fire timers only; any number may share one PostgreSQL
    Worker(CommonArgs),
    /// Play a building-permit process through a database of its own, then serve it
    Demo(DemoArgs),
    /// Drive a real event log through the API, in the log's own time
    Replay(ReplayArgs),
    /// Apply pending migrations
    Migrate(CommonArgs),
    /// Look after organizations
    Organization {
        /// What to do
        #[command(subcommand)]
        command: OrganizationCommand,
    },
    /// Verify and export the audit log
    Audit {
        /// What to do
        #[command(subcommand)]
        command: AuditCommand,
    },
    /// Verify the control flow of graphs, without a database: a JSON line each, with the verdict and a
    /// run that shows what is wrong; exit code 1 when something is no graph
    Verify(VerifyArgs),
    /// Print the GraphQL schema
    Schema,
    /// Ask a running server whether it is ready; exit code 1 when not
    Healthcheck(ServeArgs),
}

/// What every command on a database takes.
#[derive(Debug, Clone, Default, Args)]
pub struct CommonArgs {
    /// The configuration file; nexusflow.toml in the working folder when it is there
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The database: `sqlite://path?mode=rwc` or `postgres://user:password@host/database`
    #[arg(long, value_name = "URL")]
    pub database_url: Option<String>,
    /// The form of log lines
    #[arg(long, value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
}

/// The flags of `serve`.
#[derive(Debug, Clone, Default, Args)]
pub struct ServeArgs {
    /// Where the settings come from.
    #[command(flatten)]
    pub common: CommonArgs,
    /// Where to listen, such as 127.0.0.1:8080
    #[arg(long, value_name = "ADDRESS")]
    pub address: Option<String>,
    /// Let everybody read the schema, signed in or not
    #[arg(long)]
    pub development: bool,
    /// Leave the timers to other processes
    #[arg(long)]
    pub no_worker: bool,
}

/// What to verify, and what makes a run complete.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// When a run is complete
    #[arg(long, value_enum, value_name = "SEMANTICS", default_value_t)]
    pub end_semantics: EndSemanticsName,
    /// Graphs of nodes and edges, or workflow documents: one JSON object a file, or one a line
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

/// The names of the end semantics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum EndSemanticsName {
    /// Each end swallows its token; complete when none is left
    #[default]
    Bpmn,
    /// All ends lead to one sink; complete with exactly one token, there
    WorkflowNet,
}

impl From<EndSemanticsName> for EndSemantics {
    fn from(name: EndSemanticsName) -> Self {
        match name {
            EndSemanticsName::Bpmn => Self::Bpmn,
            EndSemanticsName::WorkflowNet => Self::WorkflowNet,
        }
    }
}

/// Commands on organizations.
#[derive(Debug, Subcommand)]
pub enum OrganizationCommand {
    /// Create an organization with its first administrator, who owns it. The password is
    /// `NEXUSFLOW_ADMIN_PASSWORD`, else the first line of standard input
    Create(CreateArgs),
}

/// A new organization.
#[derive(Debug, Args)]
pub struct CreateArgs {
    /// Where the settings come from.
    #[command(flatten)]
    pub common: CommonArgs,
    /// For people, such as "Example Ltd"
    #[arg(long)]
    pub name: String,
    /// For addresses and signing in, such as example
    #[arg(long)]
    pub slug: String,
    /// The administrator's address, which is the login name
    #[arg(long, value_name = "ADDRESS")]
    pub admin_email: String,
    /// The administrator's name
    #[arg(long, value_name = "NAME")]
    pub admin_name: String,
}

/// Commands on the audit log.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Check every chain, and that every stored state is what its journal leads to; exit code 1 when
    /// something does not fit
    Verify(CommonArgs),
    /// Write the audit log as JSON lines
    Export(ExportArgs),
}

/// What to export, and where to.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// Where the settings come from.
    #[command(flatten)]
    pub common: CommonArgs,
    /// Only this request's journal
    #[arg(long, value_name = "ID")]
    pub request: Option<RequestId>,
    /// The file to write, which is replaced; standard output when left out
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

impl CommonArgs {
    /// The settings that result.
    pub fn settings(&self) -> Result<Settings, SettingsError> {
        Settings::load(self.config.as_deref(), &self.overrides())
    }

    fn overrides(&self) -> Overrides {
        Overrides { database_url: self.database_url.clone(), log_format: self.log_format, ..Overrides::default() }
    }
}

impl ServeArgs {
    /// The settings that result.
    pub fn settings(&self) -> Result<Settings, SettingsError> {
        let overrides = Overrides {
            address: self.address.clone(),
            development: self.development.then_some(true),
            worker: self.no_worker.then_some(false),
            ..self.common.overrides()
        };
        Settings::load(self.common.config.as_deref(), &overrides)
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn serve_is_what_happens_without_a_command() {
        let cli = Cli::try_parse_from(["nexusflow", "--address", "127.0.0.1:1"]).unwrap();
        assert!(cli.command.is_none() && cli.serve.address.as_deref() == Some("127.0.0.1:1"));
        let cli = Cli::try_parse_from(["nexusflow", "serve", "--no-worker"]).unwrap();
        assert!(matches!(cli.command, Some(Command::Serve(ServeArgs { no_worker: true, .. }))));
        assert!(Cli::try_parse_from(["nexusflow", "audit", "export", "--request", "wf_1"]).is_err());
    }
}
