use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use serde_json::Value;
use tempfile::TempDir;

use crate::addresses::Addresses;

/// How long a server is tried to be started.
const START: Duration = Duration::from_secs(90);
const KEY: &str = "a key of no importance with 32 bytes";

/// The program on the database of a run.
#[derive(Clone)]
pub struct Program {
    pub path: PathBuf,
    pub database_url: String,
    pub folder: PathBuf,
}

impl Program {
    /// With nothing of this process's environment.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        command.current_dir(&self.folder).env_clear().stdin(Stdio::null());
        command.env("NEXUSFLOW_DATABASE__URL", &self.database_url).env("NEXUSFLOW_AUTH__TOKEN_SECRET", KEY);
        // Where actions find the sink.
        command.env("NEXUSFLOW_CONNECTORS__HTTP__ALLOW", "127.0.0.1");
        command.env("NEXUSFLOW_AUTH__TOKEN_LIFETIME", "24h").env("NEXUSFLOW_WORKER__POLL_INTERVAL", "300ms");
        command.env("NEXUSFLOW_DATABASE__ACQUIRE_TIMEOUT", "3s").env("NEXUSFLOW_DATABASE__STATEMENT_TIMEOUT", "5s");
        command
    }

    /// Runs a command to its end; its output and whether it succeeded.
    pub fn output(&self, arguments: &[&str]) -> anyhow::Result<(String, bool)> {
        let output = self.command().args(arguments).output()?;
        let text = [output.stdout, output.stderr].concat();
        Ok((String::from_utf8(text)?, output.status.success()))
    }
}

/// A server, which may be up or not.
pub struct Server {
    program: Program,
    number: usize,
    addresses: Arc<Addresses>,
    folder: TempDir,
    child: Option<Child>,
}

impl Server {
    pub fn new(program: Program, number: usize, addresses: Arc<Addresses>) -> anyhow::Result<Self> {
        Ok(Self { program, number, addresses, folder: tempfile::tempdir()?, child: None })
    }

    /// Starts it, again where the database is not ready for it.
    pub fn start(&mut self) -> anyhow::Result<()> {
        let begin = Instant::now();
        loop {
            match self.try_start() {
                Ok(()) => return Ok(()),
                Err(error) if begin.elapsed() > START => return Err(error),
                Err(_) => std::thread::sleep(Duration::from_millis(200)),
            }
        }
    }

    fn try_start(&mut self) -> anyhow::Result<()> {
        self.kill();
        let mut command = self.program.command();
        command.env("NEXUSFLOW_TEST_CLOCK_OFFSET_FILE", self.offset_file());
        command.args(["serve", "--address", "127.0.0.1:0", "--log-format", "json"]);
        let mut child = command.stderr(Stdio::piped()).spawn().context("the program cannot be started")?;
        let errors = child.stderr.take();
        // From here on it is ended whatever happens.
        self.child = Some(child);
        let mut lines = BufReader::new(errors.context("standard error")?).lines();
        let mut last = String::new();
        let address = loop {
            let Some(line) = lines.next() else { bail!("server {} ended: {last}", self.number) };
            last = line?;
            let line: Value = serde_json::from_str(&last).unwrap_or_default();
            if line["message"] == "serving" {
                break line["address"].as_str().context("an address")?.to_owned();
            }
        };
        // Read on, so that the program never waits for its log to be read.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        self.addresses.set(self.number, Some(address));
        Ok(())
    }

    /// SIGKILL, which frozen processes obey too.
    pub fn kill(&mut self) {
        self.addresses.set(self.number, None);
        if let Some(mut child) = self.child.take() {
            // It is gone then, or was before.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    pub fn freeze(&self) -> anyhow::Result<()> {
        self.signal("-STOP")
    }

    pub fn thaw(&self) -> anyhow::Result<()> {
        self.signal("-CONT")
    }

    /// Sets how wrong its clock is.
    pub fn set_clock(&self, offset: i64) -> anyhow::Result<()> {
        let next = self.folder.path().join("next");
        std::fs::write(&next, offset.to_string())?;
        Ok(std::fs::rename(next, self.offset_file())?)
    }

    fn offset_file(&self) -> PathBuf {
        self.folder.path().join("offset")
    }

    fn signal(&self, signal: &str) -> anyhow::Result<()> {
        let child = self.child.as_ref().context("the server does not run")?;
        let done = Command::new("kill").args([signal, &child.id().to_string()]).status()?;
        ensure!(done.success(), "kill {signal} failed");
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Creates the organization by the command line.
pub fn found(program: &Program, email: &str, password: &str) -> anyhow::Result<()> {
    let mut create = program.command();
    create.args(["organization", "create", "--name", "Example Ltd", "--slug", "example"]);
    create.args(["--admin-email", email, "--admin-name", "Ada"]).env("NEXUSFLOW_ADMIN_PASSWORD", password);
    let created = create.output().with_context(|| format!("{} cannot be started", path(&program.path)))?;
    ensure!(created.status.success(), "{}", String::from_utf8_lossy(&created.stderr));
    Ok(())
}

fn path(path: &Path) -> String {
    path.display().to_string()
}
