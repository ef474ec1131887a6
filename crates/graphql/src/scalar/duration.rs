use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};

/// A span of time as ISO 8601 text of weeks, days, hours, minutes and seconds, such as `P2DT4H`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Duration(pub nexusflow_domain::duration::Duration);

/// A span of time as ISO 8601 text of weeks, days, hours, minutes and seconds, such as `P2DT4H`.
#[Scalar(specified_by_url = "https://www.iso.org/standard/70907.html")]
impl ScalarType for Duration {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else { return Err(InputValueError::expected_type(value)) };
        text.parse().map(Self).map_err(|error| InputValueError::custom(format!("{error}")))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}
