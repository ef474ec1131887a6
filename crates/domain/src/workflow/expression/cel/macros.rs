//! CEL's macros: `has`, and those that walk a list or the keys of a map.

use cel::common::ast::{CallExpr, Expr, IdedExpr};

use super::convert::Converter;
use super::error::InvalidCel;
use crate::workflow::expression::tree::{Body, Comprehension, ComprehensionKind, Form};

/// A macro's form, if the call is one.
pub(super) fn expand<'s>(
    converter: &mut Converter<'s>,
    syntax: &'s IdedExpr,
    call: &'s CallExpr,
) -> Result<Option<Form>, InvalidCel> {
    match (call.func_name.as_str(), &call.target, call.args.as_slice()) {
        ("has", None, arguments) => has(converter, syntax, arguments).map(Some),
        (name, Some(range), arguments) => match kind(name) {
            Some(kind) => comprehension(converter, syntax, kind, range, arguments).map(Some),
            None => Ok(None),
        },
        _ => Ok(None),
    }
}

fn kind(name: &str) -> Option<ComprehensionKind> {
    Some(match name {
        "all" => ComprehensionKind::All,
        "exists" => ComprehensionKind::Exists,
        "exists_one" | "existsOne" => ComprehensionKind::ExistsOne,
        "filter" => ComprehensionKind::Filter,
        "map" => ComprehensionKind::Map,
        _ => return None,
    })
}

fn has<'s>(converter: &mut Converter<'s>, syntax: &'s IdedExpr, arguments: &'s [IdedExpr]) -> Result<Form, InvalidCel> {
    match arguments {
        [IdedExpr { expr: Expr::Select(select), .. }] => {
            Ok(Form::Has(Box::new(converter.convert(&select.operand)?), select.field.as_str().into()))
        }
        _ => Err(converter.error(syntax, "has takes one field, such as has(variables.amount)")),
    }
}

fn comprehension<'s>(
    converter: &mut Converter<'s>,
    syntax: &'s IdedExpr,
    kind: ComprehensionKind,
    range: &'s IdedExpr,
    arguments: &'s [IdedExpr],
) -> Result<Form, InvalidCel> {
    let name = kind.name();
    let (variable, predicate, transform) = match (kind, arguments) {
        (ComprehensionKind::Map, [variable, transform]) => (variable, None, Some(transform)),
        (ComprehensionKind::Map, [variable, predicate, transform]) => (variable, Some(predicate), Some(transform)),
        (ComprehensionKind::Map, _) => {
            return Err(converter.error(syntax, "map takes a variable, perhaps a condition, and a value"));
        }
        (_, [variable, predicate]) => (variable, Some(predicate), None),
        _ => return Err(converter.error(syntax, format!("{name} takes a variable and a condition"))),
    };
    let Expr::Ident(variable_name) = &variable.expr else {
        return Err(converter.error(variable, format!("{name} needs a simple name as its variable")));
    };
    let range = converter.convert(range)?;
    let body = converter.with_local(variable_name, |converter| {
        let mut part = |part: Option<&'s IdedExpr>| part.map(|part| converter.convert(part)).transpose();
        Ok(Body { predicate: part(predicate)?, transform: part(transform)? })
    })?;
    Ok(Form::Comprehension(Box::new(Comprehension { kind, range, body })))
}
