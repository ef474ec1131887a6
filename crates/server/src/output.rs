//! The only place that writes to standard output: answers of commands. Logs go to standard error.

use std::io::{self, Write};

/// Writes a line to standard output. A closed pipe (`nexusflow … | head`) is not an error.
pub fn line(text: impl AsRef<str>) -> io::Result<()> {
    let mut output = io::stdout().lock();
    ignore_closed(writeln!(output, "{}", text.as_ref()).and_then(|()| output.flush()))
}

/// Writes an error to standard error, on one line.
pub fn error(error: &anyhow::Error) {
    let text = format!("{error:#}");
    let text: Vec<&str> = text.lines().map(str::trim).collect();
    // Nothing is left to be done when standard error is closed.
    let _ = writeln!(io::stderr().lock(), "error: {}", text.join(" "));
}

/// Turns the error of a reader that went away into success.
pub fn ignore_closed(result: io::Result<()>) -> io::Result<()> {
    result.or_else(|error| if error.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error) })
}
