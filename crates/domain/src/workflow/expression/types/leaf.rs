//! The comparisons of the JSON form, in which a missing field is `null`.

use serde_json::Value as Json;

use super::binary::not_listed;
use super::declarations::Meaning;
use super::infer::Inference;
use super::problem::{Severity, TypeProblem};
use super::shape::{Shape, Type};
use crate::workflow::condition::{Leaf, Operator};
use crate::workflow::expression::schema::JsonType;

impl<'s> Inference<'s, '_> {
    pub(super) fn leaf(&mut self, leaf: &Leaf) -> Type<'s> {
        let found = self.field_type(leaf);
        if !found.is_dynamic()
            && let Some(message) = misfit(leaf, &found)
        {
            self.leaf_problem(leaf, Severity::Error, message);
        }
        Type::of(Shape::Bool)
    }

    fn leaf_problem(&mut self, leaf: &Leaf, severity: Severity, message: String) {
        self.problems.push(TypeProblem { severity, at: leaf.field.clone(), position: None, message });
    }

    /// Follows the path of the field.
    fn field_type(&mut self, leaf: &Leaf) -> Type<'s> {
        let mut names = leaf.field.split('.');
        let first = names.next().unwrap_or_default();
        let meaning = self.declarations.variable(first);
        let mut found = self.meant_by_leaf(leaf, meaning, "variable", first);
        for name in names {
            found = match found.shapes.as_slice() {
                [object @ (Shape::Object(_) | Shape::Map(_))] => {
                    let meaning = self.declarations.field(object, name);
                    self.meant_by_leaf(leaf, meaning, "field", name)
                }
                [Shape::List(items)] => items.as_ref().clone(),
                _ => Type::DYNAMIC,
            };
        }
        found
    }

    fn meant_by_leaf(&mut self, leaf: &Leaf, meaning: Meaning<'s>, what: &str, name: &str) -> Type<'s> {
        let (known, problem) = meaning.read(what, name);
        if let Some((severity, message)) = problem {
            self.leaf_problem(leaf, severity, message);
        }
        known
    }
}

/// Why the operator never has an answer, or always the same, on a field of this type.
fn misfit(leaf: &Leaf, found: &Type<'_>) -> Option<String> {
    let value = of_value(&leaf.value);
    let any = |fits: &dyn Fn(&Shape<'_>) -> bool| found.shapes.iter().any(fits);
    let compared = || Some(format!("{} compared with {}", found.name(), value.name()));
    match leaf.operator {
        Operator::Exists => None,
        Operator::Equals | Operator::NotEquals => {
            if !leaf.value.is_null() && !any(&|shape| shape.comparable(&value)) {
                return compared();
            }
            outside(found, &leaf.value)
        }
        Operator::Greater | Operator::GreaterOrEqual | Operator::Less | Operator::LessOrEqual => {
            if any(&|shape| shape.ordered(&value)) { None } else { compared() }
        }
        Operator::In => leaf.value.as_array().into_iter().flatten().find_map(|item| outside(found, item)),
        Operator::Contains => {
            let fits = any(&|shape| matches!(shape, Shape::Text(_) | Shape::List(_)));
            (!fits).then(|| format!("{}, but contains needs a string or an array", found.name()))
        }
        Operator::StartsWith | Operator::EndsWith | Operator::Matches => {
            let fits = any(&|shape| matches!(shape, Shape::Text(_)));
            (!fits).then(|| format!("{}, but {} needs a string", found.name(), leaf.operator.as_str()))
        }
    }
}

/// A text that is none of the values that the schema lists.
fn outside(found: &Type<'_>, value: &Json) -> Option<String> {
    match (value.as_str(), found.shapes.as_slice()) {
        (Some(text), [Shape::Text(Some(values))]) => not_listed(text, values),
        _ => None,
    }
}

fn of_value(value: &Json) -> Shape<'static> {
    match JsonType::of(value) {
        JsonType::Null => Shape::Null,
        JsonType::Boolean => Shape::Bool,
        JsonType::Integer => Shape::Int,
        JsonType::Number => Shape::Double,
        JsonType::String => Shape::Text(None),
        JsonType::Array => Shape::List(Box::default()),
        JsonType::Object => Shape::Variables,
    }
}
