//! Keeps `schema.graphql`, the published API, equal to what the server serves.

use std::fs;
use std::path::Path;
use std::process::{ExitCode, Stdio};

use anyhow::{Context as _, bail, ensure};

use crate::workspace::Workspace;

const FILE: &str = "schema.graphql";
/// Lines shown of each side of a difference.
const SHOWN: usize = 8;

/// Compares the file with the server's schema, or writes it.
pub fn run(write: bool) -> anyhow::Result<ExitCode> {
    let workspace = Workspace::read()?;
    let served = served(&workspace)?;
    let path = workspace.root.join(FILE);
    if write {
        fs::write(&path, served).with_context(|| format!("{FILE} could not be written"))?;
        println!("{FILE} written");
    } else {
        compare(&path, &served)?;
        println!("{FILE} is the schema that the server serves");
    }
    Ok(ExitCode::SUCCESS)
}

fn served(workspace: &Workspace) -> anyhow::Result<String> {
    let output = workspace
        .cargo()
        .args(["run", "--quiet", "--package", "nexusflow-server", "--bin", "nexusflow", "--", "schema"])
        .stderr(Stdio::inherit())
        .output()
        .context("cargo could not be started")?;
    ensure!(output.status.success(), "`nexusflow schema` failed: {}", output.status);
    let schema = String::from_utf8(output.stdout).context("`nexusflow schema` printed something that is not UTF-8")?;
    ensure!(!schema.trim().is_empty(), "`nexusflow schema` printed nothing");
    Ok(schema)
}

fn compare(path: &Path, served: &str) -> anyhow::Result<()> {
    let update = "update it with `cargo xtask schema --write`";
    let published = fs::read_to_string(path).with_context(|| format!("{FILE} could not be read; {update}"))?;
    match difference(&published, served) {
        None => Ok(()),
        Some(difference) => {
            bail!("{FILE} (-) differs from the server's schema (+); {update}\n{}", difference.trim_end())
        }
    }
}

/// The region between the first and the last line that differ, cut to [`SHOWN`] lines a side; none when the texts are equal.
fn difference(old: &str, new: &str) -> Option<String> {
    if old == new {
        return None;
    }
    let (old, new): (Vec<_>, Vec<_>) = (old.lines().collect(), new.lines().collect());
    let start = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let (old, new) = (&old[start..], &new[start..]);
    let end = old.iter().rev().zip(new.iter().rev()).take_while(|(old, new)| old == new).count();
    let (removed, added) = (&old[..old.len() - end], &new[..new.len() - end]);
    if removed.is_empty() && added.is_empty() {
        return Some("only line endings or the closing newline differ".into());
    }
    Some(format!("from line {}:\n{}{}", start + 1, side('-', removed), side('+', added)))
}

fn side(sign: char, lines: &[&str]) -> String {
    let more = lines.len().saturating_sub(SHOWN);
    let more = (more > 0).then(|| format!("{sign} … {more} more lines\n"));
    let shown = lines.iter().take(SHOWN).map(|line| format!("{sign} {line}\n"));
    shown.chain(more).collect::<Vec<_>>().concat()
}

#[cfg(test)]
mod tests {
    use super::difference;

    #[test]
    fn equal_texts_do_not_differ() {
        assert_eq!(difference("type A\ntype B\n", "type A\ntype B\n"), None);
    }

    #[test]
    fn an_insertion_shows_the_new_lines_only() {
        let shown = difference("a\nb\nz\n", "a\nb\nc\nd\nz\n");
        assert_eq!(shown.as_deref(), Some("from line 3:\n+ c\n+ d\n"));
    }

    #[test]
    fn a_change_shows_both_sides() {
        let shown = difference("a\nb\nz\n", "a\nc\nz\n");
        assert_eq!(shown.as_deref(), Some("from line 2:\n- b\n+ c\n"));
    }

    #[test]
    fn a_repeated_line_is_not_counted_from_both_ends() {
        assert_eq!(difference("a\n", "a\na\n").as_deref(), Some("from line 2:\n+ a\n"));
    }

    #[test]
    fn a_long_difference_is_cut() {
        let shown = difference("", &"x\n".repeat(20)).unwrap();
        assert_eq!(shown.lines().count(), 1 + 8 + 1);
        assert!(shown.ends_with("+ … 12 more lines\n"), "{shown}");
    }

    #[test]
    fn a_missing_closing_newline_is_named() {
        assert!(difference("a\n", "a").unwrap().contains("closing newline"));
    }
}
