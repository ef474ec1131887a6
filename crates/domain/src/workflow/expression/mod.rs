//! Expressions over a request's variables: guards, mappings, completion conditions.
//!
//! Two languages compile into one evaluated form, once per workflow version: CEL
//! (<https://github.com/google/cel-spec>) and seed 001's JSON conditions
//! ([`crate::workflow::condition`]). Evaluation is total and bounded: it reads a [`Scope`], spends
//! [`Fuel`], knows no clock, and answers with a value or an [`EvaluationError`].
//!
//! JSON's whole numbers are CEL's ints (beyond 2^63 - 1 uints), its other numbers doubles. The names of
//! an expression are the variables' own; a variable that is missing is an error, which
//! `has(variables.name)` asks about beforehand. Of CEL's standard library, messages, bytes, time zones
//! and patterns that are not literals are left out.

mod arithmetic;
mod cel;
mod compare;
mod comprehend;
mod conversions;
mod evaluate;
mod explain;
#[expect(clippy::module_inception, reason = "the module is named after its main type")]
mod expression;
mod fault;
mod fuel;
mod function;
mod functions;
mod json;
mod limits;
mod mapping;
mod pattern;
mod refused;
mod schema;
mod scope;
mod span;
mod time;
mod tree;
mod types;
mod value;

pub use cel::InvalidCel;
pub use explain::{Explanation, PartKind, Reading, Verdict};
pub use expression::Expression;
pub use fault::{EvaluationError, EvaluationErrorKind};
pub use fuel::Fuel;
pub use json::MAX_JSON_DEPTH;
pub use limits::{COST_LIMIT, MAX_BRACKETS, MAX_DEPTH, MAX_SOURCE_BYTES};
pub use mapping::{MAX_TARGETS, Mapping, MappingError, NameRule};
pub use schema::{InputSchema, MAX_SCHEMA_DEPTH, MAX_SCHEMA_NODES, SECRET};
pub use scope::{Scope, VARIABLES};
pub use span::Position;
pub use types::{Declarations, Severity, TypeProblem};

pub(crate) use pattern::Pattern;
pub(crate) use refused::Refused;
pub(crate) use span::Span;
pub(crate) use tree::{Form, Node};
