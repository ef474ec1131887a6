use super::infer::Inference;
use super::shape::{Shape, Type};
use crate::workflow::expression::function::Function;
use crate::workflow::expression::tree::Node;

const TEXT: Shape<'static> = Shape::Text(None);

impl<'s> Inference<'s, '_> {
    pub(super) fn call(&mut self, function: Function, arguments: &[Node]) -> Type<'s> {
        let found: Vec<_> = arguments.iter().map(|argument| self.infer(argument)).collect();
        let needs = format!("{} needs {}", function.name(), needed(function));
        for (argument, found) in arguments.iter().zip(&found) {
            let accepted = accepted(function);
            if !accepted.is_empty() {
                self.expect(argument, found, &accepted, &needs);
            }
        }
        result(function)
    }
}

/// The shapes that every argument may have; none: any.
fn accepted(function: Function) -> Vec<Shape<'static>> {
    match function {
        Function::Size => vec![TEXT, Shape::List(Box::default()), Shape::Variables],
        Function::Contains | Function::StartsWith | Function::EndsWith => vec![TEXT],
        Function::ToInt => vec![TEXT, Shape::Int, Shape::Uint, Shape::Double, Shape::Timestamp],
        Function::ToUint | Function::ToDouble => vec![TEXT, Shape::Int, Shape::Uint, Shape::Double],
        Function::ToText => {
            let times = [Shape::Timestamp, Shape::Duration];
            [TEXT, Shape::Bool, Shape::Int, Shape::Uint, Shape::Double].into_iter().chain(times).collect()
        }
        Function::ToBool => vec![TEXT, Shape::Bool],
        Function::ToTimestamp => vec![TEXT, Shape::Int, Shape::Timestamp],
        Function::ToDuration => vec![TEXT, Shape::Duration],
        Function::Hours | Function::Minutes | Function::Seconds | Function::Milliseconds => {
            vec![Shape::Timestamp, Shape::Duration]
        }
        Function::FullYear
        | Function::Month
        | Function::DayOfYear
        | Function::DayOfMonth
        | Function::Date
        | Function::DayOfWeek => vec![Shape::Timestamp],
        Function::ToType | Function::ToDynamic => Vec::new(),
    }
}

/// The same in words.
fn needed(function: Function) -> String {
    let names: Vec<_> = accepted(function).iter().map(Shape::name).collect();
    names.join(" or ")
}

fn result<'s>(function: Function) -> Type<'s> {
    Type::of(match function {
        Function::Contains | Function::StartsWith | Function::EndsWith | Function::ToBool => Shape::Bool,
        Function::ToUint => Shape::Uint,
        Function::ToDouble => Shape::Double,
        Function::ToText => TEXT,
        Function::ToType => Shape::Type,
        Function::ToDynamic => return Type::DYNAMIC,
        Function::ToTimestamp => Shape::Timestamp,
        Function::ToDuration => Shape::Duration,
        _ => Shape::Int,
    })
}
