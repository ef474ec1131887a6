use std::future::pending;
use std::time::Duration;

use anyhow::{Context, ensure};
use nexusflow_application::request::{
    Completion, Fetch, HeldJob, MessageFilter, NewMessage, NewRequest, RequestFilter, WorkResult,
};
use nexusflow_application::{Error, PageRequest, Refused, Replay, StoreError};
use nexusflow_domain::JsonMap;
use nexusflow_domain::ids::{RequestId, RequestStepId};
use nexusflow_domain::workflow::Priority;
use serde_json::{Value, json};

use crate::fault::{Fault, Met};
use crate::mill::Mill;
use crate::support::TestDatabase;

/// Commands with an idempotency key, or something like it.
#[derive(Debug, Clone, Copy)]
pub enum Command {
    Start,
    Complete,
    CompleteJob,
    Publish,
}

pub const ALL: [Command; 4] = [Command::Start, Command::Complete, Command::CompleteJob, Command::Publish];

/// How long anything may take before it counts as hanging.
const PATIENCE: Duration = Duration::from_mins(1);

/// What a command is about, with a key of its own.
struct Case {
    key: String,
    subject: Option<(RequestId, RequestStepId)>,
    fence: u64,
}

impl Command {
    /// Gives the command, strikes at the point, and gives it again until it is answered: it is done once,
    /// and so is another command that was under way at the same time. Whether the point was reached.
    pub async fn is_done_once(
        self,
        mill: &Mill,
        database: &TestDatabase,
        fault: Fault,
        point: usize,
    ) -> anyhow::Result<bool> {
        mill.bench.pass(1);
        let case = self.prepare(mill, &format!("{self:?} {point}")).await?;
        let other = Self::Start.prepare(mill, &format!("beside {self:?} {point}")).await?;
        let (met, beside) = tokio::join!(
            fault.strike(database, self.give(mill, &case), point),
            tokio::time::timeout(PATIENCE, Self::Start.give(mill, &other)),
        );
        let beside = beside.context("the command beside hangs")?;
        if matches!(fault, Fault::Death) {
            beside.context("nothing befell the command beside")?;
        } else {
            allow(beside)?;
        }
        let is_struck = match met {
            Met::Ended(ended) => ended.map(|()| false)?,
            Met::Struck(said) => allow(said.unwrap_or(Ok(()))).map(|()| true)?,
        };
        for (command, case) in [(self, &case), (Self::Start, &other)] {
            tokio::time::timeout(PATIENCE, command.insist(mill, case)).await.context("it hangs")??;
            let times = command.times_done(mill, case).await?;
            ensure!(times == 1, "{command:?} was done {times} times at point {point}");
        }
        Ok(is_struck)
    }

    async fn prepare(self, mill: &Mill, key: &str) -> anyhow::Result<Case> {
        let (acme, key) = (&mill.bench.acme, key.to_owned());
        match self {
            Self::Start => Ok(Case { key, subject: None, fence: 0 }),
            Self::Complete => {
                let request = mill.bench.start(&acme.admin, mill.approval).await?;
                let step = acme.open_step(request, "review").await?.id;
                Ok(Case { key, subject: Some((request, step)), fence: 0 })
            }
            Self::CompleteJob => {
                mill.bench.start(&acme.admin, mill.service).await?;
                let lease = "PT1H".parse()?;
                let fetch = Fetch { types: vec!["bill".to_owned()], limit: 1, lease, wait: Duration::ZERO };
                let jobs = mill.bench.application.workers.fetch(&mill.robot, &fetch, pending()).await?;
                let job = jobs.first().context("a job")?;
                Ok(Case { key, subject: Some((job.request, job.step)), fence: job.lease.fence })
            }
            Self::Publish => {
                let variables: JsonMap = serde_json::from_value(json!({ "order": key }))?;
                acme.start(&acme.admin, mill.wait, variables).await?;
                Ok(Case { key, subject: None, fence: 0 })
            }
        }
    }

    async fn give(self, mill: &Mill, case: &Case) -> Result<(), Error> {
        let (application, admin) = (&mill.bench.application, &mill.bench.acme.admin);
        let replay = Some(Replay::new(case.key.clone(), &Value::Null));
        match (self, case.subject) {
            (Self::Complete, Some((request, step))) => {
                let outcome = "APPROVED".parse().map_err(|error| StoreError::Failed(Box::new(error)))?;
                let completion = Completion { outcome, comment: None, variables: JsonMap::new(), on_behalf_of: None };
                application.requests.complete(&mill.reviewer, request, step, completion, replay).await.map(drop)
            }
            (Self::CompleteJob, Some((request, step))) => {
                let job = HeldJob { request, step, fence: case.fence };
                let done = WorkResult { outcome: None, result: JsonMap::new() };
                application.workers.complete(&mill.robot, job, done).await
            }
            (Self::Publish, _) => {
                let time_to_live = "PT1H".parse().map_err(|error| StoreError::Failed(Box::new(error)))?;
                let (name, key) = ("paid".to_owned(), case.key.clone());
                let new = NewMessage { name, key, payload: JsonMap::new(), time_to_live };
                application.messages.publish(admin, new, replay).await.map(drop)
            }
            (Self::Start, _) | (_, None) => {
                let new = NewRequest {
                    workflow: mill.approval,
                    title: None,
                    reference: Some(case.key.clone()),
                    priority: Priority::Normal,
                    variables: JsonMap::new(),
                    starts_at: None,
                    due_at: None,
                };
                application.requests.start(admin, new, replay).await.map(drop)
            }
        }
    }

    /// Gives it again and again until it is answered.
    async fn insist(self, mill: &Mill, case: &Case) -> anyhow::Result<()> {
        loop {
            let answer = self.give(mill, case).await;
            if answer.is_ok() {
                return Ok(());
            }
            allow(answer)?;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn times_done(self, mill: &Mill, case: &Case) -> anyhow::Result<usize> {
        let bench = &mill.bench;
        match (self, case.subject) {
            (Self::Complete | Self::CompleteJob, Some((request, step))) => {
                let journal = bench.journal(request).await?;
                let is_end = |event: &str| event == "STEP_COMPLETED" || event == "JOB_COMPLETED";
                let ends = journal.iter().filter(|record| is_end(&record.event));
                Ok(ends.filter(|record| record.subject.as_ref().is_some_and(|of| of.1 == step.uuid())).count())
            }
            (Self::Publish, _) => {
                bench.application.messages.deliver_missed(None, 100).await?;
                let filter = MessageFilter { key: Some(case.key.clone()), ..MessageFilter::default() };
                let found = bench
                    .storage
                    .message_reader
                    .list_messages(&bench.scope(), &filter, &PageRequest::first(10))
                    .await?
                    .into_nodes();
                let received = found.iter().filter(|message| message.received.is_some()).count();
                ensure!(received == found.len(), "a message that is waited for was not received");
                Ok(received)
            }
            (Self::Start, _) | (_, None) => {
                let filter = RequestFilter { reference: Some(case.key.clone()), ..RequestFilter::default() };
                let found = bench.application.request_reads.count(&bench.acme.admin, &filter).await?;
                Ok(usize::try_from(found)?)
            }
        }
    }
}

/// An answer that says nothing for certain is allowed, but nothing else that is not a success.
fn allow(answer: Result<(), Error>) -> anyhow::Result<()> {
    match answer {
        Ok(()) | Err(Error::Store(StoreError::Unavailable(_))) => Ok(()),
        Err(Error::Refused(refused)) if *refused == Refused::Contended => Ok(()),
        Err(other) => Err(other.into()),
    }
}
