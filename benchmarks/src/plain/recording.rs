//! What a transition of the engine wrote, read off the tables before and after it.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use uuid::Uuid;

use crate::database::Database;
use crate::plain::template::{Cell, Template};

const REQUESTS: &str = "workflow_requests";
const STEPS: &str = "request_steps";
const RECORDS: &str = "audit_logs";

/// Tables that hold rows of a request, and the column that says of which; a step's completion in a
/// sequence writes to the first three.
const TABLES: [(&str, &str); 8] = [
    (REQUESTS, "id"),
    (STEPS, "request_id"),
    (RECORDS, "request_id"),
    ("jobs", "request_id"),
    ("message_subscriptions", "request_id"),
    ("request_step_exclusions", "request_id"),
    ("sla_escalations", "request_id"),
    ("notifications", "request_id"),
];

/// A row's values by column: as text on `PostgreSQL`, as literals of SQL on `SQLite`.
type Row = BTreeMap<String, Option<String>>;

/// Everything that is stored of a request.
pub struct Snapshot {
    tables: BTreeMap<&'static str, Vec<Row>>,
}

impl Snapshot {
    pub async fn read(database: &Database, request: Uuid) -> Result<Self> {
        let mut tables = BTreeMap::new();
        for (table, key) in TABLES {
            let columns = database.columns(table).await?;
            let texts = columns.iter().map(|column| text(database, column));
            let texts = texts.collect::<Vec<_>>().join(", ");
            let rows =
                database.rows(&format!("SELECT {texts} FROM {table} WHERE {key} = $1"), [request.into()]).await?;
            let rows = rows.iter().map(|row| {
                let values = columns.iter().enumerate();
                values
                    .map(|(place, column)| Ok((column.clone(), row.try_get_by_index(place)?)))
                    .collect::<Result<Row>>()
            });
            tables.insert(table, rows.collect::<Result<_>>()?);
        }
        Ok(Self { tables })
    }

    fn rows(&self, table: &str) -> &[Row] {
        self.tables.get(table).map_or(&[], Vec::as_slice)
    }
}

/// A column's value as it stands in a [`Row`].
fn text(database: &Database, column: &str) -> String {
    if database.is_postgres() {
        format!("{column}::text")
    } else {
        format!("CASE WHEN {column} IS NOT NULL THEN quote({column}) END")
    }
}

/// The statements of one transition, in the order in which the engine takes locks.
pub struct Transition {
    pub statements: Vec<Template>,
    /// The version before it.
    pub version: u64,
    /// By how much the version grows: the number of journal rows.
    pub records: u64,
}

impl Transition {
    /// What is different; an error when that is more than what a completion in a sequence writes.
    pub fn between(before: &Snapshot, after: &Snapshot) -> Result<Self> {
        for (table, _) in TABLES.iter().skip(3) {
            ensure!(before.rows(table) == after.rows(table), "the transition writes to {table}, which is not expected");
        }
        let ([old], [new]) = (before.rows(REQUESTS), after.rows(REQUESTS)) else {
            anyhow::bail!("expected one request");
        };
        let (version, organization) = (number(old, "version")?, constant(old, "organization_id")?);
        let mut new_records: Vec<&Row> =
            after.rows(RECORDS).iter().filter(|row| !before.rows(RECORDS).contains(row)).collect();
        new_records.sort_by_key(|row| number(row, "seq").unwrap_or_default());
        let records = new_records.len() as u64;
        let request = assignments(old, new, |column| (column == "version").then_some(Cell::Version(records)));
        let of_request =
            [("id", Cell::Request), ("organization_id", organization.clone()), ("version", Cell::Version(0))];
        let (finished, opened) = steps(before.rows(STEPS), after.rows(STEPS))?;
        let of_step = [("request_id", Cell::Request), ("organization_id", organization), ("id", Cell::Finished)];
        let step = |column: &str| match column {
            "request_id" => Some(Cell::Request),
            "id" => Some(Cell::Opened),
            _ => None,
        };
        let inserted = new_records.iter().zip(1..).map(|(row, place)| {
            let record = |column: &str| (column == "seq").then_some(Cell::Version(place)).or_else(|| step(column));
            ensure!(number(row, "seq")? == version + place, "the journal's numbers have a gap");
            Ok(values(row, record))
        });
        let statements = vec![
            Template::update(REQUESTS, request, &of_request),
            Template::insert(STEPS, &[values(opened, step)]),
            Template::update(STEPS, finished, &of_step),
            Template::insert(RECORDS, &inserted.collect::<Result<Vec<_>>>()?),
        ];
        Ok(Self { statements, version, records })
    }
}

/// What changes in the step that ends, and the row of the one that opens.
fn steps<'a>(before: &[Row], after: &'a [Row]) -> Result<(Vec<(String, Cell)>, &'a Row)> {
    let id = |row: &Row| row.get("id").cloned();
    let old_of = |new: &Row| before.iter().find(|old| id(old) == id(new));
    let changed: Vec<_> =
        after.iter().filter_map(|new| old_of(new).filter(|old| *old != new).map(|old| (old, new))).collect();
    let opened: Vec<&Row> = after.iter().filter(|new| old_of(new).is_none()).collect();
    let ([(old, new)], [opened]) = (&changed[..], &opened[..]) else {
        anyhow::bail!("expected one step to end and one to open, found {} and {}", changed.len(), opened.len());
    };
    Ok((assignments(old, new, |_| None), opened))
}

/// The columns that differ, with their new values.
fn assignments(old: &Row, new: &Row, own: impl Fn(&str) -> Option<Cell>) -> Vec<(String, Cell)> {
    values(new, own).into_iter().filter(|(column, _)| old.get(column) != new.get(column)).collect()
}

fn values(row: &Row, own: impl Fn(&str) -> Option<Cell>) -> Vec<(String, Cell)> {
    let cell = |value: &Option<String>| value.clone().map_or(Cell::Null, Cell::Constant);
    row.iter().map(|(column, value)| (column.clone(), own(column).unwrap_or_else(|| cell(value)))).collect()
}

fn constant(row: &Row, column: &str) -> Result<Cell> {
    Ok(Cell::Constant(row.get(column).cloned().flatten().with_context(|| format!("no {column}"))?))
}

fn number(row: &Row, column: &str) -> Result<u64> {
    let text = row.get(column).cloned().flatten().with_context(|| format!("no {column}"))?;
    text.parse().with_context(|| format!("{column}: {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(values: &[(&str, &str)]) -> Row {
        let value = |text: &str| (text != "null").then(|| text.to_owned());
        values.iter().map(|(column, text)| ((*column).to_owned(), value(text))).collect()
    }

    fn snapshot(version: &str, steps: &[&[(&str, &str)]], records: &[&[(&str, &str)]]) -> Snapshot {
        let request = row(&[("id", "r"), ("organization_id", "o"), ("title", "T"), ("version", version)]);
        let rows = |rows: &[&[(&str, &str)]]| rows.iter().map(|values| row(values)).collect();
        let tables = [(REQUESTS, vec![request]), (STEPS, rows(steps)), (RECORDS, rows(records))];
        Snapshot { tables: BTreeMap::from(tables) }
    }

    fn shown(cell: &Cell) -> String {
        match cell {
            Cell::Constant(text) => format!("'{text}'"),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn a_transition_is_what_changed() {
        let first: &[_] = &[("id", "s1"), ("request_id", "r"), ("status", "ACTIVE"), ("by", "null")];
        let before = snapshot("3", &[first], &[&[("request_id", "r"), ("seq", "3")]]);
        let after = snapshot(
            "4",
            &[
                &[("id", "s1"), ("request_id", "r"), ("status", "COMPLETED"), ("by", "null")],
                &[("id", "s2"), ("request_id", "r"), ("status", "ACTIVE"), ("by", "null")],
            ],
            &[&[("request_id", "r"), ("seq", "3")], &[("request_id", "r"), ("seq", "4")]],
        );
        let transition = Transition::between(&before, &after).unwrap();
        let sql: Vec<String> = transition.statements.iter().map(|statement| statement.render(shown)).collect();
        assert_eq!(
            sql,
            [
                "UPDATE workflow_requests SET version = Version(1) \
                 WHERE id = Request AND organization_id = 'o' AND version = Version(0)",
                "INSERT INTO request_steps (by, id, request_id, status) VALUES (Null, Opened, Request, 'ACTIVE')",
                "UPDATE request_steps SET status = 'COMPLETED' \
                 WHERE request_id = Request AND organization_id = 'o' AND id = Finished",
                "INSERT INTO audit_logs (request_id, seq) VALUES (Request, Version(1))",
            ]
        );
        assert_eq!((transition.version, transition.records), (3, 1));
    }

    #[test]
    fn what_is_not_expected_is_an_error() {
        let first: &[_] = &[("id", "s1"), ("request_id", "r"), ("status", "ACTIVE")];
        let before = snapshot("3", &[first], &[]);
        assert!(Transition::between(&before, &before).is_err(), "nothing happened");
        let mut with_job = snapshot("3", &[first], &[]);
        with_job.tables.insert("jobs", vec![row(&[("id", "j")])]);
        let error = Transition::between(&before, &with_job).err().unwrap().to_string();
        assert!(error.contains("jobs"), "{error}");
    }
}
