//! What is checked before the parser sees a source: the parser recurses, so its depth must be bounded
//! by the tokens alone.

use super::tokens::{Kind, Token};
use crate::workflow::expression::limits::{MAX_BRACKETS, MAX_DEPTH};

/// Too deep, and the byte where it becomes so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooDeep {
    pub at: usize,
}

/// What stands between two brackets. Depths are upper bounds of those of the syntax tree.
#[derive(Default)]
struct Level {
    /// Of the elements before the last comma.
    elements: usize,
    /// Of the operands before the last `&&` or `||`.
    settled: usize,
    /// The deepest bracket of the open operand.
    inner: usize,
    /// The operators of the open operand. Whichever way they associate, none lies deeper than all.
    operators: usize,
    /// Each `?` nests what follows.
    choices: usize,
}

impl Level {
    fn depth(&self) -> usize {
        self.elements.max(self.settled.max(self.inner + self.operators) + self.choices)
    }

    fn settle(&mut self) {
        self.settled = self.settled.max(self.inner + self.operators);
        (self.inner, self.operators) = (0, 0);
    }
}

/// Refuses sources whose brackets nest deeper than [`MAX_BRACKETS`] or whose tree could be deeper than
/// [`MAX_DEPTH`].
pub(super) fn check_depth(tokens: &[Token]) -> Result<(), TooDeep> {
    let mut enclosing: Vec<Level> = Vec::new();
    let mut level = Level::default();
    // What the enclosing levels add to the depth of this one.
    let mut outside = 0;
    for token in tokens {
        match token.kind {
            Kind::Open => {
                level.operators += 1;
                outside += level.operators + level.choices;
                enclosing.push(std::mem::take(&mut level));
            }
            Kind::Close => {
                let depth = level.depth();
                // A bracket too many is the parser's to report.
                level = enclosing.pop().unwrap_or_default();
                outside = outside.saturating_sub(level.operators + level.choices);
                level.inner = level.inner.max(depth);
            }
            Kind::Comma => {
                level = Level { elements: level.depth(), ..Level::default() };
            }
            Kind::Logical => level.settle(),
            Kind::Question => level.choices += 1,
            Kind::Operator => level.operators += 1,
            Kind::Operand => {}
        }
        if enclosing.len() > MAX_BRACKETS || outside + level.depth() > MAX_DEPTH {
            return Err(TooDeep { at: token.span.start });
        }
    }
    Ok(())
}
