//! Checks and drivers of the workspace, run as `cargo xtask <command>`.
//!
//! It knows the workspace from the outside only: manifests, processes and files. It depends on none of the product's crates, so
//! that it builds in seconds and can judge them. One more check is one more module with a `run` function and a [`Command`] variant.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool answers on its standard streams")]

mod bench;
mod faults;
mod layers;
mod schema;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Checks and drivers of the NexusFlow workspace")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Fail on every dependency that points the wrong way between the layers
    Layers,
    /// Compare schema.graphql with the schema that the server prints
    Schema {
        /// Write schema.graphql instead of comparing it
        #[arg(long)]
        write: bool,
    },
    /// Build and run the benchmarks in release mode
    Bench {
        /// Handed to the benchmarks as they are
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Do harm to servers under load and prove that nothing is lost; `--help` after it says how
    Faults {
        /// Handed to the harness as they are
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Layers => layers::run(),
        Command::Schema { write } => schema::run(write),
        Command::Bench { arguments } => bench::run(&arguments),
        Command::Faults { arguments } => faults::run(&arguments),
    };
    // Not returned from main: a backtrace would bury the list that a failed check is about.
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}
