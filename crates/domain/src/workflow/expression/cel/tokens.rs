//! The words and brackets of a CEL source. Not a parser: it bounds what the parser is given and finds
//! the text of a part. Literals of text are read exactly as CEL reads them, so that nothing
//! that the parser would see as brackets hides in one.

use crate::workflow::expression::span::Span;

/// What a token is, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Open,
    Close,
    Comma,
    /// `&&` or `||`
    Logical,
    /// `?`
    Question,
    /// `in`, or a symbol.
    Operator,
    /// A name, a number or a text; or a colon, which adds no depth.
    Operand,
}

/// A token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    pub kind: Kind,
    pub span: Span,
}

/// A text that is not a literal of CEL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BadLiteral {
    /// The byte it was noticed at.
    pub at: usize,
    pub message: &'static str,
}

/// The tokens of a source, in order; comments and spaces are left out.
pub(super) fn tokens(source: &str) -> Result<Vec<Token>, BadLiteral> {
    let mut tokens = Vec::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let start = source.len() - rest.len();
        let (kind, length) = token(rest, first, start)?;
        if let Some(kind) = kind {
            tokens.push(Token { kind, span: Span::new(start..start + length) });
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    Ok(tokens)
}

/// The token at the beginning of `rest`, none for space, and its length.
fn token(rest: &str, first: char, start: usize) -> Result<(Option<Kind>, usize), BadLiteral> {
    let pair = rest.get(..2).unwrap_or_default();
    Ok(match first {
        _ if first.is_ascii_whitespace() || first == '\u{b}' => (None, 1),
        _ if pair == "//" => (None, rest.find('\n').unwrap_or(rest.len())),
        '(' | '[' | '{' => (Some(Kind::Open), 1),
        ')' | ']' | '}' => (Some(Kind::Close), 1),
        ',' => (Some(Kind::Comma), 1),
        '?' => (Some(Kind::Question), 1),
        ':' => (Some(Kind::Operand), 1),
        '"' | '\'' => (Some(Kind::Operand), literal(rest, start, false)?),
        _ if matches!(pair, "&&" | "||") => (Some(Kind::Logical), 2),
        _ if matches!(pair, "==" | "!=" | "<=" | ">=") => (Some(Kind::Operator), 2),
        _ if is_word(first) => word(rest, start)?,
        _ => (Some(Kind::Operator), first.len_utf8()),
    })
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// A name, a number, or a text literal with its prefix.
fn word(rest: &str, start: usize) -> Result<(Option<Kind>, usize), BadLiteral> {
    let (word, after) = rest.split_at(rest.find(|c| !is_word(c)).unwrap_or(rest.len()));
    let quoted = after.starts_with(['"', '\'']);
    Ok(match word.to_ascii_lowercase().as_str() {
        "in" => (Some(Kind::Operator), word.len()),
        prefix @ ("r" | "b" | "br" | "rb") if quoted => {
            let length = literal(after, start + word.len(), prefix.contains('r'))?;
            (Some(Kind::Operand), word.len() + length)
        }
        _ if quoted => {
            return Err(BadLiteral { at: start + word.len(), message: "expected an operator before a text" });
        }
        _ => (Some(Kind::Operand), word.len()),
    })
}

/// The length of the text literal at the beginning of `text`.
fn literal(text: &str, start: usize, raw: bool) -> Result<usize, BadLiteral> {
    let quote = if text.starts_with('"') { "\"" } else { "'" };
    let triple = quote.repeat(3);
    let close = if text.starts_with(&triple) { triple.as_str() } else { quote };
    let mut at = close.len();
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let bad = |message| Err(BadLiteral { at: start + at, message });
        let Some(next) = rest.chars().next() else {
            return Err(BadLiteral { at: start, message: "the text has no closing quote" });
        };
        if rest.starts_with(close) {
            return Ok(at + close.len());
        }
        at += match next {
            '\\' if !raw => match escape(rest) {
                Some(length) => length,
                None => return bad("not an escape of CEL; in a pattern write r'…' or double the backslash"),
            },
            '\n' | '\r' if close.len() == 1 => return bad("the text does not end on its line"),
            _ => next.len_utf8(),
        };
    }
}

/// The length of the escape at the beginning of `text`.
fn escape(text: &str) -> Option<usize> {
    let digits = |count: usize, radix: u32| {
        let digits = text.get(2..2 + count)?;
        digits.chars().all(|c| c.is_digit(radix)).then_some(2 + count)
    };
    match text.chars().nth(1)? {
        'a' | 'b' | 'f' | 'n' | 'r' | 't' | 'v' | '"' | '\'' | '\\' | '`' | '?' => Some(2),
        'x' | 'X' => digits(2, 16),
        'u' => digits(4, 16),
        'U' => digits(8, 16),
        '0'..='3' => digits(2, 8),
        _ => None,
    }
}
