use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::checks::facts::stamp;
use crate::evidence::{Effect, FaultKind, Notes};
use crate::journal::Journal;

/// How long after a fault its consequences may last: a worker still tells what it did before.
const AFTERMATH: Duration = Duration::from_secs(12);

/// Effects that were repeated.
#[derive(Default)]
pub struct Repeats {
    /// How many keys had several effects, each because of a fault between effect and record.
    pub explained: usize,
    pub violations: Vec<String>,
}

/// Looks at the effects under each key. A key is that of a step, whose recorded result must be of one of them.
pub fn repeats(notes: &Notes, journal: &Journal) -> Repeats {
    let mut recorded: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (_, event) in journal.events() {
        if let Some(stamp) = stamp(event) {
            recorded.entry(event.id("id")).or_default().push(stamp);
        }
    }
    let mut found = Repeats::default();
    for (key, effects) in &notes.effects {
        let stamps = recorded.get(key).map(Vec::as_slice).unwrap_or_default();
        match stamps {
            [one] if effects.iter().any(|effect| is_of(effect, one)) => {}
            [one] => found.violations.push(format!("step {key} records {one}, which no effect under its key gave")),
            other => found.violations.push(format!("{} results are recorded of step {key}: {other:?}", other.len())),
        }
        if effects.len() > 1 {
            let is_explained = effects.windows(2).all(|pair| is_interrupted(notes, pair[0].at, pair[1].at));
            if is_explained {
                found.explained += 1;
            } else {
                found.violations.push(format!("{} effects under the key {key}, and no fault between", effects.len()));
            }
        }
    }
    let unseen = recorded.keys().filter(|step| !notes.effects.contains_key(*step));
    found.violations.extend(unseen.map(|step| format!("step {step} records a result without an effect")));
    found
}

fn is_of(effect: &Effect, stamp: &str) -> bool {
    stamp.rsplit_once('#').is_some_and(|(_, number)| number == effect.number.to_string())
}

/// Whether a fault fell between an effect and its repetition. Clocks that were put differently make leases run out
/// until they are put again.
fn is_interrupted(notes: &Notes, first: Instant, second: Instant) -> bool {
    notes.faults.iter().enumerate().any(|(place, fault)| {
        let mut later = notes.faults.iter().skip(place + 1);
        let until = match fault.kind {
            FaultKind::Jump => later.find(|next| next.kind.sets_clocks()).map_or(fault.until, |next| next.until),
            _ => fault.until,
        };
        fault.from <= second && until + AFTERMATH >= first
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::tests::journal;
    use super::*;
    use crate::evidence::Fault;

    fn recording(stamp: &str) -> (&'static str, Value) {
        ("STEP_COMPLETED", json!({ "id": "a", "variables": { "stamp": stamp } }))
    }

    fn notes(effects: &[u64], faults: &[(FaultKind, u64)]) -> Notes {
        let begin = Instant::now();
        let at = |seconds: u64| begin + Duration::from_secs(seconds);
        let effects = effects.iter().map(|&seconds| Effect { at: at(seconds), number: seconds }).collect();
        let faults = faults.iter().map(|&(kind, seconds)| Fault { kind, from: at(seconds), until: at(seconds) });
        Notes { effects: [("a".to_owned(), effects)].into(), faults: faults.collect(), ..Notes::default() }
    }

    #[test]
    fn one_result_of_one_of_the_effects_is_recorded() {
        let once = notes(&[100], &[]);
        for (events, count) in [
            (vec![recording("k#100")], 0),
            (vec![], 1),
            (vec![recording("k#7")], 1),
            (vec![recording("k#100"), recording("k#100")], 1),
        ] {
            assert_eq!(repeats(&once, &journal(&events)).violations.len(), count, "{events:?}");
        }
        assert_eq!(repeats(&Notes::default(), &journal(&[recording("k#100")])).violations.len(), 1);
    }

    #[test]
    fn a_repetition_needs_a_fault_between() {
        let (kill, jump, advance) = (FaultKind::Kill, FaultKind::Jump, FaultKind::Advance);
        for (faults, is_explained) in [
            (&[][..], false),
            (&[(kill, 102)], true),
            (&[(kill, 50)], false),
            (&[(kill, 200)], false),
            (&[(jump, 50), (advance, 120)], true),
            (&[(jump, 50), (advance, 60)], false),
        ] {
            let found = repeats(&notes(&[100, 104], faults), &journal(&[recording("k#104")]));
            assert_eq!((found.violations.is_empty(), found.explained == 1), (is_explained, is_explained), "{faults:?}");
        }
    }
}
