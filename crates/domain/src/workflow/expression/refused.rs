use crate::workflow::expression::fault::EvaluationErrorKind;
use crate::workflow::expression::fuel::Spent;

/// Why an operator or a function has no result, before it is known which part of which source that is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Refused {
    /// An operand is of a type that does not fit.
    Operand {
        /// Counted from 0, the receiver first.
        index: usize,
        expected: &'static str,
    },
    /// The types fit, the values do not.
    Values { kind: EvaluationErrorKind, expected: &'static str, found: &'static str },
    /// The limit is reached.
    Cost,
}

impl Refused {
    pub const OVERFLOW: Self =
        Self::Values { kind: EvaluationErrorKind::Overflow, expected: "a result within range", found: "an overflow" };

    pub const DIVISION_BY_ZERO: Self = Self::Values {
        kind: EvaluationErrorKind::DivisionByZero,
        expected: "a divisor other than 0",
        found: "a division by 0",
    };

    pub const fn operand(index: usize, expected: &'static str) -> Self {
        Self::Operand { index, expected }
    }

    /// The only operand has the right type, but its value cannot be converted.
    pub const fn conversion(expected: &'static str, found: &'static str) -> Self {
        Self::Values { kind: EvaluationErrorKind::Conversion, expected, found }
    }
}

impl From<Spent> for Refused {
    fn from(_: Spent) -> Self {
        Self::Cost
    }
}
