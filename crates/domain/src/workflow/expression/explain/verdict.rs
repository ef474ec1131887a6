use super::Explanation;
use crate::workflow::expression::fault::EvaluationError;
use crate::workflow::expression::tree::Form;

/// What became of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is true.
    True,
    /// It is false.
    False,
    /// It cannot be evaluated.
    Failed(Box<EvaluationError>),
}

impl Verdict {
    const fn of(truth: bool) -> Self {
        if truth { Self::True } else { Self::False }
    }
}

/// What the evaluator says of an operator whose operands had these verdicts.
pub(super) fn combined(form: &Form, parts: &[Explanation]) -> Verdict {
    let verdicts = || parts.iter().map(|part| &part.verdict);
    match (form, parts) {
        (Form::And(_), _) => settled(verdicts(), false),
        (Form::Or(_), _) => settled(verdicts(), true),
        (Form::AllInOrder(_), _) => in_order(verdicts(), false),
        (Form::AnyInOrder(_), _) => in_order(verdicts(), true),
        (Form::Choice(_), [test, then, otherwise]) => match &test.verdict {
            Verdict::True => then.verdict.clone(),
            Verdict::False => otherwise.verdict.clone(),
            failed @ Verdict::Failed(_) => failed.clone(),
        },
        (_, [part]) => match &part.verdict {
            Verdict::True => Verdict::False,
            Verdict::False => Verdict::True,
            failed @ Verdict::Failed(_) => failed.clone(),
        },
        _ => Verdict::False,
    }
}

/// CEL's `&&` and `||`.
fn settled<'e>(mut verdicts: impl Iterator<Item = &'e Verdict> + Clone, settling: bool) -> Verdict {
    if verdicts.clone().any(|verdict| *verdict == Verdict::of(settling)) {
        return Verdict::of(settling);
    }
    let failed = verdicts.find(|verdict| matches!(verdict, Verdict::Failed(_)));
    failed.cloned().unwrap_or(Verdict::of(!settling))
}

/// `all` and `any` of the JSON form.
fn in_order<'e>(mut verdicts: impl Iterator<Item = &'e Verdict>, settling: bool) -> Verdict {
    let decides = |verdict: &&Verdict| **verdict != Verdict::of(!settling);
    verdicts.find(decides).cloned().unwrap_or(Verdict::of(!settling))
}
