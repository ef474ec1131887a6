//! Instants and durations of CEL (`google.protobuf.Timestamp` and `Duration`), in UTC. There is no clock:
//! "now" is what the caller passes in as a variable.

use chrono::{DateTime, Datelike, SecondsFormat, TimeDelta, Timelike, Utc};

use crate::workflow::expression::function::Function;
use crate::workflow::expression::refused::Refused;
use crate::workflow::expression::value::Value;

/// The years that CEL allows: 0001 to 9999.
pub(crate) fn within_range(time: DateTime<Utc>) -> Option<DateTime<Utc>> {
    (1..=9999).contains(&time.year()).then_some(time)
}

/// An instant of RFC 3339.
pub(crate) fn parse_timestamp(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text).ok().map(|time| time.with_timezone(&Utc)).and_then(within_range)
}

pub(crate) fn timestamp_of_seconds(seconds: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(seconds, 0).and_then(within_range)
}

pub(crate) fn timestamp_text(time: &DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// A duration in CEL's form: numbers, each with a unit of `h`, `m`, `s`, `ms`, `us` or `ns`, such as `1h30m`
/// or `-1.5s`.
pub(crate) fn parse_duration(text: &str) -> Option<TimeDelta> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(TimeDelta::zero());
    }
    let mut nanoseconds: i128 = 0;
    while !rest.is_empty() {
        let (number, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit() && c != '.')?);
        let (unit, after) = after.split_at(after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len()));
        nanoseconds = nanoseconds.checked_add(amount(number, unit_nanoseconds(unit)?)?)?;
        rest = after;
    }
    let nanoseconds = if negative { -nanoseconds } else { nanoseconds };
    (!text.is_empty() && text != "-" && text != "+")
        .then(|| i64::try_from(nanoseconds).ok().map(TimeDelta::nanoseconds))?
}

const fn unit_nanoseconds(unit: &str) -> Option<i128> {
    Some(match unit.as_bytes() {
        b"h" => 3_600_000_000_000,
        b"m" => 60_000_000_000,
        b"s" => 1_000_000_000,
        b"ms" => 1_000_000,
        b"us" => 1_000,
        b"ns" => 1,
        _ => return None,
    })
}

/// So many units in nanoseconds; what is smaller than one is cut off.
fn amount(number: &str, unit: i128) -> Option<i128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let whole = if whole.is_empty() { 0 } else { whole.parse::<i128>().ok()?.checked_mul(unit)? };
    let digits = fraction.get(..fraction.len().min(15))?;
    let part = if digits.is_empty() { 0 } else { digits.parse::<i128>().ok()?.checked_mul(unit)? };
    let scale = 10i128.checked_pow(u32::try_from(digits.len()).ok()?)?;
    whole.checked_add(part.checked_div(scale)?)
}

/// Seconds with a fraction, such as `5400s`: CEL's text and protobuf's JSON form.
pub(crate) fn duration_text(duration: &TimeDelta) -> String {
    let nanoseconds = i128::from(duration.num_seconds()) * 1_000_000_000 + i128::from(duration.subsec_nanos());
    let (sign, size) = (if nanoseconds < 0 { "-" } else { "" }, nanoseconds.unsigned_abs());
    let (seconds, rest) = (size / 1_000_000_000, size % 1_000_000_000);
    if rest == 0 {
        return format!("{sign}{seconds}s");
    }
    let fraction = format!("{rest:09}");
    format!("{sign}{seconds}.{}s", fraction.trim_end_matches('0'))
}

/// A part of an instant in UTC, or a duration in one unit. Months and days count as CEL counts them: from
/// 0, but for `getDate`.
pub(crate) fn part<'a>(function: Function, value: &Value<'_>) -> Result<Value<'a>, Refused> {
    let part = match value {
        Value::Timestamp(time) => part_of_timestamp(function, time),
        Value::Duration(duration) => part_of_duration(function, *duration),
        _ => None,
    };
    part.map(Value::Int).ok_or(Refused::operand(0, "a timestamp"))
}

fn part_of_timestamp(function: Function, time: &DateTime<Utc>) -> Option<i64> {
    Some(match function {
        Function::FullYear => i64::from(time.year()),
        Function::Month => i64::from(time.month0()),
        Function::DayOfYear => i64::from(time.ordinal0()),
        Function::DayOfMonth => i64::from(time.day0()),
        Function::Date => i64::from(time.day()),
        Function::DayOfWeek => i64::from(time.weekday().num_days_from_sunday()),
        Function::Hours => i64::from(time.hour()),
        Function::Minutes => i64::from(time.minute()),
        Function::Seconds => i64::from(time.second()),
        Function::Milliseconds => i64::from(time.timestamp_subsec_millis()),
        _ => return None,
    })
}

fn part_of_duration(function: Function, duration: TimeDelta) -> Option<i64> {
    Some(match function {
        Function::Hours => duration.num_hours(),
        Function::Minutes => duration.num_minutes(),
        Function::Seconds => duration.num_seconds(),
        Function::Milliseconds => i64::from(duration.subsec_millis()),
        _ => return None,
    })
}
