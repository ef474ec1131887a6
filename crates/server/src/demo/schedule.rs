//! When people get round to things: weekdays, office hours (UTC).

use chrono::{Datelike, NaiveTime, TimeDelta, Timelike, Weekday};
use nexusflow_domain::Timestamp;

use crate::demo::random::Random;

const OPENS: u32 = 8;
const CLOSES: u32 = 17;

/// The same instant when the office is open, else shortly after it opens next.
pub(super) fn office_time(at: Timestamp, random: &mut Random) -> Timestamp {
    let mut day = at.date_naive();
    if at.hour() >= CLOSES {
        day += TimeDelta::days(1);
    }
    let moved = day != at.date_naive() || at.hour() < OPENS || is_weekend(day.weekday());
    if !moved {
        return at;
    }
    while is_weekend(day.weekday()) {
        day += TimeDelta::days(1);
    }
    let opening = NaiveTime::from_hms_opt(OPENS, 0, 0).unwrap_or(NaiveTime::MIN);
    let minutes = i64::try_from(random.below(90)).unwrap_or(0);
    day.and_time(opening).and_utc() + TimeDelta::minutes(minutes)
}

/// When somebody acts who is asked at an instant: usually within days, sometimes much later.
pub(super) fn acts_at(asked: Timestamp, usual_hours: u64, random: &mut Random) -> Timestamp {
    let slow = if random.percent(4) { 6 } else { 1 };
    let minutes = 10 + random.below(usual_hours * 120) * slow;
    office_time(asked + TimeDelta::minutes(i64::try_from(minutes).unwrap_or(0)), random)
}

/// So many instants between two, in order, in office hours as far as possible.
pub(super) fn arrivals(from: Timestamp, until: Timestamp, count: u32, random: &mut Random) -> Vec<Timestamp> {
    let seconds = u64::try_from((until - from).num_seconds()).unwrap_or(0);
    let mut instants: Vec<Timestamp> = (0..count)
        .map(|_| {
            let at = from + TimeDelta::seconds(i64::try_from(random.below(seconds)).unwrap_or(0));
            let open = office_time(at, random);
            if open <= until { open } else { at }
        })
        .collect();
    instants.sort_unstable();
    instants
}

const fn is_weekend(day: Weekday) -> bool {
    matches!(day, Weekday::Sat | Weekday::Sun)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_works_at_night_or_at_weekends() {
        let mut random = Random::new(1);
        let friday_noon: Timestamp = "2026-01-02T12:00:00Z".parse().unwrap();
        assert_eq!(office_time(friday_noon, &mut random), friday_noon);
        for (at, day) in [
            ("2026-01-02T17:00:00Z", "2026-01-05"),
            ("2026-01-03T12:00:00Z", "2026-01-05"),
            ("2026-01-05T03:00:00Z", "2026-01-05"),
        ] {
            let open = office_time(at.parse().unwrap(), &mut random);
            assert_eq!(open.date_naive().to_string(), day, "{at}");
            assert!((OPENS..CLOSES).contains(&open.hour()), "{open}");
        }
    }

    #[test]
    fn all_arrivals_lie_within_the_period() {
        let from: Timestamp = "2026-01-02T12:00:00Z".parse().unwrap();
        for until in [from, from + TimeDelta::minutes(1), from + TimeDelta::weeks(8)] {
            let instants = arrivals(from, until, 50, &mut Random::new(1));
            assert!(instants.len() == 50 && instants.is_sorted());
            assert!(instants.iter().all(|at| (from..=until).contains(at)));
        }
    }
}
