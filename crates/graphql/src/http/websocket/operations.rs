use std::collections::HashMap;

use async_graphql::ServerError;
use futures::StreamExt;
use futures::stream::{AbortHandle, BoxStream, SelectAll};

/// What an operation produces.
#[derive(Debug)]
pub(super) enum Output {
    /// A result, written as JSON.
    Next(String),
    /// It was not begun; nothing follows.
    Refused(Vec<ServerError>),
    /// It ended.
    Complete,
}

/// The running operations of a connection, by the ids that the client chose.
#[derive(Default)]
pub(super) struct Operations {
    running: HashMap<String, AbortHandle>,
    outputs: SelectAll<BoxStream<'static, (String, Output)>>,
}

impl Operations {
    pub(super) fn contains(&self, id: &str) -> bool {
        self.running.contains_key(id)
    }

    pub(super) fn len(&self) -> usize {
        self.running.len()
    }

    /// Begins an operation; its outputs must end with `Refused` or `Complete`.
    pub(super) fn begin(&mut self, id: String, outputs: BoxStream<'static, Output>) {
        let (outputs, handle) = futures::stream::abortable(outputs);
        self.running.insert(id.clone(), handle);
        self.outputs.push(outputs.map(move |output| (id.clone(), output)).boxed());
    }

    /// Stops an operation, if it is running.
    pub(super) fn stop(&mut self, id: &str) {
        if let Some(handle) = self.running.remove(id) {
            handle.abort();
        }
    }

    /// The next output of any operation; waits for ever when none is running. Safe to drop while
    /// waiting.
    pub(super) async fn next(&mut self) -> (String, Output) {
        let Some((id, output)) = self.outputs.next().await else { return std::future::pending().await };
        if !matches!(output, Output::Next(_)) {
            self.running.remove(&id);
        }
        (id, output)
    }
}
