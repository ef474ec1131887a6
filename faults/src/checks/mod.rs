//! The rules that must hold whatever was done to the servers. Each is a function from what was noted and what is
//! in the journal to what it found wrong.

mod effects;
mod facts;
mod once;

use std::collections::BTreeSet;

use crate::evidence::Notes;
use crate::journal::Journal;
use crate::verdict::Verdict;

/// Events after which a request does nothing any more.
const ENDS: [&str; 3] = ["REQUEST_COMPLETED", "REQUEST_FAILED", "REQUEST_CANCELLED"];

/// The verdict; `audit` is what the program's own verification found.
pub fn judge(notes: &Notes, journal: &Journal, audit: &[String]) -> Verdict {
    let mut violations: Vec<String> = audit.iter().map(|line| format!("verification: {line}")).collect();
    violations.extend(lost(notes, journal));
    violations.extend(once::twice(journal));
    violations.extend(not_completed(notes, journal));
    let repeats = effects::repeats(notes, journal);
    violations.extend(repeats.violations);
    violations.extend(notes.unexpected.iter().map(|what| format!("unexpected: {what}")));
    Verdict {
        faults: notes.faults.clone(),
        requests: journal.requests.len(),
        events: journal.events().count(),
        acknowledged: notes.acknowledged.len(),
        effects: notes.effects.values().map(Vec::len).sum(),
        repeated: repeats.explained,
        violations,
    }
}

/// What was acknowledged and is not in the journal.
fn lost(notes: &Notes, journal: &Journal) -> Vec<String> {
    let facts: BTreeSet<String> = journal.events().flat_map(|(_, event)| facts::of_event(event)).collect();
    let lost = notes.acknowledged.iter().filter(|what| !facts.contains(&facts::of_acknowledged(what)));
    lost.map(|what| format!("acknowledged and lost: {what:?}")).collect()
}

fn not_completed(notes: &Notes, journal: &Journal) -> Vec<String> {
    let live = notes.unended.iter().map(|request| format!("did not come to its end: {request}"));
    let ended = journal.requests.iter().filter_map(|(request, events)| {
        let ends: Vec<&str> =
            events.iter().map(|event| event.kind.as_str()).filter(|kind| ENDS.contains(kind)).collect();
        let last = events.last().map(|event| event.kind.as_str());
        (ends != ["REQUEST_COMPLETED"] || last != Some("REQUEST_COMPLETED")).then(|| {
            format!("request {request} did not complete: it has the ends {ends:?} and the last event {last:?}")
        })
    });
    live.chain(ended).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::evidence::Acknowledged;
    use crate::journal::Event;

    pub fn journal(events: &[(&str, Value)]) -> Journal {
        let event = |(kind, content): &(&str, Value)| Event { kind: (*kind).to_owned(), content: content.clone() };
        Journal { requests: [("r".to_owned(), events.iter().map(event).collect())].into() }
    }

    fn found(notes: &Notes, events: &[(&str, Value)]) -> Vec<String> {
        judge(notes, &journal(events), &[]).violations
    }

    fn noting(what: Acknowledged) -> Notes {
        Notes { acknowledged: vec![what], ..Notes::default() }
    }

    #[test]
    fn a_request_that_completes_last_is_fine_and_any_other_is_not() {
        let (completed, failed) = (("REQUEST_COMPLETED", json!({})), ("REQUEST_FAILED", json!({})));
        let claimed = ("STEP_CLAIMED", json!({ "id": "s", "by": "u" }));
        let notes = Notes::default();
        assert_eq!(found(&notes, &[claimed.clone(), completed.clone()]), Vec::<String>::new());
        for events in [&[][..], &[failed], &[completed, claimed]] {
            assert_eq!(found(&notes, events).len(), 1, "{events:?}");
        }
    }

    #[test]
    fn every_kind_of_acknowledgement_is_looked_for() {
        let text = |text: &str| text.to_owned();
        let step = "rst_0000000000000000000000000000000a";
        let id = "00000000-0000-0000-0000-00000000000a";
        let done = ("REQUEST_COMPLETED", json!({}));
        for (what, event) in [
            (
                Acknowledged::Started { request: step.replace("rst", "req"), reference: text("R") },
                ("REQUEST_CREATED", json!({ "id": id, "reference": "R" })),
            ),
            (
                Acknowledged::Claimed { step: text(step), user: text("usr_b") },
                ("STEP_CLAIMED", json!({ "id": id, "by": "b" })),
            ),
            (
                Acknowledged::Decided { step: text(step), user: text("usr_b"), outcome: text("APPROVED") },
                ("VOTE_CAST", json!({ "id": id, "vote": { "by": "b", "outcome": "APPROVED" } })),
            ),
            (
                Acknowledged::Decided { step: text(step), user: text("usr_b"), outcome: text("COMPLETED") },
                ("STEP_COMPLETED", json!({ "id": id, "by": "b", "outcome": "COMPLETED" })),
            ),
            (
                Acknowledged::Worked { step: text(step), stamp: text("k#1") },
                ("INSTANCE_COMPLETED", json!({ "id": id, "result": { "stamp": "k#1" } })),
            ),
            (
                Acknowledged::Failed { step: text(step), message: text("tired") },
                ("ATTEMPT_FAILED", json!({ "id": id, "error": "tired" })),
            ),
            (Acknowledged::Published { message: text("msg_c") }, ("MESSAGE_RECEIVED", json!({ "message": "c" }))),
            (
                Acknowledged::Called { step: text(step), nonce: text("n") },
                ("WAIT_ENDED", json!({ "id": id, "variables": { "nonce": "n" } })),
            ),
        ] {
            let notes = noting(what.clone());
            let lost = found(&notes, std::slice::from_ref(&done));
            assert!(lost.len() == 1 && lost[0].contains("lost"), "{what:?}: {lost:?}");
            let kept: Vec<String> = found(&notes, &[event, done.clone()]);
            assert!(!kept.iter().any(|line| line.contains("lost")), "{what:?}: {kept:?}");
        }
    }
}
