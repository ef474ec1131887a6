use std::time::Duration;

use serde::Deserialize;
use serde::de::{Deserializer, Error};

/// The longest accepted, in milliseconds: a day.
const MAX: u64 = 24 * 60 * 60 * 1_000;

/// Reads `500ms`, `5s`, `15m` or `1h`: more than nothing, at most a day.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    let message = || format!("expected a duration such as 500ms, 5s, 15m or 1h, at most 24h, found {text:?}");
    parse(&text).ok_or_else(|| D::Error::custom(message()))
}

fn parse(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let milliseconds = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60 * 1_000,
        "h" => 60 * 60 * 1_000,
        _ => return None,
    };
    let total = number.parse::<u64>().ok()?.checked_mul(milliseconds)?;
    (1..=MAX).contains(&total).then(|| Duration::from_millis(total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_number_and_a_unit() {
        assert_eq!(parse("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(parse("24h"), Some(Duration::from_hours(24)));
        for text in ["", "5", "s", "0s", "-1s", "1.5s", "25h", "5 s", "99999999999999999999h", "5d"] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }
}
