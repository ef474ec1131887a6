//! Background work: timers, calls, actions, messages, and the storage's upkeep. Nothing here ends the process: what fails is
//! logged and tried again.

mod actions;
mod backoff;
mod messages;
mod queues;
mod upkeep;

use std::sync::Arc;

use nexusflow_application::Application;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use self::backoff::Backoff;
use self::queues::Queue;
use crate::settings::WorkerSettings;

/// The running background work of one process.
pub struct Workers {
    tasks: JoinSet<()>,
    stopping: CancellationToken,
}

impl Workers {
    /// Starts the upkeep and, with `settings`, doing what is due and delivering messages, until `stopping` is cancelled.
    pub fn start(
        application: &Arc<Application>,
        settings: Option<&WorkerSettings>,
        stopping: CancellationToken,
    ) -> Self {
        let (mut tasks, backoff) = (JoinSet::new(), Backoff::default());
        tasks.spawn(upkeep::run(application.clone(), backoff.clone(), stopping.clone()));
        if let Some(settings) = settings {
            tasks.spawn(messages::run(application.clone(), settings.poll_interval, backoff.clone(), stopping.clone()));
            tasks.spawn(actions::run(application.clone(), settings.clone(), backoff.clone(), stopping.clone()));
            for queue in Queue::ALL {
                tasks.spawn(queues::run(
                    application.clone(),
                    queue,
                    settings.clone(),
                    backoff.clone(),
                    stopping.clone(),
                ));
            }
        }
        Self { tasks, stopping }
    }

    /// Finishes the batch at hand and ends.
    pub async fn stop(mut self) {
        self.stopping.cancel();
        while self.tasks.join_next().await.is_some() {}
    }
}
