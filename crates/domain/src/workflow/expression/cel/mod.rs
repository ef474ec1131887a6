//! The CEL front end: the `cel` crate's parser, bounded before it starts, and its syntax tree compiled
//! into ours. Language definition: <https://github.com/google/cel-spec/blob/master/doc/langdef.md>.

mod bounds;
mod calls;
mod convert;
mod error;
mod literals;
mod macros;
mod text;
mod tokens;

pub use error::InvalidCel;

use cel::common::ast::{IdedExpr, SourceInfo};

use self::convert::Converter;
use self::tokens::Token;
use crate::workflow::expression::limits::{MAX_BRACKETS, MAX_DEPTH, MAX_SOURCE_BYTES};
use crate::workflow::expression::tree::Node;

/// Compiles a source.
pub(super) fn compile(source: &str) -> Result<Node, InvalidCel> {
    let tokens = check_size(source)?;
    let (syntax, places) = parse(source)?;
    Converter::new(source, &tokens, &places).convert(&syntax)
}

/// Refuses what would make the parser slow or its stack deep.
fn check_size(source: &str) -> Result<Vec<Token>, InvalidCel> {
    if source.len() > MAX_SOURCE_BYTES {
        let message = format!("the expression has {} bytes; at most {MAX_SOURCE_BYTES} are allowed", source.len());
        return Err(InvalidCel::at_byte(source, 0, message));
    }
    let tokens = tokens::tokens(source).map_err(|bad| InvalidCel::at_byte(source, bad.at, bad.message))?;
    bounds::check_depth(&tokens).map_err(|deep| {
        let message = format!("nested deeper than {MAX_BRACKETS} brackets or {MAX_DEPTH} operators");
        InvalidCel::at_byte(source, deep.at, message)
    })?;
    Ok(tokens)
}

/// Parses without macros: they stay calls, which keep their place in the source.
fn parse(source: &str) -> Result<(IdedExpr, SourceInfo), InvalidCel> {
    cel::Env::default().parser().parse_with_source_info(source).map_err(|errors| {
        let first = errors.errors.into_iter().next();
        first.map_or_else(|| InvalidCel::at_byte(source, 0, "not an expression"), |error| error::of_parser(&error))
    })
}
