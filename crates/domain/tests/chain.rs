//! The audit log's chain: known answers that may never change, and every kind of tampering.

pub mod support;

use nexusflow_domain::ids::{AuditEntryId, OrganizationId, SessionId, UserId};
use nexusflow_domain::insight::{
    AuditRecord, ChainBreak, Credential, Hash, Origin, StreamKind, canonical_json, hash_record, verify_link,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use support::{at, plus_micros};
use uuid::Uuid;

/// A record with every field set.
fn full() -> AuditRecord {
    AuditRecord {
        id: AuditEntryId::from_uuid(Uuid::from_u128(1)),
        organization: OrganizationId::from_uuid(Uuid::from_u128(2)),
        kind: StreamKind::Request,
        stream: Uuid::from_u128(3),
        seq: 4,
        at: plus_micros(at(0), 5),
        actor: Some(UserId::from_uuid(Uuid::from_u128(6))),
        event: "STEP_COMPLETED".to_owned(),
        subject: Some(("step".to_owned(), Uuid::from_u128(7))),
        payload: r#"{"outcome":"APPROVED"}"#.to_owned(),
        before: Some("{}".to_owned()),
        after: Some(r#"{"é":1}"#.to_owned()),
        origin: Origin {
            ip: Some("192.0.2.1".to_owned()),
            user_agent: Some("test".to_owned()),
            correlation_id: Some("c-1".to_owned()),
            credential: None,
        },
        prev_hash: Hash([0xAB; 32]),
        hash: Hash::GENESIS,
    }
}

/// A record with every field that can be absent absent.
fn bare() -> AuditRecord {
    AuditRecord { actor: None, subject: None, before: None, after: None, origin: Origin::default(), ..full() }
}

/// The same record, of somebody who had signed in.
fn of_session(mut record: AuditRecord, session: u128) -> AuditRecord {
    record.origin.credential = Some(Credential::Session(SessionId::from_uuid(Uuid::from_u128(session))));
    record
}

/// The digests were computed from the documented encoding by another program.
#[test]
fn hashes_are_what_they_always_were() {
    assert_eq!(hash_record(&full()).to_string(), "2bfdb978a0b386697a651fa11f46ba433d16e5ee7529d97f2754bd93e3797ccc");
    assert_eq!(hash_record(&bare()).to_string(), "fbfbdce4990a09a0a58645c5efe7880ba759b73651fc038aa0869f07a2842486");
    let of_session = hash_record(&of_session(full(), 8)).to_string();
    assert_eq!(of_session, "5cbc4d586b8af43bcd84e3882df04b5496daf64a192d6b2ca16994af5278f29b");
    assert_eq!(Hash::GENESIS.to_string(), "0".repeat(64));
}

#[test]
fn canonical_json_is_what_it_always_was() {
    let value = json!({
        "b": [1, 1.0, -0.5, 1e30, u64::MAX, i64::MIN, true, null],
        "a": { "z": {}, "Z": [], "é": "\u{e9}\u{1}\n\"\\/\u{1F600}", "\u{10000}": 1, "\u{ffff}": 2 },
        "": "",
        "\"": 0,
    });
    let expected = concat!(
        r#"{"":"","\"":0,"a":{"Z":[],"z":{},"é":"é\u0001\n\"\\/😀","#,
        "\"\u{ffff}\":2,\"\u{10000}\":1},",
        r#""b":[1,1.0,-0.5,1e+30,18446744073709551615,-9223372036854775808,true,null]}"#,
    );
    assert_eq!(canonical_json(&value), expected);
    assert_eq!(serde_json::from_str::<Value>(expected).unwrap(), value);
}

/// A stream of four records, each linked to the one before.
fn chain() -> Vec<AuditRecord> {
    let mut records: Vec<AuditRecord> = Vec::new();
    for seq in 1..=4 {
        let prev_hash = records.last().map_or(Hash::GENESIS, |last| last.hash);
        let id = AuditEntryId::from_uuid(Uuid::from_u128(u128::from(seq)));
        records.push(sealed(AuditRecord { id, seq, prev_hash, payload: format!("{{\"n\":{seq}}}"), ..full() }));
    }
    records
}

fn sealed(mut record: AuditRecord) -> AuditRecord {
    record.hash = hash_record(&record);
    record
}

/// The first record that does not fit, and why.
fn first_break(records: &[AuditRecord]) -> Option<(usize, ChainBreak)> {
    let mut previous = (0, Hash::GENESIS);
    for (i, record) in records.iter().enumerate() {
        if let Err(broken) = verify_link(previous, record) {
            return Some((i, broken));
        }
        previous = (record.seq, record.hash);
    }
    None
}

#[test]
fn an_untouched_chain_verifies() {
    assert_eq!(first_break(&chain()), None);
}

#[test]
fn changed_content_shows_even_when_its_hash_is_made_to_fit() {
    let mut records = chain();
    records[1].payload = "{}".to_owned();
    assert_eq!(first_break(&records), Some((1, ChainBreak::Changed)));
    records[1] = sealed(records[1].clone());
    assert_eq!(first_break(&records), Some((2, ChainBreak::Unlinked)));
}

#[test]
fn removed_records_show_even_when_the_rest_is_renumbered() {
    for removed in 0..3 {
        let mut records = chain();
        records.remove(removed);
        let expected = removed as u64 + 1;
        assert_eq!(first_break(&records), Some((removed, ChainBreak::Missing { expected, found: expected + 1 })));
        records[removed].seq -= 1;
        assert_eq!(first_break(&records), Some((removed, ChainBreak::Changed)));
        records[removed] = sealed(records[removed].clone());
        assert_eq!(first_break(&records), Some((removed, ChainBreak::Unlinked)));
    }
}

#[test]
fn inserted_and_repeated_records_show() {
    let mut records = chain();
    let twin = sealed(AuditRecord { payload: "{\"inserted\":true}".to_owned(), ..records[1].clone() });
    records.insert(2, twin);
    assert_eq!(first_break(&records), Some((2, ChainBreak::Unlinked)));

    let mut records = chain();
    records.insert(2, records[1].clone());
    assert_eq!(first_break(&records), Some((2, ChainBreak::Unlinked)));

    let mut records = chain();
    let linked = sealed(AuditRecord { seq: 3, prev_hash: records[1].hash, ..full() });
    records.insert(2, linked);
    assert_eq!(first_break(&records), Some((3, ChainBreak::Unlinked)));
}

#[test]
fn reordered_records_show() {
    let mut records = chain();
    records.swap(1, 2);
    assert_eq!(first_break(&records), Some((1, ChainBreak::Missing { expected: 2, found: 3 })));
    let numbers = (records[1].seq, records[2].seq);
    (records[1].seq, records[2].seq) = (numbers.1, numbers.0);
    assert_eq!(first_break(&records), Some((1, ChainBreak::Changed)));
    records[1] = sealed(records[1].clone());
    assert_eq!(first_break(&records), Some((1, ChainBreak::Unlinked)));
}

#[test]
fn a_chain_begins_at_genesis() {
    let stray = sealed(AuditRecord { seq: 1, prev_hash: Hash([1; 32]), ..full() });
    assert_eq!(verify_link((0, Hash::GENESIS), &stray), Err(ChainBreak::Unlinked));
    let zeroth = sealed(AuditRecord { seq: 0, prev_hash: Hash::GENESIS, ..full() });
    assert_eq!(verify_link((0, Hash::GENESIS), &zeroth), Err(ChainBreak::Unlinked));
}

/// Changes one field of a record; `false` when the new value happens to be the old one.
fn change(record: &mut AuditRecord, field: usize, number: u128, text: &str, absent: bool) -> bool {
    let before = record.clone();
    let id = Uuid::from_u128(number);
    let optional = (!absent).then(|| text.to_owned());
    match field {
        0 => record.id = AuditEntryId::from_uuid(id),
        1 => record.organization = OrganizationId::from_uuid(id),
        2 => record.kind = StreamKind::Organization,
        3 => record.stream = id,
        4 => record.seq = u64::try_from(number >> 64).expect("64 bits"),
        5 => record.at = plus_micros(record.at, i64::try_from(number >> 80).expect("48 bits")),
        6 => record.actor = (!absent).then(|| UserId::from_uuid(id)),
        7 => text.clone_into(&mut record.event),
        8 => record.subject = (!absent).then(|| (text.to_owned(), Uuid::from_u128(7))),
        9 => record.subject = Some(("step".to_owned(), id)),
        10 => text.clone_into(&mut record.payload),
        11 => record.before = optional,
        12 => record.after = optional,
        13 => record.origin.ip = optional,
        14 => record.origin.user_agent = optional,
        15 => record.origin.correlation_id = optional,
        16 => *record = of_session(record.clone(), number),
        _ => record.prev_hash.0[field % 32] ^= u8::try_from(number % 256).expect("a byte"),
    }
    *record != before
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn a_change_of_any_field_changes_the_hash(
        field in 0usize..48, number in any::<u128>(), text in "[a-zé{}\":0-9]{0,8}", absent in any::<bool>(), sparse in any::<bool>(),
    ) {
        let record = if sparse { bare() } else { full() };
        let mut changed = record.clone();
        prop_assume!(change(&mut changed, field, number, &text, absent));
        prop_assert_ne!(hash_record(&record), hash_record(&changed));
    }

    #[test]
    fn text_cannot_move_from_one_field_to_the_next(text in "[ab]{1,6}") {
        let split = |at: usize| {
            let (head, tail) = (text[..at].to_owned(), text[at..].to_owned());
            let adjacent = [
                AuditRecord { event: head.clone(), payload: tail.clone(), subject: None, ..full() },
                AuditRecord { payload: head.clone(), before: Some(tail.clone()), ..full() },
                AuditRecord { before: Some(head.clone()), after: Some(tail.clone()), ..full() },
                AuditRecord { origin: Origin { ip: Some(head), user_agent: Some(tail), correlation_id: None, credential: None }, ..full() },
            ];
            adjacent.map(|record| hash_record(&record))
        };
        for cut in 1..=text.len() {
            for (whole, parts) in split(0).into_iter().zip(split(cut)) {
                prop_assert_ne!(whole, parts);
            }
        }
    }

    #[test]
    fn an_absent_text_is_not_an_empty_one_nor_its_neighbours(text in "[ab]{0,3}") {
        let some = Some(text);
        let variants = [
            AuditRecord { before: None, after: None, ..full() },
            AuditRecord { before: some.clone(), after: None, ..full() },
            AuditRecord { before: None, after: some.clone(), ..full() },
            AuditRecord { before: some.clone(), after: some.clone(), ..full() },
        ];
        for (i, a) in variants.iter().enumerate() {
            for b in &variants[..i] {
                prop_assert_ne!(hash_record(a), hash_record(b));
            }
        }
    }
}
