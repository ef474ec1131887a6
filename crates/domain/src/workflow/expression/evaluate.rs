//! The evaluator. Total: every part has a value or a fault, and the fuel ends what would not.

use std::cmp::Ordering;

use crate::workflow::expression::arithmetic::compute;
use crate::workflow::expression::compare::{Order, entry, order, same};
use crate::workflow::expression::fault::{
    EvaluationErrorKind as Kind, Fault, misfit, missing, of_operands, refused, too_costly,
};
use crate::workflow::expression::fuel::{Fuel, Spent};
use crate::workflow::expression::function::{Function, Operator};
use crate::workflow::expression::functions::{search, unary};
use crate::workflow::expression::pattern::Pattern;
use crate::workflow::expression::refused::Refused;
use crate::workflow::expression::scope::Scope;
use crate::workflow::expression::tree::{Form, Node, TypeName};
use crate::workflow::expression::value::{List, Map, Value};

pub(crate) type Evaluated<'a> = Result<Value<'a>, Fault<'a>>;

/// One evaluation. The tree and the scope are borrowed for as long as the value lives.
pub(crate) struct Evaluation<'a, 'f> {
    scope: Scope<'a>,
    fuel: &'f mut Fuel,
    /// The variables of the macros that are being walked, outermost first.
    pub(super) locals: Vec<Value<'a>>,
}

impl<'a, 'f> Evaluation<'a, 'f> {
    pub fn new(scope: Scope<'a>, fuel: &'f mut Fuel) -> Self {
        Self { scope, fuel, locals: Vec::new() }
    }

    pub fn value(&mut self, node: &'a Node) -> Evaluated<'a> {
        self.spend(node, 1)?;
        match &node.form {
            Form::Constant(constant) => Ok(Value::of_constant(constant)),
            Form::Variable(name, type_name) => self.variable(node, name, *type_name),
            Form::Local(local) => Ok(self.locals.get(*local).cloned().unwrap_or(Value::Null)),
            Form::Select(base, field) => self.select(node, base, field),
            Form::Has(base, field) => self.map(base, "has").map(|map| Value::Bool(map.field(field).is_some())),
            Form::Index(parts) => self.index(node, parts),
            Form::List(parts) => self.values(parts).map(Value::made_list),
            Form::Map(entries) => self.make_map(entries),
            Form::Not(part) => self.truth(part, "!").map(|truth| Value::Bool(!truth)),
            Form::Negate(part) => self.negate(node, part),
            Form::And(parts) => self.settle(parts.iter(), "&&", false),
            Form::Or(parts) => self.settle(parts.iter(), "||", true),
            Form::Choice(parts) => {
                let [test, then, otherwise] = parts.as_ref();
                let chosen = if self.truth(test, "?:")? { then } else { otherwise };
                self.value(chosen)
            }
            Form::Binary(operator, parts) => self.binary(node, *operator, parts),
            Form::Call(function, arguments) => self.call(node, *function, arguments),
            Form::Matches(text, pattern) => self.matches(node, text, pattern),
            Form::Comprehension(comprehension) => self.comprehend(node, comprehension),
            Form::Leaf(leaf) => self.leaf(node, leaf),
            Form::AllInOrder(parts) => self.in_order(parts, false),
            Form::AnyInOrder(parts) => self.in_order(parts, true),
        }
    }

    /// The value of a part that must be a boolean.
    pub fn truth(&mut self, node: &'a Node, operator: &'static str) -> Result<bool, Fault<'a>> {
        match self.value(node)? {
            Value::Bool(truth) => Ok(truth),
            other => Err(misfit(node, operator, "a boolean", &other)),
        }
    }

    pub(super) fn spend(&mut self, at: &'a Node, cost: usize) -> Result<(), Fault<'a>> {
        self.fuel.spend(cost).map_err(|Spent| too_costly(at))
    }

    fn variable(&self, node: &'a Node, name: &str, type_name: Option<TypeName>) -> Evaluated<'a> {
        let value = self.scope.get(name).or(type_name.map(Value::Type));
        value.ok_or_else(|| missing(node, Kind::UnknownVariable, "this expression"))
    }

    fn select(&mut self, node: &'a Node, base: &'a Node, field: &str) -> Evaluated<'a> {
        self.map(base, ".")?.field(field).ok_or_else(|| missing(node, Kind::NoSuchField, "."))
    }

    fn map(&mut self, base: &'a Node, operator: &'static str) -> Result<Map<'a>, Fault<'a>> {
        match self.value(base)? {
            Value::Map(map) => Ok(map),
            other => Err(misfit(base, operator, "an object", &other)),
        }
    }

    fn index(&mut self, node: &'a Node, parts: &'a [Node; 2]) -> Evaluated<'a> {
        let [base_node, key_node] = parts;
        let (base, key) = (self.value(base_node)?, self.value(key_node)?);
        match base {
            Value::List(list) => {
                let index = position(&key).ok_or_else(|| misfit(key_node, "[]", "an integer", &key))?;
                let element = usize::try_from(index).ok().and_then(|index| list.get(index));
                let (expected, found) = ("an index of the list", "outside the list");
                element.ok_or_else(|| Fault::new(node, "[]", Kind::IndexOutside, expected, found))
            }
            Value::Map(map) => {
                let found = entry(&map, &key, self.fuel).map_err(|Spent| too_costly(node))?;
                found.ok_or_else(|| missing(node, Kind::NoSuchField, "[]"))
            }
            other => Err(misfit(base_node, "[]", "a list or an object", &other)),
        }
    }

    fn values(&mut self, parts: &'a [Node]) -> Result<Vec<Value<'a>>, Fault<'a>> {
        parts.iter().map(|part| self.value(part)).collect()
    }

    fn make_map(&mut self, entries: &'a [(Node, Node)]) -> Evaluated<'a> {
        let mut made: Vec<(Value<'a>, Value<'a>)> = Vec::with_capacity(entries.len());
        for (key_node, value_node) in entries {
            let key = self.value(key_node)?;
            if !may_be_key(&key) || matches!(key, Value::Double(_)) {
                return Err(misfit(key_node, "{}", "a text, an integer or a boolean as key", &key));
            }
            for (earlier, _) in &made {
                if same(earlier, &key, self.fuel).map_err(|Spent| too_costly(key_node))? {
                    let (expected, found) = ("every key once", "there already");
                    return Err(Fault::new(key_node, "{}", Kind::DuplicateKey, expected, found));
                }
            }
            made.push((key, self.value(value_node)?));
        }
        Ok(Value::Map(Map::Made(made.into())))
    }

    fn negate(&mut self, node: &'a Node, part: &'a Node) -> Evaluated<'a> {
        match self.value(part)? {
            Value::Int(value) => {
                value.checked_neg().map(Value::Int).ok_or_else(|| refused(node, "-", Refused::OVERFLOW))
            }
            Value::Double(value) => Ok(Value::Double(-value)),
            other => Err(misfit(part, "-", "a signed number", &other)),
        }
    }

    /// `&&` (settled by false) and `||` (settled by true) in any order: an error counts only if no other
    /// operand settles it.
    pub(super) fn settle(
        &mut self,
        parts: impl Iterator<Item = &'a Node>,
        operator: &'static str,
        settling: bool,
    ) -> Evaluated<'a> {
        let mut fault = None;
        for part in parts {
            match self.truth(part, operator) {
                Ok(truth) if truth == settling => return Ok(Value::Bool(settling)),
                Ok(_) => {}
                Err(found) if found.kind() == Kind::CostExceeded => return Err(found),
                Err(found) => fault = fault.or(Some(found)),
            }
        }
        fault.map_or(Ok(Value::Bool(!settling)), Err)
    }

    /// `all` (settled by false) and `any` (settled by true) of the JSON form.
    fn in_order(&mut self, parts: &'a [Node], settling: bool) -> Evaluated<'a> {
        for part in parts {
            if self.truth(part, "condition")? == settling {
                return Ok(Value::Bool(settling));
            }
        }
        Ok(Value::Bool(!settling))
    }

    fn binary(&mut self, node: &'a Node, operator: Operator, parts: &'a [Node; 2]) -> Evaluated<'a> {
        let [left_node, right_node] = parts;
        let (left, right) = (self.value(left_node)?, self.value(right_node)?);
        let result = match operator {
            Operator::Equal => same(&left, &right, self.fuel).map(Value::Bool).map_err(Refused::from),
            Operator::NotEqual => same(&left, &right, self.fuel).map(|same| Value::Bool(!same)).map_err(Refused::from),
            Operator::Less => self.ordered(&left, &right, Ordering::is_lt),
            Operator::LessOrEqual => self.ordered(&left, &right, Ordering::is_le),
            Operator::Greater => self.ordered(&left, &right, Ordering::is_gt),
            Operator::GreaterOrEqual => self.ordered(&left, &right, Ordering::is_ge),
            Operator::In => self.contained(&left, &right),
            _ => {
                let kinds = [left.kind(), right.kind()];
                return compute(operator, left, right, self.fuel)
                    .map_err(|cause| of_operands(node, operator.symbol(), cause, [left_node, right_node], &kinds));
            }
        };
        let kinds = [left.kind(), right.kind()];
        result.map_err(|cause| of_operands(node, operator.symbol(), cause, [left_node, right_node], &kinds))
    }

    fn ordered(
        &mut self,
        left: &Value<'a>,
        right: &Value<'a>,
        wanted: fn(Ordering) -> bool,
    ) -> Result<Value<'a>, Refused> {
        match order(left, right, self.fuel)? {
            Order::Known(order) => Ok(Value::Bool(wanted(order))),
            Order::Unordered => Ok(Value::Bool(false)),
            Order::Incomparable => Err(match left {
                Value::Bool(_) | Value::Text(_) | Value::Timestamp(_) | Value::Duration(_) => {
                    Refused::operand(1, left.kind())
                }
                Value::Int(_) | Value::Uint(_) | Value::Double(_) => Refused::operand(1, "a number"),
                _ => Refused::operand(0, "a number, a text or a time"),
            }),
        }
    }

    fn contained(&mut self, value: &Value<'a>, container: &Value<'a>) -> Result<Value<'a>, Refused> {
        match container {
            Value::List(List::Found(items)) => {
                for item in *items {
                    if same(value, &Value::of_json(item), self.fuel)? {
                        return Ok(Value::Bool(true));
                    }
                }
                Ok(Value::Bool(false))
            }
            Value::List(List::Made(items)) => {
                for item in items.iter() {
                    if same(value, item, self.fuel)? {
                        return Ok(Value::Bool(true));
                    }
                }
                Ok(Value::Bool(false))
            }
            Value::Map(map) if may_be_key(value) => Ok(Value::Bool(entry(map, value, self.fuel)?.is_some())),
            Value::Map(_) => Err(Refused::operand(0, "a text, a number or a boolean")),
            _ => Err(Refused::operand(1, "a list or an object")),
        }
    }

    fn call(&mut self, node: &'a Node, function: Function, arguments: &'a [Node]) -> Evaluated<'a> {
        let refuse = |cause, arguments: &[Value<'a>], nodes: &[&'a Node]| {
            let kinds: Vec<_> = arguments.iter().map(Value::kind).collect();
            of_operands(node, function.name(), cause, nodes.iter().copied(), &kinds)
        };
        match arguments {
            [only] => {
                let value = self.value(only)?;
                unary(function, &value, self.fuel).map_err(|cause| refuse(cause, &[value], &[only]))
            }
            [text_node, part_node] => {
                let (text, part) = (self.value(text_node)?, self.value(part_node)?);
                search(function, &text, &part, self.fuel)
                    .map_err(|cause| refuse(cause, &[text, part], &[text_node, part_node]))
            }
            _ => Err(missing(node, Kind::Type, function.name())),
        }
    }

    fn matches(&mut self, node: &'a Node, text_node: &'a Node, pattern: &Pattern) -> Evaluated<'a> {
        match self.value(text_node)? {
            Value::Text(text) => {
                let found = pattern.is_match(text.as_str(), self.fuel).map_err(|Spent| too_costly(node))?;
                Ok(Value::Bool(found))
            }
            other => Err(misfit(text_node, "matches", "a text", &other)),
        }
    }

    fn leaf(&mut self, node: &'a Node, leaf: &'a crate::workflow::condition::Leaf) -> Evaluated<'a> {
        let operator = leaf.operator.as_str();
        leaf.holds(&self.scope, self.fuel)
            .map(Value::Bool)
            .map_err(|cause| of_operands(node, operator, cause.refused, [node], &[cause.found]))
    }
}

/// A list's index: an integer, or a double without a fraction.
fn position(key: &Value<'_>) -> Option<i64> {
    match key {
        Value::Int(index) => Some(*index),
        Value::Uint(index) => Some(i64::try_from(*index).unwrap_or(i64::MAX)),
        #[expect(clippy::cast_possible_truncation, reason = "saturates, and no list is that long")]
        Value::Double(index) => (index.fract() == 0.0).then_some(*index as i64),
        _ => None,
    }
}

/// Whether a map can be asked for the key: a double stands for the integer that it equals.
const fn may_be_key(key: &Value<'_>) -> bool {
    matches!(key, Value::Text(_) | Value::Int(_) | Value::Uint(_) | Value::Double(_) | Value::Bool(_))
}
