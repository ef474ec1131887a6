//! Whether the server's records say what the log says.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use futures::{StreamExt, TryStreamExt, stream};
use indicatif::ProgressBar;

use crate::replay::drive::{CaseState, Drive};
use crate::replay::journal::{self, Completion, Recorded};
use crate::replay::log::Case;
use crate::replay::report::Report;

/// Requests read at the same time.
const AT_ONCE: usize = 4;

/// Counts the cases, compares every completed request with its case, counts the denials and verifies
/// the audit log. What does not fit goes into the report's failures.
pub(super) async fn check(drive: Drive<'_>, progress: &ProgressBar) -> Result<Report> {
    let completed = drive.completed();
    let admin = &drive.team.admin;
    let records: Vec<(usize, Recorded)> = stream::iter(&completed)
        .map(|(case, id)| async move {
            let recorded = journal::recorded(admin, id).await.with_context(|| format!("reading the request {id}"))?;
            progress.inc(1);
            Ok::<_, anyhow::Error>((*case, recorded))
        })
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    let denials = journal::count(admin, "ACCESS_DENIED").await.context("counting the denials")?;
    let verification = drive.host.application().audit.verify_all().await.context("verifying the audit log")?;
    let names = drive.step_names();
    let mut report = drive.tally();
    for (case, recorded) in &records {
        let facts = &drive.log.cases[*case];
        compare(facts, recorded, &drive.expected(*case), &names, &mut report);
    }
    if denials != report.denials_probed {
        report.failures.push(format!("{} probes, but {denials} denials on record", report.denials_probed));
    }
    report.audit_verified = verification.is_intact();
    report.failures.extend(
        verification
            .findings
            .iter()
            .take(10)
            .map(|finding| format!("audit of {:?}, record {}: {}", finding.stream, finding.seq, finding.problem)),
    );
    Ok(report)
}

/// Compares one completed request with its case.
fn compare(
    case: &Case,
    recorded: &Recorded,
    expected: &[(String, Completion)],
    names: &BTreeMap<&str, &str>,
    report: &mut Report,
) {
    let late = recorded.completed_at > recorded.due_at && recorded.due_at.is_some();
    let escalated = recorded.escalations > 0;
    report.completed_after_due += usize::from(late);
    report.completed_escalated += usize::from(escalated);
    let mut complain = |message: String| report.failures.push(format!("case {}: {message}", case.id));
    if late != escalated {
        complain(format!("late: {late}, escalated: {escalated}"));
    }
    if recorded.status != "COMPLETED" || recorded.due_at != case.deadline {
        complain(format!("status {}, due {:?} instead of {:?}", recorded.status, recorded.due_at, case.deadline));
    }
    if recorded.completed_at != case.events.last().map(|event| event.at) {
        complain(format!("completed at {:?}, not with its last event", recorded.completed_at));
    }
    if recorded.completions.len() != expected.len() {
        complain(format!("{} completions on record, {} in the log", recorded.completions.len(), expected.len()));
    }
    for (found, (activity, expected)) in recorded.completions.iter().zip(expected) {
        if found != expected || names.get(found.step.as_str()) != Some(&activity.as_str()) {
            complain(format!("on record {found:?}, in the log {activity:?}: {expected:?}"));
        }
    }
}

impl Drive<'_> {
    /// Cases whose every event was accepted and whose request is completed, with the request's id.
    fn completed(&self) -> Vec<(usize, String)> {
        let running = self.cases.iter().enumerate().filter_map(|(case, state)| match state {
            CaseState::Running(progress) if progress.status == "COMPLETED" => Some((case, progress.id.clone())),
            CaseState::Running(_) | CaseState::Waiting | CaseState::Stopped => None,
        });
        running.collect()
    }

    /// The report with the cases counted, and a complaint about each that ended otherwise than planned.
    fn tally(&self) -> Report {
        let mut report = self.report.clone();
        report.cases = self.log.cases.len();
        report.events_total = self.log.cases.iter().map(|case| case.events.len()).sum();
        report.deviating = report.deviations.len();
        for (case, state) in self.cases.iter().enumerate() {
            let CaseState::Running(progress) = state else { continue };
            let completed = match progress.status.as_str() {
                "COMPLETED" => true,
                "IN_PROGRESS" => false,
                status => {
                    report.failures.push(format!("case {}: its request is {status}", self.log.cases[case].id));
                    continue;
                }
            };
            let count = if completed { &mut report.completed } else { &mut report.open };
            *count += 1;
            if completed != self.plan.cases[case].completed {
                let id = &self.log.cases[case].id;
                report.failures.push(format!("case {id}: completed is {completed}, otherwise than planned"));
            }
        }
        report
    }

    fn step_names(&self) -> BTreeMap<&str, &str> {
        self.plan.document.steps.iter().map(|step| (step.key.as_str(), step.name.as_str())).collect()
    }

    /// What must be on record of a case: activity, and the completion with the planned step.
    fn expected(&self, case: usize) -> Vec<(String, Completion)> {
        let (facts, plan) = (&self.log.cases[case], &self.plan.cases[case]);
        let events = facts.events.iter().zip(&plan.events).map(|(event, planned)| {
            let email = self.team.member(&event.resource).map(|member| member.email.clone()).unwrap_or_default();
            let completion = Completion { step: planned.step.to_string(), email, at: event.at };
            (event.activity.to_string(), completion)
        });
        events.collect()
    }
}
