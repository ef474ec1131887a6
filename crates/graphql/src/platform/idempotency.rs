use async_graphql::InputType;
use nexusflow_application::Replay;
use serde_json::Value;

/// Fields that an idempotency key does not stand for: the key itself, and secrets, of which not even
/// a hash is to be stored.
const LEFT_OUT: [&str; 2] = ["idempotencyKey", "password"];

/// Binds a mutation's idempotency key, if one is given, to its input.
pub(crate) fn replay(input: &impl InputType, key: Option<&str>) -> Option<Replay> {
    let key = key?;
    let mut input = input.to_value().into_json().unwrap_or(Value::Null);
    if let Some(fields) = input.as_object_mut() {
        for field in LEFT_OUT {
            fields.remove(field);
        }
    }
    Some(Replay::new(key.to_owned(), &input))
}
