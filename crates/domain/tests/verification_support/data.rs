//! Data that is not part of the project, read where it is.

use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data")
}

/// Tells whoever reads the test's output.
#[expect(clippy::print_stdout, reason = "what a test skipped or measured is told")]
pub fn say(text: &str) {
    println!("{text}");
}

/// A file's text; where the data is absent, says so and gives nothing.
pub fn text(file: &str) -> Option<String> {
    let path = folder().join(file);
    if !path.exists() {
        say(&format!("skipped: {} is not here", path.display()));
        return None;
    }
    Some(std::fs::read_to_string(&path).expect("a text file"))
}

/// The files of a folder whose names end in `ending`, sorted; none where the data is absent.
pub fn files(of: &str, ending: &str) -> Vec<PathBuf> {
    let path = folder().join(of);
    let Ok(entries) = std::fs::read_dir(&path) else {
        say(&format!("skipped: {} is not here", path.display()));
        return Vec::new();
    };
    let paths = entries.map(|entry| entry.expect("a folder that can be listed").path());
    let mut found: Vec<PathBuf> = paths.filter(|path| name(path).ends_with(ending)).collect();
    found.sort();
    found
}

pub fn name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}
