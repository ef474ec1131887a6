//! The replay itself: every event of the log, in order of time.

use std::collections::BTreeMap;

use anyhow::Result;
use indicatif::ProgressBar;
use nexusflow_domain::workflow::{CandidateDocument, WorkflowDocument};

use crate::replay::host::Host;
use crate::replay::log::{EventLog, LogEvent};
use crate::replay::operations::{self, OpenStep, Progress, Start};
use crate::replay::plan::{Plan, PlannedEvent};
use crate::replay::probe;
use crate::replay::report::{Deviation, Report};
use crate::replay::team::Team;

/// A replay with more failures than this is given up.
const MAX_FAILURES: usize = 25;

/// Everything that a replay works with.
pub(super) struct Drive<'a> {
    pub host: &'a Host,
    pub team: &'a Team,
    pub log: &'a EventLog,
    pub plan: &'a Plan,
    /// The workflow's id.
    pub workflow: &'a str,
    pub probe_denials: bool,
    /// Where each case has got to; as long as the log has cases.
    pub cases: Vec<CaseState>,
    pub report: Report,
}

/// Where a case has got to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum CaseState {
    /// None of its events has happened.
    #[default]
    Waiting,
    /// Every event so far was accepted.
    Running(Progress),
    /// An event was impossible, or a call failed: the rest of the case is left out.
    Stopped,
}

impl Drive<'_> {
    /// Plays the whole log. Afterwards the clock shows the time of its last event, and exactly the
    /// timers due by then have fired.
    pub async fn run(&mut self, progress: &ProgressBar) -> Result<()> {
        for (case, event) in self.log.timeline() {
            progress.inc(1);
            if self.cases[case] == CaseState::Stopped {
                continue;
            }
            if let Err(error) = self.step(case, event).await {
                self.fail(case, event, &format!("{error:#}"));
                self.cases[case] = CaseState::Stopped;
                if self.report.failures.len() >= MAX_FAILURES {
                    anyhow::bail!("too many failures:\n{}", self.report.failures.join("\n"));
                }
            }
        }
        Ok(())
    }

    async fn step(&mut self, case: usize, number: usize) -> Result<()> {
        let event = &self.log.cases[case].events[number];
        self.host.advance_to(event.at).await?;
        let CaseState::Running(progress) = self.reached(case, event).await? else { return Ok(()) };
        let plan = self.plan.cases[case].clone();
        let Some(planned) = plan.events.get(number) else {
            self.deviate(case, number, &progress);
            return Ok(());
        };
        let Some(open) = progress.open_steps.iter().find(|open| open.step.key == planned.step.as_str()) else {
            anyhow::bail!("the step {} should be open; open are {:?}", planned.step, names(&progress.open_steps));
        };
        if self.probe_denials {
            self.probe(&progress, open, planned).await?;
        }
        let client = &self.team.member(&event.resource)?.client;
        match operations::complete(client, &open.id, planned).await? {
            Ok(progress) => {
                self.report.events_accepted += 1;
                self.cases[case] = CaseState::Running(progress);
                Ok(())
            }
            Err(refusals) => anyhow::bail!("completing {} was refused: {}", planned.step, operations::list(&refusals)),
        }
    }

    /// The case with its request, which the first event starts. A deadline that has passed by then is
    /// escalated before anything else happens.
    async fn reached(&mut self, case: usize, event: &LogEvent) -> Result<CaseState> {
        if self.cases[case] != CaseState::Waiting {
            return Ok(self.cases[case].clone());
        }
        let (facts, plan) = (&self.log.cases[case], &self.plan.cases[case]);
        let start = Start { workflow: self.workflow, case: &facts.id, due_at: facts.deadline, variables: &plan.start };
        match operations::start(&self.team.member(&event.resource)?.client, &start).await? {
            Ok(progress) => self.cases[case] = CaseState::Running(progress),
            Err(refusals) => anyhow::bail!("the start was refused: {}", operations::list(&refusals)),
        }
        self.host.advance_to(event.at).await?;
        Ok(self.cases[case].clone())
    }

    async fn probe(&mut self, progress: &Progress, open: &OpenStep, planned: &PlannedEvent) -> Result<()> {
        let role = roles(&self.plan.document).get(planned.step.as_str()).copied().unwrap_or_default();
        let somebody = self.team.lacking(role, self.report.denials_probed);
        self.report.denials_probed += 1;
        probe::denied(&self.team.admin, &somebody.client, &progress.id, &open.id, planned).await?;
        self.report.denials_refused += 1;
        Ok(())
    }

    fn deviate(&mut self, case: usize, event: usize, progress: &Progress) {
        let (facts, mut open) = (&self.log.cases[case], names(&progress.open_steps));
        open.sort_unstable();
        self.report.deviations.push(Deviation {
            case: facts.id.clone(),
            event: event + 1,
            activity: facts.events[event].activity.to_string(),
            open: open.into_iter().map(str::to_owned).collect(),
        });
        self.cases[case] = CaseState::Stopped;
    }

    fn fail(&mut self, case: usize, event: usize, message: &str) {
        let facts = &self.log.cases[case];
        let (id, activity) = (&facts.id, &facts.events[event].activity);
        self.report.failures.push(format!("case {id}, event {} ({activity}): {message}", event + 1));
    }
}

fn names(open: &[OpenStep]) -> Vec<&str> {
    open.iter().map(|open| open.step.name.as_str()).collect()
}

/// The role that each step asks.
fn roles(document: &WorkflowDocument) -> BTreeMap<&str, &str> {
    let asked = document.steps.iter().filter_map(|step| match &step.candidate {
        Some(CandidateDocument::Role(role)) => Some((step.key.as_str(), role.as_str())),
        Some(CandidateDocument::User(_) | CandidateDocument::Requester {}) | None => None,
    });
    asked.collect()
}
