//! CSV tables, plain or compressed, whose every complaint names file and line.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use csv::StringRecord;
use flate2::read::MultiGzDecoder;

/// A table being read.
pub(super) struct Table {
    path: PathBuf,
    reader: csv::Reader<Box<dyn Read>>,
    headers: StringRecord,
}

/// A row with its place in the file.
pub(super) struct Row {
    /// The line at which it begins, from 1.
    pub line: u64,
    record: StringRecord,
}

impl Table {
    /// Opens a file; one whose name ends in `.gz` is decompressed.
    pub fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
        let compressed = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gz"));
        let bytes: Box<dyn Read> =
            if compressed { Box::new(MultiGzDecoder::new(BufReader::new(file))) } else { Box::new(file) };
        Self::read(path.to_owned(), bytes)
    }

    pub(super) fn read(path: PathBuf, bytes: Box<dyn Read>) -> Result<Self> {
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::Headers).from_reader(bytes);
        let headers = reader.headers().with_context(|| format!("cannot read {}", path.display()))?.clone();
        Ok(Self { path, reader, headers })
    }

    /// A column that must be there.
    pub fn column(&self, name: &str) -> Result<usize> {
        self.optional_column(name).ok_or_else(|| anyhow!("{}: there is no column {name:?}", self.path.display()))
    }

    /// A column that may be there.
    pub fn optional_column(&self, name: &str) -> Option<usize> {
        self.headers.iter().position(|header| header.trim_start_matches('\u{feff}') == name)
    }

    /// The next row; `None` at the end.
    pub fn next_row(&mut self) -> Result<Option<Row>> {
        let mut record = StringRecord::new();
        let more =
            self.reader.read_record(&mut record).with_context(|| format!("cannot read {}", self.path.display()))?;
        let line = record.position().map_or(0, csv::Position::line);
        Ok(more.then_some(Row { line, record }))
    }

    /// A complaint about a row.
    pub fn complaint(&self, row: &Row, message: impl std::fmt::Display) -> anyhow::Error {
        anyhow!("{}, line {}: {message}", self.path.display(), row.line)
    }
}

impl Row {
    /// A cell without surrounding white space; empty when the column is absent.
    pub fn text(&self, column: Option<usize>) -> &str {
        column.and_then(|column| self.record.get(column)).map_or("", str::trim)
    }
}
