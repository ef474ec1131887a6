//! Why a condition was true, false or failed: its logical operators down to their leaves, each with what
//! it read. Nothing is skipped as an evaluation skips it, so that every leaf is shown.

mod reading;
mod verdict;

pub use reading::Reading;
pub use verdict::Verdict;

use self::reading::readings;
use crate::workflow::expression::evaluate::Evaluation;
use crate::workflow::expression::tree::{Form, Node};
use crate::workflow::expression::{Declarations, Expression, Fuel, Scope};

/// A part of a condition and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// What kind of part.
    pub kind: PartKind,
    /// Its source; of the JSON form `all`, `any`, `not`, or field, operator and value.
    pub text: String,
    /// What became of it.
    pub verdict: Verdict,
    /// Of a leaf: the variables it read. Secrets are replaced, large values cut.
    pub read: Vec<Reading>,
    /// Of an operator: its operands.
    pub parts: Vec<Explanation>,
}

/// The kinds of parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartKind {
    /// True when every part is.
    All,
    /// True when some part is.
    Any,
    /// True when its part is false.
    Not,
    /// The second part when the first is true, else the third.
    Choice,
    /// Anything else.
    Leaf,
}

impl Expression {
    /// Explains a condition. When the fuel ends, the leaves that are left fail with the cost limit. The
    /// declarations say what is secret.
    pub fn explain(&self, scope: &Scope<'_>, fuel: &mut Fuel, declarations: &Declarations<'_>) -> Explanation {
        Explainer { source: self.source(), scope: *scope, fuel, declarations }.explain(&self.root)
    }
}

struct Explainer<'a, 'f> {
    source: &'a str,
    scope: Scope<'a>,
    fuel: &'f mut Fuel,
    declarations: &'f Declarations<'f>,
}

impl<'a> Explainer<'a, '_> {
    fn explain(&mut self, node: &'a Node) -> Explanation {
        let Some((kind, word)) = operator(node) else { return self.leaf(node) };
        let parts: Vec<_> = node.parts().into_iter().map(|part| self.explain(part)).collect();
        let text = match node.span.of(self.source) {
            written if is_of_json_form(node) || written.is_empty() => word,
            written => written,
        };
        let verdict = verdict::combined(&node.form, &parts);
        Explanation { kind, text: text.to_owned(), verdict, read: Vec::new(), parts }
    }

    fn leaf(&mut self, node: &'a Node) -> Explanation {
        let truth = Evaluation::new(self.scope, self.fuel).truth(node, "a condition");
        let verdict = match truth {
            Ok(true) => Verdict::True,
            Ok(false) => Verdict::False,
            Err(fault) => Verdict::Failed(Box::new(fault.to_error(self.source))),
        };
        let text = match &node.form {
            Form::Leaf(leaf) => format!("{} {} {}", leaf.field, leaf.operator, leaf.value),
            _ => node.span.of(self.source).to_owned(),
        };
        let read = readings(node, &self.scope, self.declarations);
        Explanation { kind: PartKind::Leaf, text, verdict, read, parts: Vec::new() }
    }
}

/// The kind of a logical operator, and its word in the JSON form.
fn operator(node: &Node) -> Option<(PartKind, &'static str)> {
    Some(match &node.form {
        Form::And(_) | Form::AllInOrder(_) => (PartKind::All, "all"),
        Form::Or(_) | Form::AnyInOrder(_) => (PartKind::Any, "any"),
        Form::Not(_) => (PartKind::Not, "not"),
        Form::Choice(_) => (PartKind::Choice, "choice"),
        _ => return None,
    })
}

/// Parts of the JSON form have no place in a source.
fn is_of_json_form(node: &Node) -> bool {
    node.span.start == node.span.end
}
