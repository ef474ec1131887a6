use crate::workflow::expression::span::Position;

/// A CEL source that cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{position}: {message}")]
pub struct InvalidCel {
    /// Where.
    pub position: Position,
    /// What was found and what was expected.
    pub message: String,
}

impl InvalidCel {
    pub(super) fn at_byte(source: &str, byte: usize, message: impl Into<String>) -> Self {
        Self { position: Position::of_byte(source, byte), message: message.into() }
    }
}

/// The parser's own finding, in one short line.
pub(super) fn of_parser(error: &cel::ParseError) -> InvalidCel {
    let (line, column) = error.pos;
    let count = |n: isize| usize::try_from(n).unwrap_or(1).max(1);
    let message = error.msg.trim_start_matches("Syntax error: ");
    let message = message.split(" expecting {").next().unwrap_or(message);
    InvalidCel { position: Position { line: count(line), column: count(column) }, message: message.to_owned() }
}
