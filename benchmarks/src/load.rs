use std::time::Duration;

use crate::cpu::Cpu;
use crate::stats::{millis, number, percentile};

/// What was done in a while.
#[derive(Debug, Default)]
pub struct Load {
    pub operations: usize,
    pub elapsed: Duration,
    /// Of each operation, or of that part of it which is of interest.
    pub latencies: Vec<Duration>,
    /// Zero where it is not measured.
    pub cpu: Cpu,
}

impl Load {
    /// A load of operations whose latencies several workers took down.
    pub fn of(latencies: impl IntoIterator<Item = Vec<Duration>>, elapsed: Duration) -> Self {
        let latencies: Vec<Duration> = latencies.into_iter().flatten().collect();
        Self { operations: latencies.len(), elapsed, latencies, cpu: Cpu::default() }
    }

    /// Operations per second.
    pub fn rate(&self) -> f64 {
        number(self.operations) / self.elapsed.as_secs_f64()
    }

    /// A percentile of the latencies in milliseconds.
    pub fn latency(&self, percent: usize) -> f64 {
        millis(percentile(&self.latencies, percent))
    }

    /// Milliseconds of processor time that an operation takes.
    pub fn cpu_of(&self, part: impl Fn(Cpu) -> Duration) -> f64 {
        millis(part(self.cpu)) / number(self.operations)
    }

    /// This one, then another one.
    pub fn append(&mut self, other: Self) {
        self.operations += other.operations;
        self.elapsed += other.elapsed;
        self.latencies.extend(other.latencies);
        self.cpu = self.cpu + other.cpu;
    }
}
