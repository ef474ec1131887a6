//! The parser's syntax tree, node by node. Its depth is bounded (see `bounds`), so this may recurse.

use cel::common::ast::{CallExpr, EntryExpr, Expr, IdedEntryExpr, IdedExpr, ListExpr, SelectExpr, SourceInfo};

use super::error::InvalidCel;
use super::text::{Margin, whole};
use super::tokens::Token;
use super::{calls, literals, macros};
use crate::workflow::expression::span::Span;
use crate::workflow::expression::tree::{Form, Node, TypeName};

type Converted = Result<Node, InvalidCel>;

/// What a conversion knows.
pub(super) struct Converter<'s> {
    source: &'s str,
    tokens: &'s [Token],
    places: &'s SourceInfo,
    /// The variables of the enclosing macros, outermost first.
    locals: Vec<&'s str>,
}

impl<'s> Converter<'s> {
    pub fn new(source: &'s str, tokens: &'s [Token], places: &'s SourceInfo) -> Self {
        Self { source, tokens, places, locals: Vec::new() }
    }

    pub fn convert(&mut self, syntax: &'s IdedExpr) -> Converted {
        let (form, margin) = match &syntax.expr {
            Expr::Literal(literal) => self.literal(syntax, literal)?,
            Expr::Ident(name) => (self.name(name), Margin { before: usize::from(name.starts_with('.')), after: 0 }),
            Expr::Select(select) => (self.select(select)?, Margin { before: 0, after: 1 }),
            Expr::List(list) => (self.list(syntax, list)?, Margin::default()),
            Expr::Map(map) => (self.map(syntax, &map.entries)?, Margin::default()),
            Expr::Call(call) => self.call(syntax, call)?,
            Expr::Struct(_) => return Err(self.error(syntax, "messages are not supported; write a map")),
            Expr::Comprehension(_) | Expr::Unspecified => return Err(self.error(syntax, "not an expression")),
        };
        let known = Node { span: self.token(syntax), form };
        let span = known.parts().into_iter().fold(known.span, |span, part| span.and(part.span));
        Ok(Node { span: whole(self.tokens, span, margin), form: known.form })
    }

    pub fn convert_all(&mut self, parts: &'s [IdedExpr]) -> Result<Vec<Node>, InvalidCel> {
        parts.iter().map(|part| self.convert(part)).collect()
    }

    /// Converts parts that see one more variable.
    pub fn with_local<T>(
        &mut self,
        name: &'s str,
        parts: impl FnOnce(&mut Self) -> Result<T, InvalidCel>,
    ) -> Result<T, InvalidCel> {
        self.locals.push(name);
        let converted = parts(self);
        self.locals.pop();
        converted
    }

    /// An error at the token that the parser kept for the node.
    pub fn error(&self, syntax: &IdedExpr, message: impl Into<String>) -> InvalidCel {
        InvalidCel::at_byte(self.source, self.token(syntax).start, message)
    }

    fn token(&self, syntax: &IdedExpr) -> Span {
        let (start, last) = self.places.offset_for(syntax.id).unwrap_or_default();
        Span::new(start as usize..last as usize + 1)
    }

    fn literal(
        &self,
        syntax: &IdedExpr,
        literal: &cel::common::ast::LiteralValue,
    ) -> Result<(Form, Margin), InvalidCel> {
        let constant = literals::constant(literal).ok_or_else(|| self.error(syntax, "bytes are not supported"))?;
        let unsigned = !self.token(syntax).of(self.source).starts_with('-');
        let margin = Margin { before: usize::from(literals::is_negative(&constant) && unsigned), after: 0 };
        Ok((Form::Constant(constant), margin))
    }

    fn name(&self, name: &str) -> Form {
        match self.locals.iter().rposition(|local| *local == name) {
            Some(local) => Form::Local(local),
            None => Form::Variable(name.trim_start_matches('.').into(), TypeName::of_name(name)),
        }
    }

    fn select(&mut self, select: &'s SelectExpr) -> Result<Form, InvalidCel> {
        Ok(Form::Select(Box::new(self.convert(&select.operand)?), select.field.as_str().into()))
    }

    fn list(&mut self, syntax: &IdedExpr, list: &'s ListExpr) -> Result<Form, InvalidCel> {
        if !list.optional_indices.is_empty() {
            return Err(self.error(syntax, "optional elements are not supported"));
        }
        Ok(Form::List(self.convert_all(&list.elements)?))
    }

    fn map(&mut self, syntax: &IdedExpr, entries: &'s [IdedEntryExpr]) -> Result<Form, InvalidCel> {
        let entry = |entry: &'s IdedEntryExpr| match &entry.expr {
            EntryExpr::MapEntry(entry) if !entry.optional => {
                Ok((self.convert(&entry.key)?, self.convert(&entry.value)?))
            }
            EntryExpr::MapEntry(_) | EntryExpr::StructField(_) => {
                Err(self.error(syntax, "optional entries are not supported"))
            }
        };
        entries.iter().map(entry).collect::<Result<_, _>>().map(Form::Map)
    }

    fn call(&mut self, syntax: &'s IdedExpr, call: &'s CallExpr) -> Result<(Form, Margin), InvalidCel> {
        if let Some(form) = calls::operator(self, call)? {
            return Ok((form, Margin::default()));
        }
        let form = match macros::expand(self, syntax, call)? {
            Some(form) => form,
            None => calls::function(self, syntax, call)?,
        };
        // The token of a call is its bracket; the name before it belongs to it.
        let before = usize::from(call.target.is_none()) + usize::from(call.func_name.starts_with('.'));
        Ok((form, Margin { before, after: 0 }))
    }
}
