use serde_json::Value as Json;

use super::infer::Inference;
use super::problem::Severity;
use super::shape::{Shape, Type};
use crate::workflow::expression::function::Operator;
use crate::workflow::expression::tree::{Constant, Form, Node};

impl<'s> Inference<'s, '_> {
    pub(super) fn binary(&mut self, node: &Node, operator: Operator, parts: &[Node; 2]) -> Type<'s> {
        let [left_node, right_node] = parts;
        let (left, right) = (self.infer(left_node), self.infer(right_node));
        match operator {
            Operator::Equal | Operator::NotEqual => {
                self.equality(parts, &left, &right);
                Type::of(Shape::Bool)
            }
            Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => {
                if apart(&left, &right, Shape::ordered) {
                    self.compared(left_node, &left, &right);
                }
                Type::of(Shape::Bool)
            }
            Operator::In => {
                self.membership(parts, &left, &right);
                Type::of(Shape::Bool)
            }
            _ => self.arithmetic(node, operator, parts, &left, &right),
        }
    }

    fn equality(&mut self, parts: &[Node; 2], left: &Type<'s>, right: &Type<'s>) {
        let [left_node, right_node] = parts;
        // A comparison with null is a question for presence: it may have an answer where a schema sees none.
        let with_null = [left_node, right_node].iter().any(|node| matches!(node.form, Form::Constant(Constant::Null)));
        if !with_null && apart(left, right, Shape::comparable) {
            self.compared(left_node, left, right);
            return;
        }
        self.listed(left_node, left, right_node);
        self.listed(right_node, right, left_node);
    }

    fn membership(&mut self, parts: &[Node; 2], value: &Type<'s>, container: &Type<'s>) {
        let [value_node, container_node] = parts;
        let containers = [Shape::List(Box::default()), Shape::Variables];
        self.expect(container_node, container, &containers, "in needs an array or an object");
        if let [Shape::List(items)] = container.shapes.as_slice()
            && apart(value, items, Shape::comparable)
        {
            self.compared(value_node, value, items);
            return;
        }
        if let Form::List(items) = &container_node.form {
            for item in items {
                self.listed(value_node, value, item);
            }
        }
    }

    fn compared(&mut self, at: &Node, left: &Type<'s>, right: &Type<'s>) {
        self.problem(at, Severity::Error, format!("{} compared with {}", left.name(), right.name()));
    }

    /// A literal that is none of the values that the schema lists.
    fn listed(&mut self, at: &Node, found: &Type<'s>, literal: &Node) {
        let (Form::Constant(Constant::Text(text)), [Shape::Text(Some(values))]) =
            (&literal.form, found.shapes.as_slice())
        else {
            return;
        };
        if let Some(message) = not_listed(text, values) {
            self.problem(at, Severity::Error, message);
        }
    }

    fn arithmetic(
        &mut self,
        node: &Node,
        operator: Operator,
        parts: &[Node; 2],
        left: &Type<'s>,
        right: &Type<'s>,
    ) -> Type<'s> {
        if left.is_dynamic() || right.is_dynamic() {
            return Type::DYNAMIC;
        }
        let pairs = left.shapes.iter().flat_map(|left| right.shapes.iter().map(move |right| (left, right)));
        let results: Vec<_> = pairs.filter_map(|(left, right)| result(operator, left, right)).collect();
        if results.is_empty() {
            let message = format!("{} {} {} is not defined", left.name(), operator.symbol(), right.name());
            let numbers = |found: &Type<'_>| found.shapes.iter().all(Shape::is_number);
            let hint = if numbers(left) && numbers(right) { "; convert one with int() or double()" } else { "" };
            self.problem(node, Severity::Error, format!("{message}{hint}"));
        } else if left.is_any_number() || right.is_any_number() {
            let [left_node, right_node] = parts;
            let mixed = if left.is_any_number() { left_node } else { right_node };
            let message = format!("number, whole or not; write double({})", self.text(mixed.span));
            self.problem(mixed, Severity::Warning, message);
        }
        results.into_iter().reduce(Type::or).unwrap_or_default()
    }
}

/// Why a text cannot be one of the listed values, if it is none.
pub(super) fn not_listed(text: &str, values: &[Json]) -> Option<String> {
    if values.iter().any(|value| value.as_str() == Some(text)) {
        return None;
    }
    let listed: Vec<_> = values.iter().take(10).map(ToString::to_string).collect();
    Some(format!("{text:?} is none of {}", listed.join(", ")))
}

/// Whether everything is known and no two shapes go together.
fn apart<'s>(left: &Type<'s>, right: &Type<'s>, together: fn(&Shape<'s>, &Shape<'s>) -> bool) -> bool {
    let known = !left.is_dynamic() && !right.is_dynamic();
    known && !left.shapes.iter().any(|left| right.shapes.iter().any(|right| together(left, right)))
}

fn result<'s>(operator: Operator, left: &Shape<'s>, right: &Shape<'s>) -> Option<Type<'s>> {
    let additive = matches!(operator, Operator::Add | Operator::Subtract);
    let shape = match (left, right) {
        (Shape::Int, Shape::Int) => Shape::Int,
        (Shape::Uint, Shape::Uint) => Shape::Uint,
        (Shape::Double, Shape::Double) if operator != Operator::Remainder => Shape::Double,
        (Shape::Text(_), Shape::Text(_)) if operator == Operator::Add => Shape::Text(None),
        (Shape::List(left), Shape::List(right)) if operator == Operator::Add => {
            Shape::List(Box::new(left.as_ref().clone().or(right.as_ref().clone())))
        }
        (Shape::Timestamp, Shape::Duration) if additive => Shape::Timestamp,
        (Shape::Duration, Shape::Timestamp) if operator == Operator::Add => Shape::Timestamp,
        (Shape::Duration, Shape::Duration) if additive => Shape::Duration,
        (Shape::Timestamp, Shape::Timestamp) if operator == Operator::Subtract => Shape::Duration,
        _ => return None,
    };
    Some(Type::of(shape))
}
