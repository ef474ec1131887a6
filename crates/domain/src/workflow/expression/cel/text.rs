//! Which part of the source a node of the syntax tree stands for. The parser keeps one token per node;
//! the rest follows from the parts and from brackets that must match.

use super::tokens::{Kind, Token};
use crate::workflow::expression::span::Span;

/// Tokens around a known part that belong to it too.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Margin {
    /// Such as the name before the bracket of a call.
    pub before: usize,
    /// Such as the name after the dot of a selection.
    pub after: usize,
}

/// The smallest part that holds `known` and its margin and closes every bracket that it opens.
pub(super) fn whole(tokens: &[Token], known: Span, margin: Margin) -> Span {
    let first = tokens.partition_point(|token| token.span.end <= known.start).saturating_sub(margin.before);
    let end = tokens.partition_point(|token| token.span.start < known.end) + margin.after;
    let end = end.min(tokens.len());
    let (unopened, unclosed) = unmatched(tokens.get(first..end).unwrap_or_default());
    let first = opening(tokens, first, unopened);
    let end = closing(tokens, end, unclosed);
    match (tokens.get(first), end.checked_sub(1).and_then(|last| tokens.get(last))) {
        (Some(first), Some(last)) => first.span.and(last.span),
        _ => known,
    }
}

/// How many brackets close that were not opened, and open that are not closed.
fn unmatched(tokens: &[Token]) -> (usize, usize) {
    tokens.iter().fold((0, 0), |(unopened, unclosed), token| match token.kind {
        Kind::Open => (unopened, unclosed + 1),
        Kind::Close if unclosed == 0 => (unopened + 1, 0),
        Kind::Close => (unopened, unclosed - 1),
        _ => (unopened, unclosed),
    })
}

/// The token, before `first`, that opens the outermost of `missing` brackets.
fn opening(tokens: &[Token], first: usize, missing: usize) -> usize {
    let (mut at, mut missing) = (first, missing);
    while missing > 0 && at > 0 {
        at -= 1;
        match tokens.get(at).map(|token| token.kind) {
            Some(Kind::Open) => missing -= 1,
            Some(Kind::Close) => missing += 1,
            _ => {}
        }
    }
    at
}

/// The end of the tokens that close the outermost of `missing` brackets.
fn closing(tokens: &[Token], end: usize, missing: usize) -> usize {
    let (mut at, mut missing) = (end, missing);
    while missing > 0 && at < tokens.len() {
        match tokens.get(at).map(|token| token.kind) {
            Some(Kind::Open) => missing += 1,
            Some(Kind::Close) => missing -= 1,
            _ => {}
        }
        at += 1;
    }
    at
}
