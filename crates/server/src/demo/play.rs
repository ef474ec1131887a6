//! Some weeks of work at the municipality, event by event.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};

use anyhow::Result;
use indicatif::ProgressBar;
use nexusflow_application::request::{RequestFilter, RequestOrder, RequestOrderField, RequestStep};
use nexusflow_application::{Application, Call, Error, PageRequest, Refused};
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{RequestId, RequestStepId, WorkflowId};
use nexusflow_domain::request::{DeadlineClock, RequestStatus, RequestStepStatus};

use crate::demo::folk::Folk;
use crate::demo::random::Random;
use crate::demo::schedule::{acts_at, arrivals};
use crate::demo::work;
use crate::platform::VirtualClock;
use crate::replay::advance;

/// The municipality at work.
pub(super) struct Play<'a> {
    application: &'a Application,
    clock: &'a VirtualClock,
    folk: &'a Folk,
    workflow: WorkflowId,
    random: Random,
    /// What somebody will do, the earliest first.
    agenda: BinaryHeap<Reverse<(Timestamp, Task)>>,
    /// Steps that are, or were, on the agenda.
    seen: HashSet<RequestStepId>,
}

/// Something that somebody will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Task {
    /// Hand in the application with this number.
    Apply(u64),
    /// Work an open step.
    Work(RequestId, RequestStepId),
}

impl<'a> Play<'a> {
    pub fn new(
        application: &'a Application,
        clock: &'a VirtualClock,
        folk: &'a Folk,
        workflow: WorkflowId,
        seed: u64,
    ) -> Self {
        let (agenda, random) = (BinaryHeap::new(), Random::new(seed));
        Self { application, clock, folk, workflow, random, agenda, seen: HashSet::new() }
    }

    /// Plays `count` new applications, numbered from `first`, and the work on all live requests until
    /// an instant. What would be done later stays open.
    pub async fn run(
        &mut self,
        period: (Timestamp, Timestamp),
        first: u64,
        count: u32,
        progress: &ProgressBar,
    ) -> Result<()> {
        let (from, until) = period;
        self.resume(from).await?;
        for (number, at) in (first..).zip(arrivals(from, until, count, &mut self.random)) {
            self.agenda.push(Reverse((at, Task::Apply(number))));
        }
        while let Some(Reverse((at, task))) = self.agenda.pop() {
            if at > until {
                break;
            }
            advance(self.application, self.clock, at).await?;
            match task {
                Task::Apply(number) => {
                    self.apply(at, number).await?;
                    progress.inc(1);
                }
                Task::Work(request, step) => self.work(at, request, step).await?,
            }
        }
        advance(self.application, self.clock, until).await?;
        Ok(())
    }

    /// Puts on the agenda what a former run left open.
    async fn resume(&mut self, now: Timestamp) -> Result<()> {
        let filter = RequestFilter { statuses: vec![RequestStatus::InProgress], ..RequestFilter::default() };
        let order = RequestOrder { field: RequestOrderField::CreatedAt, descending: false };
        let mut page = PageRequest::first(100);
        loop {
            let found = self.application.request_reads.list(&self.folk.admin, &filter, order, &page).await?;
            let next = found.edges.last().filter(|_| found.has_next).map(|edge| edge.cursor.clone());
            for request in found.into_nodes() {
                self.ask(now, request.id).await?;
            }
            if next.is_none() {
                return Ok(());
            }
            page.after = next;
        }
    }

    async fn apply(&mut self, at: Timestamp, number: u64) -> Result<()> {
        // Now and then somebody who works there builds too: separation of duties shows.
        let from = if self.random.percent(6) { self.folk.staff() } else { self.folk.applicants() };
        let Some(requester) = self.random.pick(&from).copied() else { return Ok(()) };
        let new = work::application(self.workflow, number, &mut self.random);
        let request = self.application.requests.start(requester, new, None).await?.id;
        self.ask(at, request).await
    }

    /// Puts the open steps of a request on somebody's agenda.
    async fn ask(&mut self, at: Timestamp, request: RequestId) -> Result<()> {
        for step in self.open_steps(request).await? {
            if self.seen.insert(step.id) {
                let when = acts_at(at, work::usual_hours(step.step.as_str()), &mut self.random);
                self.agenda.push(Reverse((when, Task::Work(request, step.id))));
            }
        }
        Ok(())
    }

    async fn open_steps(&self, request: RequestId) -> Result<Vec<RequestStep>> {
        let mut steps = self.application.request_reads.steps_of(&self.folk.admin, &[request]).await?;
        steps.retain(|step| step.is_human && step.status == RequestStepStatus::Active);
        // The order decides what is drawn from the random numbers.
        steps.sort_by(|a, b| (&a.step, a.attempt).cmp(&(&b.step, b.attempt)));
        Ok(steps)
    }

    async fn work(&mut self, at: Timestamp, request: RequestId, step: RequestStepId) -> Result<()> {
        let open = self.open_steps(request).await?.into_iter().find(|open| open.id == step);
        let found = self.application.request_reads.requests(&self.folk.admin, &[request]).await?.pop();
        if let (Some(open), Some(found)) = (open, found.filter(|found| found.status == RequestStatus::InProgress)) {
            let requester = self.folk.person(found.requester);
            match (self.random.below(1_000), requester) {
                (0..8, Some(requester)) => {
                    let reason = Some("The plans have changed.".to_owned());
                    tolerate(self.application.requests.cancel(requester, request, reason).await)?;
                }
                (8..12, _) => {
                    let reason = Some("Waiting for a court's ruling.".to_owned());
                    let (admin, clock) = (&self.folk.admin, DeadlineClock::Stopped);
                    tolerate(self.application.requests.suspend(admin, request, reason, clock).await)?;
                }
                _ => self.complete(&open, requester).await?,
            }
        }
        self.ask(at, request).await
    }

    /// Somebody who is asked ends the step; those whom separation of duties keeps from it try in vain.
    async fn complete(&mut self, open: &RequestStep, requester: Option<&'a Call>) -> Result<()> {
        let Some(completion) = work::completion(open.step.as_str(), open.attempt, &mut self.random) else {
            return Ok(());
        };
        let mut asked = match (open.required_role, open.assignee) {
            (Some(role), _) => self.folk.holders(role),
            (None, Some(user)) => self.folk.person(user).into_iter().collect(),
            (None, None) => requester.into_iter().collect(),
        };
        self.random.shuffle(&mut asked);
        let claims = self.random.percent(30);
        for somebody in asked {
            let requests = &self.application.requests;
            if claims && !tolerate(requests.claim(somebody, open.request, open.id, None).await)? {
                continue;
            }
            if tolerate(requests.complete(somebody, open.request, open.id, completion.clone(), None).await)? {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// Whether it was done. That somebody may not is part of the play; anything else is an error.
fn tolerate<T>(result: Result<T, Error>) -> Result<bool> {
    match result {
        Ok(_) => Ok(true),
        Err(Error::Refused(refused)) if matches!(*refused, Refused::NotPermitted(_)) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
