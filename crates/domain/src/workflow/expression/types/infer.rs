use super::declarations::{Declarations, Meaning};
use super::problem::{Severity, TypeProblem};
use super::shape::{Shape, Type};
use crate::workflow::expression::span::{Position, Span};
use crate::workflow::expression::tree::{Comprehension, ComprehensionKind, Constant, Form, Node, TypeName};

/// One walk over a tree.
pub(super) struct Inference<'s, 'd> {
    pub declarations: &'d Declarations<'s>,
    source: &'d str,
    /// The types of the variables of the enclosing macros, outermost first.
    locals: Vec<Type<'s>>,
    pub problems: Vec<TypeProblem>,
}

impl<'s, 'd> Inference<'s, 'd> {
    pub fn new(declarations: &'d Declarations<'s>, source: &'d str) -> Self {
        Self { declarations, source, locals: Vec::new(), problems: Vec::new() }
    }

    pub fn infer(&mut self, node: &Node) -> Type<'s> {
        match &node.form {
            Form::Constant(constant) => of_constant(constant),
            Form::Variable(name, type_name) => self.variable(node, name, *type_name),
            Form::Local(local) => self.locals.get(*local).cloned().unwrap_or_default(),
            Form::Select(base, field) => self.select(node, base, field),
            Form::Has(base, field) => {
                self.select(node, base, field);
                Type::of(Shape::Bool)
            }
            Form::Index(parts) => self.index(parts),
            Form::List(parts) => Type::of(Shape::List(Box::new(self.any_of(parts)))),
            Form::Map(entries) => self.map(entries),
            Form::Not(part) => self.truths(std::slice::from_ref(part.as_ref()), "! needs true or false"),
            Form::Negate(part) => {
                let found = self.infer(part);
                self.expect(part, &found, &[Shape::Int, Shape::Double], "- needs a signed number");
                found
            }
            Form::And(parts) => self.truths(parts, "&& needs true or false"),
            Form::Or(parts) => self.truths(parts, "|| needs true or false"),
            Form::AllInOrder(parts) | Form::AnyInOrder(parts) => self.truths(parts, "a condition is true or false"),
            Form::Choice(parts) => self.choice(parts),
            Form::Binary(operator, parts) => self.binary(node, *operator, parts),
            Form::Call(function, arguments) => self.call(*function, arguments),
            Form::Matches(text, _) => {
                let found = self.infer(text);
                self.expect(text, &found, &[Shape::Text(None)], "matches needs a string");
                Type::of(Shape::Bool)
            }
            Form::Comprehension(comprehension) => self.comprehension(comprehension),
            Form::Leaf(leaf) => self.leaf(leaf),
        }
    }

    /// A problem unless one of the shapes found is among those expected, or nothing is known.
    pub fn expect(&mut self, node: &Node, found: &Type<'s>, expected: &[Shape<'_>], message: &str) {
        let fits = |shape: &Shape<'_>| expected.iter().any(|expected| expected.name() == shape.name());
        if !found.is_dynamic() && !found.shapes.iter().any(fits) {
            self.problem(node, Severity::Error, format!("{}, but {message}", found.name()));
        }
    }

    pub fn problem(&mut self, node: &Node, severity: Severity, message: impl Into<String>) {
        let at = self.text(node.span).to_owned();
        let position = Some(Position::of_byte(self.source, node.span.start));
        self.problems.push(TypeProblem { severity, at, position, message: message.into() });
    }

    pub fn text(&self, span: Span) -> &'d str {
        span.of(self.source)
    }

    fn variable(&mut self, node: &Node, name: &str, type_name: Option<TypeName>) -> Type<'s> {
        let meaning = self.declarations.variable(name);
        match (meaning, type_name) {
            (Meaning::Known(known), None) => known,
            // A variable would hide the type, and where the schema is open there may be one.
            (Meaning::Known(known), Some(_)) if !known.is_dynamic() => known,
            (_, Some(_)) => Type::DYNAMIC,
            (meaning, None) => self.reported(node, meaning, "variable", name),
        }
    }

    fn reported(&mut self, node: &Node, meaning: Meaning<'s>, what: &str, name: &str) -> Type<'s> {
        let (known, problem) = meaning.read(what, name);
        if let Some((severity, message)) = problem {
            self.problem(node, severity, message);
        }
        known
    }

    fn select(&mut self, node: &Node, base: &Node, field: &str) -> Type<'s> {
        let found = self.infer(base);
        let objects = |shape: &&Shape<'s>| matches!(shape, Shape::Object(_) | Shape::Variables | Shape::Map(_));
        let objects: Vec<_> = found.shapes.iter().filter(objects).cloned().collect();
        let Some((first, others)) = objects.split_first() else {
            if !found.is_dynamic() {
                self.problem(base, Severity::Error, format!("{}, but .{field} needs an object", found.name()));
            }
            return Type::DYNAMIC;
        };
        let what = if matches!(first, Shape::Variables) { "variable" } else { "field" };
        let meaning = self.declarations.field(first, field);
        let selected = self.reported(node, meaning, what, field);
        if others.is_empty() { selected } else { Type::DYNAMIC }
    }

    fn index(&mut self, parts: &[Node; 2]) -> Type<'s> {
        let [base, key] = parts;
        let (found, key_type) = (self.infer(base), self.infer(key));
        match found.shapes.as_slice() {
            [Shape::List(items)] => {
                let whole = [Shape::Int, Shape::Uint, Shape::Double];
                self.expect(key, &key_type, &whole, "a list is indexed by an integer");
                items.as_ref().clone()
            }
            [object @ (Shape::Object(_) | Shape::Variables | Shape::Map(_))] => match &key.form {
                Form::Constant(Constant::Text(name)) => {
                    let meaning = self.declarations.field(object, name);
                    self.reported(key, meaning, "field", name)
                }
                _ => Type::DYNAMIC,
            },
            [Shape::Null | Shape::Bool | Shape::Int | Shape::Uint | Shape::Double | Shape::Text(_)] => {
                self.problem(base, Severity::Error, format!("{}, but [] needs an array or an object", found.name()));
                Type::DYNAMIC
            }
            _ => Type::DYNAMIC,
        }
    }

    fn any_of(&mut self, parts: &[Node]) -> Type<'s> {
        let types: Vec<_> = parts.iter().map(|part| self.infer(part)).collect();
        types.into_iter().reduce(Type::or).unwrap_or_default()
    }

    fn map(&mut self, entries: &[(Node, Node)]) -> Type<'s> {
        let mut values = Vec::new();
        for (key, value) in entries {
            let found = self.infer(key);
            let keys = [Shape::Text(None), Shape::Int, Shape::Uint, Shape::Bool];
            self.expect(key, &found, &keys, "a key is a string, an integer or a boolean");
            values.push(self.infer(value));
        }
        Type::of(Shape::Map(Box::new(values.into_iter().reduce(Type::or).unwrap_or_default())))
    }

    fn truths(&mut self, parts: &[Node], message: &str) -> Type<'s> {
        for part in parts {
            let found = self.infer(part);
            self.expect(part, &found, &[Shape::Bool], message);
        }
        Type::of(Shape::Bool)
    }

    fn choice(&mut self, parts: &[Node; 3]) -> Type<'s> {
        let [test, then, otherwise] = parts;
        let found = self.infer(test);
        self.expect(test, &found, &[Shape::Bool], "?: needs true or false");
        let then = self.infer(then);
        then.or(self.infer(otherwise))
    }

    fn comprehension(&mut self, comprehension: &Comprehension) -> Type<'s> {
        let Comprehension { kind, range, body } = comprehension;
        let found = self.infer(range);
        let name = kind.name();
        let walked = [Shape::List(Box::default()), Shape::Variables];
        self.expect(range, &found, &walked, &format!("{name} needs an array or an object"));
        let element = match found.shapes.as_slice() {
            [Shape::List(items)] => items.as_ref().clone(),
            [Shape::Object(_) | Shape::Variables | Shape::Map(_)] => Type::of(Shape::Text(None)),
            _ => Type::DYNAMIC,
        };
        self.locals.push(element.clone());
        if let Some(predicate) = &body.predicate {
            let found = self.infer(predicate);
            self.expect(predicate, &found, &[Shape::Bool], &format!("{name} needs true or false"));
        }
        let made = body.transform.as_ref().map_or(element, |transform| self.infer(transform));
        self.locals.pop();
        match kind {
            ComprehensionKind::Filter | ComprehensionKind::Map => Type::of(Shape::List(Box::new(made))),
            _ => Type::of(Shape::Bool),
        }
    }
}

fn of_constant<'s>(constant: &Constant) -> Type<'s> {
    Type::of(match constant {
        Constant::Null => Shape::Null,
        Constant::Bool(_) => Shape::Bool,
        Constant::Int(_) => Shape::Int,
        Constant::Uint(_) => Shape::Uint,
        Constant::Double(_) => Shape::Double,
        Constant::Text(_) => Shape::Text(None),
    })
}
