use std::collections::BTreeMap;

use anyhow::{Context, ensure};
use serde_json::Value;

use crate::server::Program;

/// An id as the journal means it, without hyphens. The API puts a prefix before it, and before a step's id its
/// request's.
pub fn plain(id: &str) -> String {
    let digits = id.rsplit('_').next().unwrap_or(id).replace('-', "");
    let own = digits.len().saturating_sub(32);
    digits.get(own..).unwrap_or(&digits).to_owned()
}

/// What happened to every request, in order, by plain id.
#[derive(Debug, Clone, Default)]
pub struct Journal {
    pub requests: BTreeMap<String, Vec<Event>>,
}

/// Something that happened.
#[derive(Debug, Clone)]
pub struct Event {
    pub kind: String,
    pub content: Value,
}

impl Journal {
    /// As `nexusflow audit export` writes it.
    pub fn export(program: &Program) -> anyhow::Result<Self> {
        let (lines, succeeded) = program.output(&["audit", "export"])?;
        ensure!(succeeded, "{lines}");
        let mut journal = Self::default();
        for line in lines.lines() {
            let mut record: Value = serde_json::from_str(line).context("a record of the export")?;
            let stream = record["stream"].as_str().unwrap_or_default();
            if stream.starts_with("req_") {
                let stream = plain(stream);
                let kind = record["event"].as_str().unwrap_or_default().to_owned();
                let content = record["payload"].take();
                journal.requests.entry(stream).or_default().push(Event { kind, content });
            }
        }
        Ok(journal)
    }

    pub fn events(&self) -> impl Iterator<Item = (&str, &Event)> {
        self.requests.iter().flat_map(|(request, events)| events.iter().map(move |event| (request.as_str(), event)))
    }
}

impl Event {
    pub fn is(&self, kinds: &[&str]) -> bool {
        kinds.contains(&self.kind.as_str())
    }

    /// A text of it; empty when it has none of that name.
    pub fn text(&self, field: &str) -> &str {
        self.content[field].as_str().unwrap_or_default()
    }

    /// An id of it, plain.
    pub fn id(&self, field: &str) -> String {
        plain(self.text(field))
    }
}
