use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use nexusflow_domain::insight::AuditRecord;
use nexusflow_server::compose::{Parts, compose};
use nexusflow_server::replay::Report;
use nexusflow_server::settings::{DatabaseUrl, Secret, Settings};
use serde_json::Value;
use uuid::Uuid;

use super::Log;
use super::log::LogRow;

/// Compares the audit export of every completed request with the rows of its case: the same
/// activities by the same people at the same times. A case that deviates is no matter here, whatever
/// became of its request.
pub async fn compare_export(database_url: &str, log: &Log, report: &Report) -> anyhow::Result<()> {
    let records = export(database_url).await?;
    let people = people(&records);
    let steps = step_names(log)?;
    let rows = log.rows()?;
    let deviating: BTreeSet<&str> = report.deviations.iter().map(|deviation| deviation.case.as_str()).collect();
    let mut compared = 0;
    for journal in journals(&records).into_values() {
        let case = case_of(&journal).context("a journal that does not begin with its creation")?;
        let completed = journal.iter().any(|record| record.event == "REQUEST_COMPLETED");
        if !completed || deviating.contains(case.as_str()) {
            continue;
        }
        let completions: Vec<LogRow> = journal
            .iter()
            .filter(|record| record.event == "STEP_COMPLETED")
            .map(|record| completion(record, &people, &steps))
            .collect::<Option<_>>()
            .with_context(|| format!("the journal of {case} names somebody or something unknown"))?;
        assert_eq!(completions, rows[&case], "{case}");
        compared += 1;
    }
    assert_eq!(compared, report.completed);
    Ok(())
}

async fn export(database_url: &str) -> anyhow::Result<Vec<AuditRecord>> {
    let mut settings = Settings::default();
    settings.database.url = DatabaseUrl::new(database_url);
    settings.auth.token_secret = Some(Secret::new("a key of no importance with 32 bytes"));
    let services = compose(&settings, Parts::default()).await?;
    let mut records = Vec::new();
    let mut sink = |record: &AuditRecord| {
        records.push(record.clone());
        true
    };
    services.application.audit.export(None, &mut sink).await?;
    services.close().await;
    Ok(records)
}

/// Users by id, as the organization's stream has them made.
fn people(records: &[AuditRecord]) -> BTreeMap<Uuid, String> {
    let made = records.iter().filter(|record| record.event == "USER_CREATED");
    made.filter_map(|record| Some((record.subject.as_ref()?.1, text(record.after.as_deref()?, "name")?))).collect()
}

/// Activities by step: the importer keeps the ids of the graph's nodes as keys.
fn step_names(log: &Log) -> anyhow::Result<BTreeMap<String, String>> {
    let graph: Value = serde_json::from_str(&std::fs::read_to_string(&log.graph)?)?;
    let nodes = graph["nodes"].as_array().context("nodes")?;
    let names =
        nodes.iter().filter_map(|node| Some((node["id"].as_str()?.to_owned(), node["label"].as_str()?.to_owned())));
    Ok(names.collect())
}

fn journals(records: &[AuditRecord]) -> BTreeMap<Uuid, Vec<&AuditRecord>> {
    let mut journals: BTreeMap<Uuid, Vec<&AuditRecord>> = BTreeMap::new();
    for record in records.iter().filter(|record| record.stream != record.organization.uuid()) {
        journals.entry(record.stream).or_default().push(record);
    }
    journals
}

fn case_of(journal: &[&AuditRecord]) -> Option<String> {
    let created = journal.first().filter(|record| record.event == "REQUEST_CREATED")?;
    text(&created.payload, "reference")
}

fn completion(
    record: &AuditRecord,
    people: &BTreeMap<Uuid, String>,
    steps: &BTreeMap<String, String>,
) -> Option<LogRow> {
    let step = text(&record.payload, "step")?;
    Some((steps.get(&step)?.clone(), people.get(&record.actor?.uuid())?.clone(), record.at))
}

fn text(json: &str, field: &str) -> Option<String> {
    let value: Value = serde_json::from_str(json).ok()?;
    Some(value.get(field)?.as_str()?.to_owned())
}
