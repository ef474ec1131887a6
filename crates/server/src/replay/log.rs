//! An event log in memory.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, bail};
use chrono::{DateTime, SubsecRound, Utc};
use nexusflow_domain::Timestamp;

use crate::replay::table::Table;

/// Cases in the order in which they first appear.
#[derive(Debug, Default)]
pub(super) struct EventLog {
    pub cases: Vec<Case>,
    /// Rows left out because their lifecycle is not "complete".
    pub skipped: usize,
}

/// One case.
#[derive(Debug)]
pub(super) struct Case {
    pub id: String,
    /// By when it is to be done.
    pub deadline: Option<Timestamp>,
    /// In order of time, rows of the same time in file order. Never empty.
    pub events: Vec<LogEvent>,
}

/// One row.
#[derive(Debug, Clone)]
pub(super) struct LogEvent {
    pub activity: Arc<str>,
    pub resource: Arc<str>,
    pub group: Arc<str>,
    /// To the microsecond.
    pub at: Timestamp,
    /// Its place in the file: orders events of the same time.
    pub line: u64,
}

impl EventLog {
    /// Reads the log, and the deadlines of its cases when there is a file of them.
    pub fn load(events: &Path, cases: Option<&Path>) -> Result<Self> {
        let mut log = Self::read(Table::open(events)?)?;
        if let Some(cases) = cases {
            log.read_deadlines(Table::open(cases)?)?;
        }
        if log.cases.is_empty() {
            bail!("{}: there is no event in it", events.display());
        }
        Ok(log)
    }

    fn read(mut table: Table) -> Result<Self> {
        let (case_id, activity) = (Some(table.column("case_id")?), Some(table.column("activity")?));
        let (resource, timestamp) = (Some(table.column("resource")?), Some(table.column("timestamp")?));
        let (group, lifecycle) = (table.optional_column("group"), table.optional_column("lifecycle"));
        let mut log = Self::default();
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut texts = Texts::default();
        while let Some(row) = table.next_row()? {
            let stage = row.text(lifecycle);
            if !stage.is_empty() && !stage.eq_ignore_ascii_case("complete") {
                log.skipped += 1;
                continue;
            }
            for (name, column) in [("case_id", case_id), ("activity", activity), ("resource", resource)] {
                if row.text(column).is_empty() {
                    return Err(table.complaint(&row, format_args!("{name} is empty")));
                }
            }
            let at = instant(row.text(timestamp)).map_err(|error| table.complaint(&row, error))?;
            let event = LogEvent {
                activity: texts.shared(row.text(activity)),
                resource: texts.shared(row.text(resource)),
                group: texts.shared(row.text(group)),
                at,
                line: row.line,
            };
            let id = row.text(case_id);
            if let Some(&place) = places.get(id) {
                log.cases[place].events.push(event);
            } else {
                places.insert(id.to_owned(), log.cases.len());
                log.cases.push(Case { id: id.to_owned(), deadline: None, events: vec![event] });
            }
        }
        for case in &mut log.cases {
            case.events.sort_by_key(|event| event.at);
        }
        Ok(log)
    }

    fn read_deadlines(&mut self, mut table: Table) -> Result<()> {
        let case_id = Some(table.column("case_id")?);
        let Some(deadline) = table.optional_column("deadline") else { return Ok(()) };
        let mut deadlines = HashMap::new();
        while let Some(row) = table.next_row()? {
            let text = row.text(Some(deadline));
            if !text.is_empty() {
                let at = instant(text).map_err(|error| table.complaint(&row, error))?;
                deadlines.insert(row.text(case_id).to_owned(), at);
            }
        }
        for case in &mut self.cases {
            case.deadline = deadlines.get(&case.id).copied();
        }
        Ok(())
    }

    /// Every event as (case, number within it, from 0), in order of time; of the same time in file order.
    pub fn timeline(&self) -> Vec<(usize, usize)> {
        let all = self.cases.iter().enumerate();
        let mut order: Vec<_> = all.flat_map(|(case, c)| (0..c.events.len()).map(move |event| (case, event))).collect();
        order.sort_by_key(|&(case, event)| {
            let event = &self.cases[case].events[event];
            (event.at, event.line)
        });
        order
    }
}

/// ISO 8601 with an offset; a space may stand for the T. Source: RFC 3339 §5.6.
fn instant(text: &str) -> Result<Timestamp> {
    match DateTime::parse_from_rfc3339(text) {
        Ok(at) => Ok(at.with_timezone(&Utc).trunc_subsecs(6)),
        Err(error) => bail!("{text:?} is not a time with an offset, such as 2012-01-23T15:42:54.644+01:00: {error}"),
    }
}

/// Texts that repeat, each kept once.
#[derive(Default)]
struct Texts(HashMap<String, Arc<str>>);

impl Texts {
    fn shared(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.0.get(text) {
            return known.clone();
        }
        let shared: Arc<str> = text.into();
        self.0.insert(text.to_owned(), shared.clone());
        shared
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &'static str) -> Table {
        Table::read("log.csv".into(), Box::new(text.as_bytes())).unwrap()
    }

    #[test]
    fn reads_cases_in_order_and_events_by_time() {
        let log = EventLog::read(table(
            "case_id,activity,lifecycle,resource,group,timestamp\n\
             b,Second,complete,Ada,X,2020-01-01 10:00:00.5+01:00\n\
             a,First,complete,Ada,X,2020-01-01T09:00:00.5+00:00\n\
             b,Start,START,Ada,X,2020-01-01T01:00:00Z\n\
             b,Zeroth,complete,Bob,,2020-01-01T08:00:00Z\n",
        ))
        .unwrap();
        assert_eq!(log.cases.iter().map(|case| case.id.as_str()).collect::<Vec<_>>(), ["b", "a"]);
        assert_eq!(log.skipped, 1);
        let names: Vec<&str> = log.cases[0].events.iter().map(|event| &*event.activity).collect();
        assert_eq!(names, ["Zeroth", "Second"]);
        assert_eq!(log.timeline(), [(0, 0), (0, 1), (1, 0)], "equal times in file order");
    }

    #[test]
    fn a_bad_row_is_named_by_its_line() {
        for (text, complaint) in [
            ("case_id,activity,resource,timestamp\na,A,r,2020-01-01T00:00:00Z\na,A,r,yesterday\n", "line 3"),
            ("case_id,activity,resource,timestamp\na,A,r,2020-01-01T00:00:00\n", "line 2"),
            ("case_id,activity,resource,timestamp\na,,r,2020-01-01T00:00:00Z\n", "activity is empty"),
            ("case_id,activity,timestamp\na,A,2020-01-01T00:00:00Z\n", "no column \"resource\""),
            ("case_id,activity,resource,timestamp\na,A\n", "cannot read"),
        ] {
            let error = Table::read("log.csv".into(), Box::new(text.as_bytes())).and_then(EventLog::read).unwrap_err();
            assert!(format!("{error:#}").contains(complaint), "{error:#}");
        }
    }

    #[test]
    fn deadlines_may_be_absent() {
        let mut log = EventLog::read(table(
            "case_id,activity,resource,timestamp\na,A,r,2020-01-01T00:00:00Z\nb,A,r,2020-01-01T00:00:00Z\n",
        ))
        .unwrap();
        log.read_deadlines(table("case_id,deadline\na,2020-02-01T00:00:00+01:00\nb,\n")).unwrap();
        assert_eq!(log.cases[0].deadline.map(|at| at.to_rfc3339()).as_deref(), Some("2020-01-31T23:00:00+00:00"));
        assert_eq!(log.cases[1].deadline, None);
        log.read_deadlines(table("case_id\na\n")).unwrap();
    }
}
