//! Tells the workers and the queue of actions that wait in this process that there is work, so that they need not
//! wait for their next look. What another process puts, and what is due later, they find by looking.

use nexusflow_domain::ids::OrganizationId;
use tokio::sync::broadcast::{Receiver, Sender, error::RecvError};

use crate::request::{CommitUnit, JobChange, JobKind};

/// How many pieces of news a slow listener may miss before it is told to look whatever it was.
const CAPACITY: usize = 256;

/// Something to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum News {
    /// Work of a tenant for workers of a type.
    Work(OrganizationId, String),
    /// Work of a tenant of any type.
    AnyWork(OrganizationId),
    /// An action of anybody's.
    Action,
}

/// Where news of work is told and listened to.
pub(super) struct WorkSignal(Sender<News>);

/// Hears everything that is told after it was made.
pub(super) struct Listener(Receiver<News>);

impl Default for WorkSignal {
    fn default() -> Self {
        Self(Sender::new(CAPACITY))
    }
}

impl WorkSignal {
    /// The work that a unit puts and that may begin at once.
    pub fn news(&self, unit: &CommitUnit) -> Vec<News> {
        if self.0.receiver_count() == 0 {
            return Vec::new();
        }
        let due = unit.jobs.iter().filter_map(|change| match change {
            JobChange::Put(job) if job.run_at <= unit.at => Some(job),
            JobChange::Put(_) | JobChange::Remove(_) => None,
        });
        let news = due.filter_map(|job| match (job.kind, &job.job_type) {
            (JobKind::Work, Some(job_type)) => Some(News::Work(unit.state.organization, job_type.clone())),
            (JobKind::Action, _) => Some(News::Action),
            (JobKind::Work | JobKind::Timer | JobKind::Call, _) => None,
        });
        news.collect()
    }

    /// Tells what was committed.
    pub fn tell(&self, news: Vec<News>) {
        for news in news {
            // Nobody listens any more: nobody waits.
            let _ = self.0.send(news);
        }
    }

    /// Tells that a tenant's paused work goes on.
    pub fn tell_resumed(&self, organization: OrganizationId) {
        self.tell(vec![News::AnyWork(organization), News::Action]);
    }

    pub fn listen(&self) -> Listener {
        Listener(self.0.subscribe())
    }
}

impl Listener {
    /// Waits for news of a tenant's work of one of the types. Loses nothing when it is dropped meanwhile.
    pub async fn hear(&mut self, organization: OrganizationId, types: &[String]) {
        self.hear_of(|news| match news {
            News::Work(of, found) => *of == organization && types.contains(found),
            News::AnyWork(of) => *of == organization,
            News::Action => false,
        })
        .await;
    }

    /// Waits for news of an action. Loses nothing when it is dropped meanwhile.
    pub async fn hear_action(&mut self) {
        self.hear_of(|news| *news == News::Action).await;
    }

    async fn hear_of(&mut self, concerns: impl Fn(&News) -> bool) {
        loop {
            match self.0.recv().await {
                Ok(news) if !concerns(&news) => {}
                Ok(_) | Err(RecvError::Lagged(_)) => return,
                Err(RecvError::Closed) => std::future::pending().await,
            }
        }
    }
}
