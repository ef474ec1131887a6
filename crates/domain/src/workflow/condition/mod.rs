//! Conditions on request variables, in seed 001's JSON form: a leaf
//! `{"field": "amount", "operator": "greater", "value": 1000}`, or a combination
//! `{"all": […]}`, `{"any": […]}`, `{"not": …}`.
//!
//! A condition is compiled once per version; what cannot work is refused then. A field is a dotted
//! path into the variables; a number in it indexes a list, from 0. A missing field behaves as `null`:
//! `equals`, `not_equals` and `in` compare it as the value `null`, it exists not, and no other
//! operator holds on it. A present value of a type that the operator cannot compare is a
//! [`TypeMismatch`], never a silent "false".

mod evaluate;
mod parse;

pub use evaluate::TypeMismatch;
pub use parse::{InvalidCondition, MAX_DEPTH, MAX_LEAVES};

use serde_json::Value;

use crate::text_enum::text_enum;

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

/// A compiled condition.
#[derive(Debug, Clone)]
pub enum Condition {
    /// Every part holds; true when there is none.
    All(Vec<Condition>),
    /// Some part holds; false when there is none.
    Any(Vec<Condition>),
    /// The part does not hold.
    Not(Box<Condition>),
    /// A comparison.
    Leaf(Leaf),
}

/// One comparison.
#[derive(Debug, Clone)]
pub struct Leaf {
    /// A dotted path into the variables.
    pub field: String,
    /// How to compare.
    pub operator: Operator,
    /// With what.
    pub value: Value,
    /// The compiled pattern of `matches`.
    pub(crate) pattern: Option<regex::Regex>,
}

/// Two conditions are the same when they were written the same.
impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        self.to_json() == other.to_json()
    }
}

impl Condition {
    /// The JSON form it was compiled from, in canonical shape.
    pub fn to_json(&self) -> Value {
        match self {
            Self::All(parts) => serde_json::json!({ "all": parts.iter().map(Self::to_json).collect::<Vec<_>>() }),
            Self::Any(parts) => serde_json::json!({ "any": parts.iter().map(Self::to_json).collect::<Vec<_>>() }),
            Self::Not(part) => serde_json::json!({ "not": part.to_json() }),
            Self::Leaf(leaf) => {
                serde_json::json!({ "field": leaf.field, "operator": leaf.operator.as_str(), "value": leaf.value })
            }
        }
    }
}
