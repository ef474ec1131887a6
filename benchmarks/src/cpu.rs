//! Processor time of the server and of the database, as Linux counts it.

use std::fs;
use std::ops::{Add, Sub};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::database::Database;
use crate::load::Load;

/// Linux tells user space processor time in hundredths of a second (`USER_HZ`, proc(5)).
const TICK: Duration = Duration::from_millis(10);

/// Processor time since the processes began.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Cpu {
    pub server: Duration,
    pub database: Duration,
}

impl Cpu {
    pub fn total(self) -> Duration {
        self.server + self.database
    }
}

impl Add for Cpu {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { server: self.server + other.server, database: self.database + other.database }
    }
}

impl Sub for Cpu {
    type Output = Self;

    /// Never negative: a backend that ends between two looks may be missed for a moment.
    fn sub(self, other: Self) -> Self {
        let since = |later: Duration, earlier| later.saturating_sub(earlier);
        Self { server: since(self.server, other.server), database: since(self.database, other.database) }
    }
}

/// Reads the processor time of a server process and of the database's processes.
pub struct Meter {
    server: u32,
    /// `None` on `SQLite`, which is within the server.
    postmaster: Option<u32>,
}

impl Meter {
    pub async fn new(server: u32, database: &Database) -> Result<Self> {
        let backend = database.backend_process().await?;
        let postmaster = backend.map(|backend| Ok::<_, anyhow::Error>(Process::read(backend)?.parent)).transpose()?;
        Ok(Self { server, postmaster })
    }

    /// What a load costs.
    pub async fn measure(&self, load: impl Future<Output = Result<Load>>) -> Result<Load> {
        let before = self.read()?;
        let load = load.await?;
        Ok(Load { cpu: self.read()? - before, ..load })
    }

    fn read(&self) -> Result<Cpu> {
        let server = Process::read(self.server)?.own;
        let database = self.postmaster.map_or(Ok(Duration::ZERO), with_children)?;
        Ok(Cpu { server, database })
    }
}

/// Of a process, its children that live, and those that it waited for.
fn with_children(parent: u32) -> Result<Duration> {
    let process = Process::read(parent)?;
    let mut sum = process.own + process.ended_children;
    for entry in fs::read_dir("/proc")? {
        let Some(id) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        // One that is gone by now counts among its parent's ended children next time.
        sum += Process::read(id).ok().filter(|child| child.parent == parent).map_or(Duration::ZERO, |child| child.own);
    }
    Ok(sum)
}

#[derive(Debug, PartialEq, Eq)]
struct Process {
    parent: u32,
    own: Duration,
    ended_children: Duration,
}

impl Process {
    fn read(id: u32) -> Result<Self> {
        let path = format!("/proc/{id}/stat");
        let text = fs::read_to_string(&path).with_context(|| path.clone())?;
        Self::parse(&text).with_context(|| format!("{path} is not as proc(5) says"))
    }

    /// The fields after the name, which may itself hold spaces and brackets.
    fn parse(stat: &str) -> Option<Self> {
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let time = |first: usize| {
            let ticks = fields.get(first)?.parse::<u32>().ok()? + fields.get(first + 1)?.parse::<u32>().ok()?;
            Some(TICK * ticks)
        };
        Some(Self { parent: fields.get(1)?.parse().ok()?, own: time(11)?, ended_children: time(13)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_process_may_be_anything() {
        let stat = "7 (a) b (c) S 3 7 7 0 -1 4194560 1 2 3 4 150 50 30 20 20 0 1 0 5 6 7";
        let process = Process { parent: 3, own: Duration::from_secs(2), ended_children: Duration::from_millis(500) };
        assert_eq!(Process::parse(stat), Some(process));
        assert_eq!(Process::parse("7 (a) S 3"), None);
    }

    #[test]
    fn this_process_can_be_read() {
        assert!(Process::read(std::process::id()).is_ok());
    }
}
