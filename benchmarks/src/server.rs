use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

use crate::api;
use crate::database::Database;
use crate::engine::TOKEN_SECRET;
use crate::http::Connection;

/// A server that is not ready by then never will be.
const PATIENCE: Duration = Duration::from_mins(1);
const PAUSE: Duration = Duration::from_millis(1);

/// The `nexusflow` program, serving a database with its usual settings in a process of its own.
pub struct Server {
    process: Child,
    address: SocketAddr,
    /// From the start of the program until it said that it is ready.
    pub ready_after: Duration,
    /// The working folder, without a configuration file.
    _folder: TempDir,
}

impl Server {
    /// Starts it and waits until it is ready. Its log is thrown away.
    pub fn start(program: &Path, database: &Database) -> Result<Self> {
        let (folder, address) = (tempfile::tempdir()?, free_address()?);
        let mut command = Command::new(program);
        command.args(["serve", "--address", &address.to_string()]).current_dir(folder.path());
        command.env("NEXUSFLOW_DATABASE__URL", &database.url).env("NEXUSFLOW_AUTH__TOKEN_SECRET", TOKEN_SECRET);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let begun = Instant::now();
        let process = command.spawn().with_context(|| format!("cannot start {}", program.display()))?;
        let mut server = Self { process, address, ready_after: Duration::ZERO, _folder: folder };
        while !server.is_ready() {
            if let Some(status) = server.process.try_wait()? {
                bail!("{} ended before it was ready: {status}", program.display());
            }
            ensure!(begun.elapsed() < PATIENCE, "{} was not ready within {PATIENCE:?}", program.display());
            sleep(PAUSE);
        }
        server.ready_after = begun.elapsed();
        Ok(server)
    }

    /// Kept connections of the administrator, who signs in anew: a token ends after a quarter of an hour.
    pub fn connect(&self, count: usize) -> Result<Vec<Connection>> {
        let token = api::sign_in(&mut Connection::open(self.address, None)?)?;
        (0..count).map(|_| Connection::open(self.address, Some(&token))).collect()
    }

    pub fn process(&self) -> u32 {
        self.process.id()
    }

    /// Memory that the process holds now, and the most that it held, in MiB (proc(5), `VmRSS` and `VmHWM`).
    pub fn memory(&self) -> Result<(f64, f64)> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process()))?;
        let of = |name: &str| mebibytes(&status, name).with_context(|| format!("/proc/…/status has no {name}"));
        Ok((of("VmRSS:")?, of("VmHWM:")?))
    }

    fn is_ready(&self) -> bool {
        let ask = || Ok::<_, anyhow::Error>(Connection::open(self.address, None)?.send("GET", "/readyz", "")?.0);
        ask().is_ok_and(|status| status == 200)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Nobody else takes it in the moment until the server does, as far as one can tell.
fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

fn mebibytes(status: &str, name: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kibibytes: u32 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(f64::from(kibibytes) / 1_024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_in_mebibytes() {
        let status = "Name:\tnexusflow\nVmHWM:\t   40960 kB\nVmRSS:\t    1536 kB\n";
        assert_eq!((mebibytes(status, "VmRSS:"), mebibytes(status, "VmHWM:")), (Some(1.5), Some(40.0)));
        assert_eq!(mebibytes(status, "VmSwap:"), None);
    }
}
