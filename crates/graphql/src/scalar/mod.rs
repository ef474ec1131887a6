//! Scalars that GraphQL does not have.

mod date_time;
mod duration;
mod json;
mod number;

pub use date_time::DateTime;
pub use duration::Duration;
pub use json::Json;
pub use number::int;
