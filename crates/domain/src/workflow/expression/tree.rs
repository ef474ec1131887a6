//! The one evaluated form. Both languages compile into it; it is immutable and shared by every
//! evaluation of a version.

use crate::workflow::condition::Leaf;
use crate::workflow::expression::function::{Function, Operator};
use crate::workflow::expression::pattern::Pattern;
use crate::workflow::expression::span::Span;

/// A part of an expression.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub form: Form,
    /// Where it stands in the source; empty in the JSON form, whose leaves name themselves.
    pub span: Span,
}

/// What a part does.
#[derive(Debug, Clone)]
pub(crate) enum Form {
    Constant(Constant),
    /// A root of the scope. Without one of this name, the type of this name if there is one.
    Variable(Box<str>, Option<TypeName>),
    /// A variable of an enclosing macro, counted from the outermost.
    Local(usize),
    Select(Box<Node>, Box<str>),
    /// `has(…)`.
    Has(Box<Node>, Box<str>),
    Index(Box<[Node; 2]>),
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
    Not(Box<Node>),
    Negate(Box<Node>),
    /// CEL's `&&`: an error counts only if no operand is false.
    And(Vec<Node>),
    /// CEL's `||`: an error counts only if no operand is true.
    Or(Vec<Node>),
    Choice(Box<[Node; 3]>),
    Binary(Operator, Box<[Node; 2]>),
    /// A function; the receiver of a method is the first argument.
    Call(Function, Vec<Node>),
    Matches(Box<Node>, Pattern),
    Comprehension(Box<Comprehension>),
    /// A comparison of the JSON form.
    Leaf(Box<Leaf>),
    /// `all` of the JSON form: in order, only as far as needed; an error met on the way counts.
    AllInOrder(Vec<Node>),
    /// `any` of the JSON form, likewise.
    AnyInOrder(Vec<Node>),
}

/// A literal.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Constant {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    Text(Box<str>),
}

/// A macro that walks a list, or the keys of a map.
#[derive(Debug, Clone)]
pub(crate) struct Comprehension {
    pub kind: ComprehensionKind,
    pub range: Node,
    pub body: Body,
}

/// What is done with each element.
#[derive(Debug, Clone)]
pub(crate) struct Body {
    /// The first form of `map` has none; the others have nothing else.
    pub predicate: Option<Node>,
    /// Of `map` alone.
    pub transform: Option<Node>,
}

/// The macros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ComprehensionKind {
    All,
    Exists,
    ExistsOne,
    Filter,
    Map,
}

impl ComprehensionKind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Exists => "exists",
            Self::ExistsOne => "exists_one",
            Self::Filter => "filter",
            Self::Map => "map",
        }
    }
}

/// A type as a value: what `type(x)` gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TypeName {
    Null,
    Bool,
    Int,
    Uint,
    Double,
    Text,
    List,
    Map,
    Timestamp,
    Duration,
    Type,
}

impl TypeName {
    const ALL: [Self; 11] = [
        Self::Null,
        Self::Bool,
        Self::Int,
        Self::Uint,
        Self::Double,
        Self::Text,
        Self::List,
        Self::Map,
        Self::Timestamp,
        Self::Duration,
        Self::Type,
    ];

    /// The name in CEL.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Null => "null_type",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Uint => "uint",
            Self::Double => "double",
            Self::Text => "string",
            Self::List => "list",
            Self::Map => "map",
            Self::Timestamp => "google.protobuf.Timestamp",
            Self::Duration => "google.protobuf.Duration",
            Self::Type => "type",
        }
    }

    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|candidate| candidate.name() == name)
    }
}

impl Node {
    /// The parts, in the order of the source.
    pub fn parts(&self) -> Vec<&Self> {
        match &self.form {
            Form::Constant(_) | Form::Variable(..) | Form::Local(_) | Form::Leaf(_) => Vec::new(),
            Form::Select(part, _)
            | Form::Has(part, _)
            | Form::Not(part)
            | Form::Negate(part)
            | Form::Matches(part, _) => vec![part],
            Form::Index(parts) | Form::Binary(_, parts) => parts.iter().collect(),
            Form::Choice(parts) => parts.iter().collect(),
            Form::List(parts)
            | Form::And(parts)
            | Form::Or(parts)
            | Form::AllInOrder(parts)
            | Form::AnyInOrder(parts)
            | Form::Call(_, parts) => parts.iter().collect(),
            Form::Map(entries) => entries.iter().flat_map(|(key, value)| [key, value]).collect(),
            Form::Comprehension(comprehension) => comprehension.parts(),
        }
    }
}

impl Comprehension {
    fn parts(&self) -> Vec<&Node> {
        [Some(&self.range), self.body.predicate.as_ref(), self.body.transform.as_ref()].into_iter().flatten().collect()
    }
}
