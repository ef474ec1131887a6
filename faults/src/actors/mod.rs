//! Who uses the servers: people, workers, and systems outside. They go on until they are told to stop, and send
//! what was not answered again.

mod customer;
mod people;
mod starter;
mod worker;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::task::JoinSet;

use crate::evidence::Evidence;
use crate::office::Office;
use crate::random::Random;
use crate::sink::Sink;

/// How many start requests side by side, and how many workers there are.
const STARTERS: u64 = 3;
const WORKERS: u64 = 3;

/// What all of them know.
pub struct Stage {
    pub office: Office,
    pub evidence: Arc<Evidence>,
    pub sink: Sink,
    /// How many requests may still be started.
    pub requests: std::sync::atomic::AtomicU64,
    is_closing: AtomicBool,
    is_over: AtomicBool,
}

/// Those who are at work; they end when dropped.
pub struct Actors {
    stage: Arc<Stage>,
    tasks: JoinSet<()>,
}

impl Stage {
    pub fn new(office: Office, evidence: Arc<Evidence>, sink: Sink, requests: u64) -> Self {
        Self {
            office,
            evidence,
            sink,
            requests: requests.into(),
            is_closing: AtomicBool::new(false),
            is_over: AtomicBool::new(false),
        }
    }

    /// Whether no further request is to be started.
    fn is_closing(&self) -> bool {
        self.is_closing.load(Ordering::Relaxed)
    }

    /// Whether everybody is to stop.
    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }
}

impl Actors {
    pub fn begin(stage: &Arc<Stage>, random: &mut Random) -> Self {
        let mut tasks = JoinSet::new();
        for number in 0..STARTERS {
            tasks.spawn(starter::run(stage.clone(), number, random.fork()));
        }
        for number in 0..WORKERS {
            tasks.spawn(worker::run(stage.clone(), number, random.fork()));
        }
        for reviewer in 0..stage.office.reviewers.len() {
            tasks.spawn(people::run(stage.clone(), reviewer, random.fork()));
        }
        Self { stage: stage.clone(), tasks }
    }

    /// Lets nobody start anything any more.
    pub fn close(&self) {
        self.stage.is_closing.store(true, Ordering::Relaxed);
    }

    /// Ends when everybody has.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        self.stage.is_over.store(true, Ordering::Relaxed);
        while let Some(ended) = self.tasks.join_next().await {
            ended?;
        }
        Ok(())
    }
}
