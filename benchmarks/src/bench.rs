use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};
use serde::{Serialize, Serializer};

use crate::database::{Database, Place};
use crate::engine::Engine;
use crate::measures::Measure;
use crate::report::Goal;
use crate::server::Server;

/// The command line.
#[derive(Debug, Parser)]
#[command(name = "bench", about = "NexusFlow's benchmarks, as ratios measured in one run")]
pub struct Arguments {
    /// A superuser's URL of a `PostgreSQL` server; without it only `SQLite` is measured
    #[arg(long, env = "NEXUSFLOW_BENCH_DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// The program `pgbench`
    #[arg(long, env = "NEXUSFLOW_BENCH_PGBENCH", default_value = "pgbench", value_name = "FILE")]
    pub pgbench: PathBuf,
    /// The program `nexusflow`; the one beside this program when left out
    #[arg(long, value_name = "FILE")]
    pub server: Option<PathBuf>,
    /// Where the results are written
    #[arg(long, env = "NEXUSFLOW_BENCH_JSON", default_value = "target/bench/results.json", value_name = "FILE")]
    pub json: PathBuf,
    /// Only these measures
    #[arg(long, value_enum, num_args = 1.., value_delimiter = ',', value_name = "NAME")]
    pub only: Vec<Measure>,
    /// Small sizes and short rounds: whether everything runs, not how fast
    #[arg(long, conflicts_with = "full")]
    pub quick: bool,
    /// Lists and growth at a million requests; filling the tables takes many minutes
    #[arg(long)]
    pub full: bool,
    /// How long each side of a round takes
    #[arg(long, value_parser = seconds, value_name = "SECONDS")]
    pub seconds: Option<Duration>,
    /// How many rounds there are, after one to warm up
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    pub rounds: Option<u32>,
}

/// How large and how long everything is.
#[derive(Debug, Clone, Serialize)]
pub struct Sizes {
    /// How long each side of a round takes.
    #[serde(serialize_with = "as_seconds")]
    pub round: Duration,
    /// After one to warm up.
    pub rounds: u32,
    /// How many requests take a transition in one go.
    pub wave: usize,
    /// Requests of the nested read.
    pub nested: u64,
    /// Requests of the longer lists.
    pub lists: u64,
    /// Requests of the grown database.
    pub growth: u64,
    /// How long the server is under load before its memory is read.
    #[serde(serialize_with = "as_seconds")]
    pub memory: Duration,
    /// How often a server is started.
    pub starts: u32,
}

impl Arguments {
    /// What to measure.
    pub fn measures(&self) -> Vec<Measure> {
        let all = Measure::value_variants().iter().copied();
        all.filter(|measure| self.only.is_empty() || self.only.contains(measure)).collect()
    }

    /// The sizes that were asked for.
    pub fn sizes(&self) -> Sizes {
        let usual = Sizes {
            round: Duration::from_secs(5),
            rounds: 5,
            wave: 8_192,
            nested: 100_000,
            lists: 100_000,
            growth: 100_000,
            memory: Duration::from_mins(1),
            starts: 20,
        };
        let sizes = if self.quick {
            Sizes {
                round: Duration::from_millis(500),
                rounds: 1,
                wave: 256,
                nested: 2_000,
                lists: 2_000,
                growth: 2_000,
                memory: Duration::from_secs(2),
                starts: 3,
            }
        } else if self.full {
            Sizes { lists: 1_000_000, growth: 1_000_000, ..usual }
        } else {
            usual
        };
        Sizes { round: self.seconds.unwrap_or(sizes.round), rounds: self.rounds.unwrap_or(sizes.rounds), ..sizes }
    }
}

/// What every measure is given.
pub struct Bench {
    pub place: Place,
    pub sizes: Sizes,
    pub server: PathBuf,
    pub pgbench: PathBuf,
}

impl Bench {
    pub fn new(arguments: &Arguments, place: Place) -> Result<Self> {
        let beside = || Ok(std::env::current_exe()?.with_file_name("nexusflow"));
        let server = arguments
            .server
            .clone()
            .map_or_else(beside, |path| std::path::absolute(path).map_err(anyhow::Error::from))?;
        anyhow::ensure!(
            server.is_file(),
            "expected the program nexusflow at {}; build it or name it with --server",
            server.display()
        );
        Ok(Self { place, sizes: arguments.sizes(), server, pgbench: arguments.pgbench.clone() })
    }

    /// Does something on a database of its own and the engine on it, and leaves nothing behind.
    pub async fn on_database<T>(
        &self,
        name: &str,
        measure: impl AsyncFnOnce(&Database, &Engine) -> Result<T>,
    ) -> Result<T> {
        let database = Database::create(&self.place, name).await.with_context(|| format!("the database {name}"))?;
        let engine = Engine::open(&database).await?;
        let measured = measure(&database, &engine).await;
        engine.close().await;
        let removed = database.remove().await;
        let measured = measured?;
        removed.map(|()| measured)
    }

    /// Starts the program on a database.
    pub fn serve(&self, database: &Database) -> Result<Server> {
        Server::start(&self.server, database)
    }

    /// A goal that is set for `PostgreSQL` alone.
    pub fn on_postgres(&self, goal: Goal) -> Option<Goal> {
        self.place.is_postgres().then_some(goal)
    }
}

fn as_seconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64())
}

fn seconds(text: &str) -> Result<Duration, String> {
    let expected = || format!("expected a number of seconds greater than 0, found {text:?}");
    let seconds = text.parse::<f64>().map_err(|_| expected())?;
    Duration::try_from_secs_f64(seconds).ok().filter(|duration| !duration.is_zero()).ok_or_else(expected)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn sizes_follow_the_arguments() {
        let sizes = |more: &[&str]| Arguments::try_parse_from(["bench"].iter().chain(more)).map(|args| args.sizes());
        assert_eq!(sizes(&["--full"]).unwrap().growth, 1_000_000);
        let quick = sizes(&["--quick", "--seconds", "0.25", "--rounds", "2"]).unwrap();
        assert_eq!((quick.round, quick.rounds, quick.wave), (Duration::from_millis(250), 2, 256));
        assert!(sizes(&["--seconds", "0"]).is_err() && sizes(&["--quick", "--full"]).is_err());
    }

    #[test]
    fn measures_can_be_chosen() {
        let arguments = Arguments::try_parse_from(["bench", "--only", "core", "latency"]).unwrap();
        assert_eq!(arguments.measures(), [Measure::Latency, Measure::Core]);
    }
}
