use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use flate2::read::GzDecoder;
use nexusflow_server::replay::ReplayArgs;

use crate::database_support::say;

/// A log with a graph mined from it.
pub struct Log {
    folder: PathBuf,
    pub graph: PathBuf,
}

/// A row of a log: activity, resource, time.
pub type LogRow = (String, String, DateTime<Utc>);

impl Log {
    /// The log of this name; `None`, and a remark, where the data is absent.
    pub fn find(name: &str, graph: &str) -> Option<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/logs").join(name);
        if !folder.exists() {
            say("skipped: ../shared/data is absent");
            return None;
        }
        let graph = folder.join(graph).with_extension("json");
        Some(Self { folder, graph })
    }

    /// A replay of the whole log into a database.
    pub fn args(&self, database_url: &str, probe_denials: bool) -> ReplayArgs {
        ReplayArgs {
            workflow: self.graph.clone(),
            log: self.folder.join("events.csv.gz"),
            cases: Some(self.folder.join("cases.csv.gz")),
            database_url: Some(database_url.to_owned()),
            report: None,
            probe_denials,
            limit_cases: None,
        }
    }

    /// The rows of each case, read without any code of the replay.
    pub fn rows(&self) -> anyhow::Result<BTreeMap<String, Vec<LogRow>>> {
        let mut reader = csv::Reader::from_reader(GzDecoder::new(File::open(self.folder.join("events.csv.gz"))?));
        let mut cases: BTreeMap<String, Vec<LogRow>> = BTreeMap::new();
        for record in reader.deserialize() {
            let row: BTreeMap<String, String> = record?;
            let at = DateTime::parse_from_rfc3339(&row["timestamp"])?.to_utc();
            let event = (row["activity"].clone(), row["resource"].clone(), at);
            cases.entry(row["case_id"].clone()).or_default().push(event);
        }
        Ok(cases)
    }
}

/// Whether the long runs are wanted.
pub fn full() -> bool {
    let wanted = std::env::var_os("NEXUSFLOW_TEST_FULL").is_some_and(|value| value == "1");
    if !wanted {
        say("skipped: NEXUSFLOW_TEST_FULL is not 1");
    }
    wanted
}
