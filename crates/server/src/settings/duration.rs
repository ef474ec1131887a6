use std::time::Duration;

use serde::Deserialize;
use serde::de::{Deserializer, Error};

const DAY: u64 = 24 * 60 * 60 * 1_000;
/// The longest accepted, in milliseconds.
const MAX: u64 = DAY;
/// The longest accepted of what lasts: a year.
const MAX_LONG: u64 = 366 * DAY;

/// Reads `500ms`, `5s`, `15m` or `1h`: more than nothing, at most a day.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    read(deserializer, MAX, "500ms, 5s, 15m or 1h, at most 24h")
}

/// Reads `15m`, `12h` or `30d`: more than nothing, at most a year.
pub(super) fn deserialize_long<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    read(deserializer, MAX_LONG, "15m, 12h or 30d, at most 366d")
}

fn read<'de, D: Deserializer<'de>>(deserializer: D, max: u64, expected: &str) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse(&text, max).ok_or_else(|| D::Error::custom(format!("expected a duration such as {expected}, found {text:?}")))
}

fn parse(text: &str, max: u64) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let milliseconds = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60 * 1_000,
        "h" => 60 * 60 * 1_000,
        "d" => DAY,
        _ => return None,
    };
    let total = number.parse::<u64>().ok()?.checked_mul(milliseconds)?;
    (1..=max).contains(&total).then(|| Duration::from_millis(total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_number_and_a_unit() {
        assert_eq!(parse("500ms", MAX), Some(Duration::from_millis(500)));
        assert_eq!(parse("24h", MAX), Some(Duration::from_hours(24)));
        assert_eq!(parse("30d", MAX_LONG), Some(Duration::from_hours(30 * 24)));
        assert_eq!(parse("367d", MAX_LONG), None);
        for text in ["", "5", "s", "0s", "-1s", "1.5s", "25h", "5 s", "99999999999999999999h", "5d"] {
            assert_eq!(parse(text, MAX), None, "{text:?}");
        }
    }
}
