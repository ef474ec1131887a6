use serde_json::Value as Json;

use crate::JsonMap;
use crate::problem::{Problem, ProblemCode};
use crate::workflow::expression::{Declarations, EvaluationError, Expression, Fuel, Scope, TypeProblem};

/// How many variables one mapping may set.
pub const MAX_TARGETS: usize = 100;

/// What a step takes from or gives to the request: variables and the CEL expressions that make them. Every
/// expression sees the scope as it was before; none sees what another makes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Mapping {
    targets: Vec<(String, Expression)>,
}

/// Which names the fields of a mapping may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameRule {
    /// Those of variables.
    Variable,
    /// Those of header fields: a token (RFC 9110 §5.6.2).
    Token,
    /// Whatever is not empty.
    Any,
}

/// An expression of a mapping cannot be evaluated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{target}: {error}")]
pub struct MappingError {
    /// The variable it was to make.
    pub target: String,
    /// Why it cannot.
    pub error: EvaluationError,
}

impl Mapping {
    /// Compiles an object of CEL sources by the names of the variables they make. Lists every problem, its
    /// path the variable's name.
    pub fn parse(json: &Json) -> Result<Self, Vec<Problem>> {
        Self::parse_named(json, NameRule::Variable)
    }

    /// As [`Self::parse`], with other names than those of variables.
    pub fn parse_named(json: &Json, rule: NameRule) -> Result<Self, Vec<Problem>> {
        let Some(object) = json.as_object() else {
            return Err(vec![Problem::new(ProblemCode::InvalidValue, "", "expected an object of CEL expressions")]);
        };
        if object.len() > MAX_TARGETS {
            return Err(vec![Problem::new(ProblemCode::TooLarge, "", format!("more than {MAX_TARGETS} variables"))]);
        }
        let (mut targets, mut problems) = (Vec::new(), Vec::new());
        for (target, source) in object {
            match compile(target, source, rule) {
                Ok(expression) => targets.push((target.clone(), expression)),
                Err(message) => problems.push(Problem::new(ProblemCode::InvalidValue, target, message)),
            }
        }
        if problems.is_empty() { Ok(Self { targets }) } else { Err(problems) }
    }

    /// What it was compiled from.
    pub fn to_json(&self) -> Json {
        let entry = |(target, expression): &(String, Expression)| (target.clone(), Json::from(expression.source()));
        Json::Object(self.targets.iter().map(entry).collect())
    }

    /// The variables it makes, in order.
    pub fn targets(&self) -> impl Iterator<Item = (&str, &Expression)> {
        self.targets.iter().map(|(target, expression)| (target.as_str(), expression))
    }

    /// The variables' values. All expressions share the fuel.
    pub fn evaluate(&self, scope: &Scope<'_>, fuel: &mut Fuel) -> Result<JsonMap, MappingError> {
        let value = |(target, expression): &(String, Expression)| match expression.evaluate(scope, fuel) {
            Ok(value) => Ok((target.clone(), value)),
            Err(error) => Err(MappingError { target: target.clone(), error }),
        };
        self.targets.iter().map(value).collect()
    }

    /// Problems of types, each with the variable's name.
    pub fn check_types(&self, declarations: &Declarations<'_>) -> Vec<(&str, TypeProblem)> {
        let problems = |(target, expression): (_, &Expression)| {
            expression.check_types(declarations).into_iter().map(move |problem| (target, problem))
        };
        self.targets().flat_map(problems).collect()
    }
}

impl NameRule {
    fn check(self, name: &str) -> Result<(), &'static str> {
        let is_word = |more: &[u8]| name.bytes().all(|b| b.is_ascii_alphanumeric() || more.contains(&b));
        match self {
            Self::Variable if name.starts_with(|c: char| c.is_ascii_digit()) || !is_word(b"_") || !has(name, 64) => {
                Err("expected a name: 1 to 64 of a-z, A-Z, 0-9 and _, not starting with a digit")
            }
            Self::Token if !is_word(b"!#$%&'*+-.^_`|~") || !has(name, 64) => {
                Err("expected the name of a header field: 1 to 64 letters, digits and -")
            }
            Self::Any if !has(name, 256) => Err("expected a name of 1 to 256 bytes"),
            Self::Variable | Self::Token | Self::Any => Ok(()),
        }
    }
}

fn has(name: &str, most: usize) -> bool {
    (1..=most).contains(&name.len())
}

fn compile(target: &str, source: &Json, rule: NameRule) -> Result<Expression, String> {
    rule.check(target)?;
    let source = source.as_str().ok_or("expected a CEL expression as a text")?;
    Expression::from_cel(source).map_err(|error| error.to_string())
}
