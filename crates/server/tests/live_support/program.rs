use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::Context;
use reqwest::StatusCode;
use serde_json::Value;

/// The program, in a folder and with nothing of this process's environment.
pub fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nexusflow"));
    command.current_dir(folder).env_clear().stdin(Stdio::null());
    command
}

/// Runs to its end; the exit code must be 1 and standard error one line.
pub fn refusal(command: &mut Command) -> anyhow::Result<String> {
    let Output { status, stdout, stderr } = command.output()?;
    let error = String::from_utf8(stderr)?;
    assert_eq!(status.code(), Some(1), "{error}");
    assert!(stdout.is_empty());
    assert_eq!(error.trim_end().lines().count(), 1, "{error}");
    Ok(error)
}

/// A running server.
pub struct Running {
    child: Child,
    pub address: String,
    /// What it logged before it served.
    pub beginning: Vec<Value>,
    log: Arc<Mutex<Vec<Value>>>,
}

impl Running {
    /// Starts `serve` on a free port and waits for the log line that tells it.
    pub fn start(mut command: Command) -> anyhow::Result<Self> {
        command.args(["serve", "--address", "127.0.0.1:0", "--log-format", "json"]);
        let mut child = command.stderr(Stdio::piped()).spawn()?;
        let mut lines = BufReader::new(child.stderr.take().context("standard error")?).lines();
        let mut beginning = Vec::new();
        let address = loop {
            let line = lines.next().context("the server ended")??;
            let line: Value = serde_json::from_str(&line).with_context(|| line.clone())?;
            if line["message"] == "serving" {
                break line["address"].as_str().context("an address")?.to_owned();
            }
            beginning.push(line);
        };
        let log = Arc::new(Mutex::new(Vec::new()));
        let read = log.clone();
        // Read on, so that the program never waits for its log to be read.
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let line = serde_json::from_str(&line).unwrap_or(Value::String(line));
                read.lock().expect("no panic elsewhere").push(line);
            }
        });
        Ok(Self { child, address, beginning, log })
    }

    pub async fn get(&self, path: &str) -> anyhow::Result<(StatusCode, String)> {
        let answer = reqwest::get(format!("http://{}{path}", self.address)).await?;
        Ok((answer.status(), answer.text().await?))
    }

    /// The lines that it logged since it served, of a level.
    pub fn logged(&self, level: &str) -> Vec<Value> {
        let log = self.log.lock().expect("no panic elsewhere");
        log.iter().filter(|line| line["level"] == level).cloned().collect()
    }

    /// Whether the process goes on.
    pub fn is_alive(&mut self) -> anyhow::Result<bool> {
        Ok(self.child.try_wait()?.is_none())
    }

    pub fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// SIGTERM; returns the exit code.
    pub fn terminate(mut self) -> anyhow::Result<Option<i32>> {
        Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(20) {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status.code());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let log = self.log.lock().expect("no panic elsewhere");
        anyhow::bail!("it does not stop: {:#?}", &log[log.len().saturating_sub(10)..])
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
