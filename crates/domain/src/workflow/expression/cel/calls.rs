//! Operators and functions: the parser gives both as calls.

use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, operators};

use super::convert::Converter;
use super::error::InvalidCel;
use crate::workflow::expression::function::{Function, Operator, Style};
use crate::workflow::expression::pattern::Pattern;
use crate::workflow::expression::tree::{Form, Node};

/// An operator's form, if the call is one.
pub(super) fn operator<'s>(converter: &mut Converter<'s>, call: &'s CallExpr) -> Result<Option<Form>, InvalidCel> {
    let name = call.func_name.as_str();
    let form = match (name, call.args.as_slice()) {
        (operators::LOGICAL_AND, [_, _]) => Form::And(chain(converter, name, &call.args)?),
        (operators::LOGICAL_OR, [_, _]) => Form::Or(chain(converter, name, &call.args)?),
        (operators::LOGICAL_NOT, [part]) => Form::Not(Box::new(converter.convert(part)?)),
        (operators::NEGATE, [part]) => Form::Negate(Box::new(converter.convert(part)?)),
        (operators::INDEX, [base, key]) => Form::Index(Box::new([converter.convert(base)?, converter.convert(key)?])),
        (operators::CONDITIONAL, [test, then, otherwise]) => {
            Form::Choice(Box::new([converter.convert(test)?, converter.convert(then)?, converter.convert(otherwise)?]))
        }
        (_, [left, right]) => match binary(name) {
            Some(operator) => Form::Binary(operator, Box::new([converter.convert(left)?, converter.convert(right)?])),
            None => return Ok(None),
        },
        _ => return Ok(None),
    };
    Ok(Some(form))
}

/// The operands of a chain side by side; the parser balances them into a tree.
fn chain<'s>(converter: &mut Converter<'s>, name: &str, parts: &'s [IdedExpr]) -> Result<Vec<Node>, InvalidCel> {
    let mut operands = Vec::new();
    for part in parts {
        match &part.expr {
            Expr::Call(call) if call.func_name == name => operands.extend(chain(converter, name, &call.args)?),
            _ => operands.push(converter.convert(part)?),
        }
    }
    Ok(operands)
}

fn binary(name: &str) -> Option<Operator> {
    Some(match name {
        operators::ADD => Operator::Add,
        operators::SUBSTRACT => Operator::Subtract,
        operators::MULTIPLY => Operator::Multiply,
        operators::DIVIDE => Operator::Divide,
        operators::MODULO => Operator::Remainder,
        operators::EQUALS => Operator::Equal,
        operators::NOT_EQUALS => Operator::NotEqual,
        operators::LESS => Operator::Less,
        operators::LESS_EQUALS => Operator::LessOrEqual,
        operators::GREATER => Operator::Greater,
        operators::GREATER_EQUALS => Operator::GreaterOrEqual,
        operators::IN => Operator::In,
        _ => return None,
    })
}

/// A function's form.
pub(super) fn function<'s>(
    converter: &mut Converter<'s>,
    syntax: &'s IdedExpr,
    call: &'s CallExpr,
) -> Result<Form, InvalidCel> {
    let name = call.func_name.trim_start_matches('.');
    let arguments: Vec<&IdedExpr> = call.target.as_deref().into_iter().chain(&call.args).collect();
    if name == "matches" {
        return matches(converter, syntax, &arguments);
    }
    let Some(function) = Function::of_name(name) else {
        return Err(converter.error(syntax, format!("there is no function {name}")));
    };
    match (function.style(), call.target.is_some()) {
        (Style::Global, true) => {
            return Err(converter.error(syntax, format!("{name} is not a method; write {name}(…)")));
        }
        (Style::Method, false) => {
            return Err(converter.error(syntax, format!("{name} is a method; write value.{name}(…)")));
        }
        _ => {}
    }
    if arguments.len() != function.arguments() {
        let (expected, found) = (function.arguments(), arguments.len());
        let message = format!("{name} takes {expected} arguments, the receiver included; found {found}");
        return Err(converter.error(syntax, message));
    }
    let arguments = arguments.into_iter().map(|argument| converter.convert(argument)).collect::<Result<_, _>>()?;
    Ok(Form::Call(function, arguments))
}

/// A pattern must be a literal: it is compiled once, within bounds, and a bad one is found now.
fn matches<'s>(
    converter: &mut Converter<'s>,
    syntax: &'s IdedExpr,
    arguments: &[&'s IdedExpr],
) -> Result<Form, InvalidCel> {
    let [text, pattern] = arguments else {
        return Err(converter.error(syntax, format!("matches takes a text and a pattern; found {}", arguments.len())));
    };
    let Expr::Literal(LiteralValue::String(source)) = &pattern.expr else {
        return Err(converter.error(pattern, "matches needs its pattern as a literal text"));
    };
    let compiled = Pattern::compile(source.inner()).map_err(|why| converter.error(pattern, why))?;
    Ok(Form::Matches(Box::new(converter.convert(text)?), compiled))
}
