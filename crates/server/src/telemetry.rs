//! Logs: structured lines on standard error. Spans and events carry ids, never variables of
//! requests, tokens or passwords; the use cases' spans skip their arguments.

use std::io::{self, IsTerminal};

use anyhow::Context;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::layer;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::settings::{LogFormat, LogSettings};

/// Starts logging for the whole process; fails on a filter that cannot be read, and when called twice.
pub fn start(settings: &LogSettings) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&settings.filter).with_context(|| {
        format!("log.filter: expected levels such as info,nexusflow_server=debug, found {:?}", settings.filter)
    })?;
    let registry = tracing_subscriber::registry().with(filter);
    let colours = io::stderr().is_terminal();
    match settings.format {
        LogFormat::Pretty => registry.with(layer().with_ansi(colours).with_writer(io::stderr)).try_init(),
        LogFormat::Json => {
            registry.with(layer().json().flatten_event(true).with_current_span(true).with_writer(io::stderr)).try_init()
        }
    }
    .context("logging was started before")
}
