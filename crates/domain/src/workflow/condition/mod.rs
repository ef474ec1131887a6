//! Conditions on request variables, in CEL or in seed 001's JSON form: a leaf
//! `{"field": "amount", "operator": "greater", "value": 1000}`, or a combination
//! `{"all": […]}`, `{"any": […]}`, `{"not": …}`.
//!
//! A condition is compiled once per version, into an [`Expression`]; what cannot work is refused then.
//! A JSON text is a CEL source. In the JSON form a field is a dotted path into the variables; a number
//! in it indexes a list, from 0. A missing field behaves as `null`: `equals`, `not_equals` and `in`
//! compare it as the value `null`, it exists not, and no other operator holds on it. A present value of
//! a type that the operator cannot compare is an [`EvaluationError`], never a silent "false".

mod leaf;
mod parse;

pub(crate) use leaf::Leaf;
pub use parse::{InvalidCondition, MAX_DEPTH, MAX_LEAVES};

use serde_json::{Value, json};

use crate::JsonMap;
use crate::text_enum::text_enum;
use crate::workflow::expression::{EvaluationError, Expression, Form, Fuel, InvalidCel, Node, Scope};

text_enum! {
    /// What a leaf compares.
    Operator {
        /// The same JSON value; numbers compare by value, exactly (1 equals 1.0).
        Equals = "equals",
        /// Not the same JSON value.
        NotEquals = "not_equals",
        /// After, among numbers or texts; RFC 3339 instants compare in time.
        Greater = "greater",
        /// After or the same.
        GreaterOrEqual = "greater_or_equal",
        /// Before.
        Less = "less",
        /// Before or the same.
        LessOrEqual = "less_or_equal",
        /// A text that holds the value, or a list that has it as an item.
        Contains = "contains",
        /// One of the items of the value, a list.
        In = "in",
        /// Present and not `null` (value `false`: the opposite).
        Exists = "exists",
        /// A text that starts with the value.
        StartsWith = "starts_with",
        /// A text that ends with the value.
        EndsWith = "ends_with",
        /// A text that the value, a regular expression, matches somewhere. Linear time in the text.
        Matches = "matches",
    }
}

/// A compiled condition: the JSON form, or a CEL expression, which is a JSON text.
#[derive(Debug, Clone)]
pub struct Condition {
    /// What it was compiled from, in canonical shape.
    written: Value,
    expression: Expression,
}

/// Two conditions are the same when they were written the same.
impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        self.written == other.written
    }
}

impl Condition {
    /// Compiles the JSON form, or the CEL source that a JSON text holds.
    pub fn parse(json: &Value) -> Result<Self, InvalidCondition> {
        if let Value::String(source) = json {
            let invalid = |error: InvalidCel| parse::invalid("condition", error.to_string());
            let expression = Expression::from_cel(source).map_err(invalid)?;
            return Ok(Self { written: json.clone(), expression });
        }
        let tree = parse::tree(json)?;
        let written = written(&tree);
        let expression = Expression::of_tree(written.to_string(), tree);
        Ok(Self { written, expression })
    }

    /// Whether the condition holds on the variables, at the usual limit of cost.
    pub fn holds(&self, variables: &JsonMap) -> Result<bool, EvaluationError> {
        self.holds_in(&Scope::new(variables), &mut Fuel::default())
    }

    /// Whether the condition holds in a scope. Parts of the JSON form are evaluated in order and only as
    /// far as needed; CEL's `&&` and `||` look past an error for an operand that decides.
    pub fn holds_in(&self, scope: &Scope<'_>, fuel: &mut Fuel) -> Result<bool, EvaluationError> {
        self.expression.holds(scope, fuel)
    }

    /// What it was compiled from, in canonical shape.
    pub fn to_json(&self) -> Value {
        self.written.clone()
    }

    /// The evaluated form.
    pub const fn expression(&self) -> &Expression {
        &self.expression
    }
}

/// The canonical JSON form of a tree of the JSON form.
fn written(node: &Node) -> Value {
    let list = |parts: &[Node]| parts.iter().map(written).collect::<Vec<_>>();
    match &node.form {
        Form::AllInOrder(parts) => json!({ "all": list(parts) }),
        Form::AnyInOrder(parts) => json!({ "any": list(parts) }),
        Form::Not(part) => json!({ "not": written(part) }),
        Form::Leaf(leaf) => json!({ "field": leaf.field, "operator": leaf.operator.as_str(), "value": leaf.value }),
        _ => Value::Null,
    }
}
