//! What steps are given and what they set: their mappings on a request's variables.

use serde_json::{Map, Value};

use crate::JsonMap;
use crate::ids::RequestStepId;
use crate::request::action_call::call_of;
use crate::request::run::Run;
use crate::request::{AwaitedMessage, Instance, Refusal, Work};
use crate::workflow::expression::{COST_LIMIT, Expression, Fuel, Mapping, MappingError, Scope};
use crate::workflow::{MessageWait, Step, StepKind};

/// The longest correlation key, in bytes.
const MAX_KEY: usize = 512;

/// What came back to a step.
const RESULT: &str = "result";
const ITEM: &str = "item";
const INDEX: &str = "index";

impl Run<'_, '_> {
    /// What a step is given, where its workflow says what; of an action, what it is to do. `item` is what an instance is for.
    pub fn input(&self, step: &Step, item: Option<(u32, &Value)>) -> Result<Option<JsonMap>, Refusal> {
        let is_instance = item.is_some();
        let (index, item) = numbered(item);
        let roots = [(ITEM, &item), (INDEX, &index)];
        let known = if is_instance { &roots[..] } else { &[] };
        let scope = Scope::with_roots(&self.state.variables, known);
        match (&step.input, step.job().and_then(|job| job.action.as_ref())) {
            (_, Some(action)) => call_of(step, action, &scope).map(Some),
            (Some(mapping), None) => evaluate(step, "input", mapping, &scope).map(Some),
            (None, None) => Ok(None),
        }
    }

    /// The variables that a step sets when this comes back: as its output mapping says, else each field
    /// the variable of its name. Of a call or an action, without a mapping, nothing.
    pub fn changes(&self, step: &Step, instance: Option<Instance>, result: JsonMap) -> Result<JsonMap, Refusal> {
        let Some(mapping) = &step.output else {
            let is_quiet = match &step.kind {
                StepKind::Call(_) => true,
                StepKind::Job(job) => job.action.is_some(),
                _ => false,
            };
            let comes_back = !is_quiet || instance.is_some();
            return Ok(if comes_back { result } else { JsonMap::new() });
        };
        let result = Value::Object(result);
        let (index, item) = numbered(instance.and_then(|instance| self.item(instance)));
        let roots = [(RESULT, &result), (ITEM, &item), (INDEX, &index)];
        let known = if instance.is_some() { &roots[..] } else { &roots[..1] };
        evaluate(step, "output", mapping, &Scope::with_roots(&self.state.variables, known))
    }

    /// What an instance is for, while the execution that it belongs to is open.
    fn item(&self, instance: Instance) -> Option<(u32, &Value)> {
        let Work::Multi(instances) = &self.state.open.get(&instance.of)?.work else { return None };
        Some((instance.index, instances.items.get(instance.index as usize)?))
    }

    /// Which instance of several an open step is.
    pub fn instance(&self, id: RequestStepId) -> Option<Instance> {
        self.state.open.get(&id).and_then(|open| open.instance)
    }

    /// The message that something waits for from now on.
    pub fn awaited(&self, step: &Step, wait: &MessageWait) -> Result<AwaitedMessage, Refusal> {
        let refused = |message: &str| not_made(step, "key", message);
        let key = match self.value(step, "key", &wait.key)? {
            Value::String(text) => text,
            value @ (Value::Number(_) | Value::Bool(_)) => value.to_string(),
            _ => return Err(refused("expected a text, a number or a truth value")),
        };
        if key.is_empty() || key.len() > MAX_KEY {
            return Err(refused(&format!("expected 1 to {MAX_KEY} bytes, found {}", key.len())));
        }
        Ok(AwaitedMessage { name: wait.name.clone(), key, since: (!wait.kept).then_some(self.now) })
    }

    /// The value of an expression of a step on the variables.
    pub fn value(&self, step: &Step, field: &str, expression: &Expression) -> Result<Value, Refusal> {
        let scope = Scope::new(&self.state.variables);
        let value = expression.evaluate(&scope, &mut Fuel::new(COST_LIMIT));
        value.map_err(|error| not_made(step, field, &error.to_string()))
    }
}

fn numbered(item: Option<(u32, &Value)>) -> (Value, Value) {
    item.map_or((Value::Null, Value::Null), |(index, item)| (Value::from(index), item.clone()))
}

/// The values of a mapping of a step.
pub(super) fn evaluate(
    step: &Step,
    field: &str,
    mapping: &Mapping,
    scope: &Scope<'_>,
) -> Result<Map<String, Value>, Refusal> {
    mapping
        .evaluate(scope, &mut Fuel::new(COST_LIMIT))
        .map_err(|MappingError { target, error }| not_made(step, &format!("{field}.{target}"), &error.to_string()))
}

/// The refusal of what a step's expression does not make.
pub(super) fn not_made(step: &Step, field: &str, message: &str) -> Refusal {
    Refusal::NotMade { step: step.key.clone(), field: field.to_owned(), message: message.to_owned() }
}
