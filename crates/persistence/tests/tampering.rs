//! Whoever owns the database changes it behind NexusFlow's back: verification finds and names it.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod support;

use chrono::TimeDelta;
use nexusflow_application::identity::{NewMember, NewOrganization};
use nexusflow_application::insight::{AuditReader, Finding, FindingKind, StreamId};
use nexusflow_domain::ids::{AuditEntryId, OrganizationId, RequestId, UserId};
use nexusflow_domain::insight::ChainBreak::{Changed, Head, Missing, Unlinked};
use nexusflow_domain::insight::{AuditRecord, ChainBreak, hash_record};
use sea_orm::{ConnectionTrait, Value};
use support::{Bench, TestDatabase, id};

/// A request and what is done to it.
struct Victim<'a> {
    database: &'a TestDatabase,
    bench: &'a Bench,
    request: RequestId,
    journal: Vec<AuditRecord>,
}

impl Victim<'_> {
    /// The number of the last record.
    fn length(&self) -> u64 {
        self.journal.len() as u64
    }

    /// Runs a statement in which `$1` is the request, `$2` a record's number and `$3` a value.
    async fn run(&self, sql: &str, seq: u64, value: impl Into<Option<Value>>) {
        let mut values = vec![self.request.uuid().into(), i64::try_from(seq).unwrap().into()];
        values.extend(value.into());
        assert!(self.database.execute(sql, values).await > 0, "{sql} changed nothing");
    }

    async fn set(&self, column: &str, seq: u64, value: impl Into<Value>) {
        let sql = format!("UPDATE audit_logs SET {column} = $3 WHERE request_id = $1 AND seq = $2");
        self.run(&sql, seq, value.into()).await;
    }

    async fn set_on_row(&self, column: &str, value: impl Into<Value>) {
        let sql = format!("UPDATE workflow_requests SET {column} = $3 WHERE id = $1 AND $2 = 0");
        self.run(&sql, 0, value.into()).await;
    }

    async fn remove(&self, seq: u64) {
        self.run("DELETE FROM audit_logs WHERE request_id = $1 AND seq = $2", seq, None).await;
    }

    async fn renumber(&self, seq: u64, new: u64) {
        self.set("seq", seq, i64::try_from(new).unwrap()).await;
    }

    /// Puts a copy of the first record at a number, with a hash that fits it and a link that fits what
    /// was there.
    async fn insert_forged(&self, seq: u64) {
        let before = &self.journal[usize::try_from(seq).unwrap() - 2];
        let id = AuditEntryId::from_uuid(id(u128::from(seq)));
        let mut forged = AuditRecord { id, seq, prev_hash: before.hash, ..self.journal[0].clone() };
        forged.hash = hash_record(&forged);
        let sql = "INSERT INTO audit_logs (request_id, seq, organization_id, id, event, actor_id, request_step_id, \
            payload, before, after, ip, user_agent, correlation_id, occurred_at, prev_hash, hash) \
            SELECT request_id, $2, organization_id, $3, event, actor_id, request_step_id, payload, before, after, ip, \
            user_agent, correlation_id, occurred_at, $4, $5 FROM audit_logs WHERE request_id = $1 AND seq = 1";
        let values = [
            self.request.uuid().into(),
            i64::try_from(seq).unwrap().into(),
            forged.id.uuid().into(),
            forged.prev_hash.0.to_vec().into(),
            forged.hash.0.to_vec().into(),
        ];
        assert_eq!(self.database.execute(sql, values.into()).await, 1);
    }

    /// Another actor, and a hash that fits the changed record.
    async fn forge_actor(&self, seq: u64) {
        let record = &self.journal[usize::try_from(seq).unwrap() - 1];
        let mut forged = AuditRecord { actor: Some(UserId::from_uuid(id(7))), ..record.clone() };
        forged.hash = hash_record(&forged);
        self.set("actor_id", seq, id(7)).await;
        self.set("hash", seq, forged.hash.0.to_vec()).await;
    }

    /// Removes the row of the request and leaves its journal.
    async fn remove_row(&self) {
        for table in ["request_step_exclusions", "sla_escalations", "request_steps"] {
            let values = vec![self.request.uuid().into()];
            self.database.execute(&format!("DELETE FROM {table} WHERE request_id = $1"), values).await;
        }
        self.run("DELETE FROM workflow_requests WHERE id = $1 AND $2 = 0", 0, None).await;
    }
}

/// Numbers of records, and what is wrong there.
type Found = Vec<(u64, FindingKind)>;

fn chain(seq: u64, problem: ChainBreak) -> (u64, FindingKind) {
    (seq, FindingKind::Chain(problem))
}

/// Does the n-th kind of harm and says what must be found; nothing when there are no more kinds.
async fn harm(kind: usize, victim: &Victim<'_>) -> Option<Found> {
    let length = victim.length();
    Some(match kind {
        0 => Vec::new(),
        1 => {
            let payload = victim.journal[1].payload.replacen("\":\"", "\":\"x", 1);
            victim.set("payload", 2, payload).await;
            vec![chain(2, Changed)]
        }
        2 => {
            victim.set("actor_id", 1, id(7)).await;
            vec![chain(1, Changed)]
        }
        3 => {
            victim.set("occurred_at", 3, victim.journal[2].at + TimeDelta::microseconds(1)).await;
            vec![chain(3, Changed)]
        }
        4 => {
            victim.remove(2).await;
            vec![chain(3, Missing { expected: 2, found: 3 })]
        }
        5 => {
            victim.remove(length).await;
            vec![chain(length - 1, Head { expected: length, found: length - 1 })]
        }
        6 => {
            victim.remove(1).await;
            vec![chain(2, Missing { expected: 1, found: 2 })]
        }
        7 => {
            for seq in 1..=length {
                victim.remove(seq).await;
            }
            vec![chain(0, Head { expected: length, found: 0 })]
        }
        8 => {
            victim.insert_forged(length + 1).await;
            vec![chain(length + 1, Head { expected: length, found: length + 1 })]
        }
        9 => {
            for seq in (3..=length).rev() {
                victim.renumber(seq, seq + 1).await;
            }
            victim.insert_forged(3).await;
            let shifted = (4..=length + 1).map(|seq| chain(seq, Changed));
            shifted.chain([chain(length + 1, Head { expected: length, found: length + 1 })]).collect()
        }
        10 => {
            for (seq, new) in [(2, 1_000), (3, 2), (1_000, 3)] {
                victim.renumber(seq, new).await;
            }
            vec![chain(2, Changed), chain(3, Changed), chain(4, Unlinked)]
        }
        11 => {
            victim.forge_actor(3).await;
            vec![chain(4, Unlinked)]
        }
        12 => {
            victim.set("hash", 3, vec![1_u8]).await;
            let loaded =
                victim.bench.store.stream(&victim.bench.scope(), StreamId::Request(victim.request), 2, 1).await;
            vec![(3, FindingKind::Unreadable(loaded.unwrap_err().to_string()))]
        }
        13 => {
            let sql =
                "UPDATE workflow_requests SET state = replace(state, 'NORMAL', 'URGENT') WHERE id = $1 AND $2 = 0";
            victim.run(sql, 0, None).await;
            vec![(length, FindingKind::State)]
        }
        14 => {
            victim.set_on_row("state", "{}").await;
            vec![(length, FindingKind::State)]
        }
        15 => {
            victim.set_on_row("variables", r#"{"approved":true}"#).await;
            vec![(length, FindingKind::State)]
        }
        16 => {
            victim.set_on_row("status", "COMPLETED").await;
            vec![(length, FindingKind::Column("status"))]
        }
        17 => {
            victim.set_on_row("version", 99_i64).await;
            vec![(length, FindingKind::Column("version"))]
        }
        18 => {
            victim.remove_row().await;
            vec![(length, FindingKind::RequestRemoved)]
        }
        _ => return None,
    })
}

#[tokio::test]
async fn every_harm_to_a_request_is_found_and_named() {
    for database in TestDatabase::all().await {
        let bench = Bench::new(&database.url).await;
        forget_foreign_keys(&database).await;
        let mut expected = Vec::new();
        for kind in 0.. {
            let request = bench.start_now().await;
            let stream = StreamId::Request(request);
            let journal = bench.store.stream(&bench.scope(), stream, 0, 100).await.unwrap();
            assert!(journal.len() > 3, "enough to harm");
            let victim = Victim { database: &database, bench: &bench, request, journal };
            let Some(found) = harm(kind, &victim).await else { break };
            let (audit, admin) = (&bench.application.audit, &bench.tenant.admin);
            let one = audit.verify(admin, Some(request)).await.unwrap();
            assert_eq!((one.streams, brief(&one.findings)), (1, named(stream, &found)), "{kind}");
            expected.extend(named(stream, &found));
            let mut exported = Vec::new();
            let mut sink = |record: &AuditRecord| {
                exported.push(record.seq);
                true
            };
            let remaining = bench.store.stream(&bench.scope(), stream, 0, 100).await;
            match (audit.export(Some(request), &mut sink).await, remaining) {
                (Ok(()), Ok(records)) => assert_eq!(exported, records.iter().map(|r| r.seq).collect::<Vec<_>>()),
                (exported, remaining) => assert!(exported.is_err() && remaining.is_err(), "{kind}"),
            }
        }
        let all = bench.application.audit.verify_all().await.unwrap();
        assert_eq!(brief(&all.findings), expected);
        assert!(all.findings.iter().all(|finding| finding.organization == bench.tenant.organization.id));
        bench.close().await;
        database.remove().await;
    }
}

#[tokio::test]
async fn a_record_moved_to_another_organization_is_missed_in_one_and_found_in_the_other() {
    for database in TestDatabase::all().await {
        let bench = Bench::new(&database.url).await;
        forget_foreign_keys(&database).await;
        let (request, other) = (bench.start_now().await, organization(&bench, "globex").await);
        let values = vec![other.uuid().into(), request.uuid().into()];
        let sql = "UPDATE audit_logs SET organization_id = $1 WHERE request_id = $2 AND seq = 2";
        assert_eq!(database.execute(sql, values).await, 1);
        let findings = bench.application.audit.verify_all().await.unwrap().findings;
        let found: Vec<_> = findings.iter().map(|f| (f.organization, f.seq, f.problem.clone())).collect();
        let missing = FindingKind::Chain(Missing { expected: 2, found: 3 });
        let unwanted = FindingKind::Chain(Missing { expected: 1, found: 2 });
        assert_eq!(
            found,
            [(bench.tenant.organization.id, 3, missing), (other, 2, unwanted), (other, 2, FindingKind::RequestRemoved),]
        );
        bench.close().await;
        database.remove().await;
    }
}

/// Statements in which `$1` is the organization and `$2` a record's number, and what must be found
/// in a stream of the given length.
fn harms_to_administration(length: u64) -> [(&'static str, u64, Found); 5] {
    let change = "UPDATE organization_audit_logs SET event = 'ROLE_DELETED' WHERE organization_id = $1 AND seq = $2";
    let remove = "DELETE FROM organization_audit_logs WHERE organization_id = $1 AND seq = $2";
    let shorten = "UPDATE organizations SET audit_seq = audit_seq - $2 WHERE id = $1";
    [
        (change, 2, vec![chain(2, Changed)]),
        (remove, 1, vec![chain(2, Missing { expected: 1, found: 2 })]),
        (remove, 3, vec![chain(4, Missing { expected: 3, found: 4 })]),
        (remove, length, vec![chain(length - 1, Head { expected: length, found: length - 1 })]),
        (shorten, 1, vec![chain(length, Head { expected: length - 1, found: length })]),
    ]
}

#[tokio::test]
async fn every_harm_to_the_administrations_stream_is_found_and_named() {
    for kind in 0..5 {
        for database in TestDatabase::all().await {
            let bench = Bench::new(&database.url).await;
            let stream = bench.store.stream(&bench.scope(), StreamId::Organization, 0, 100).await.unwrap();
            let (sql, seq, expected) = harms_to_administration(stream.len() as u64)[kind].clone();
            let values = vec![bench.tenant.organization.id.uuid().into(), i64::try_from(seq).unwrap().into()];
            assert_eq!(database.execute(sql, values).await, 1);
            let findings = bench.application.audit.verify_all().await.unwrap().findings;
            assert_eq!(brief(&findings), named(StreamId::Organization, &expected), "{sql} {seq}");
            bench.close().await;
            database.remove().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn verification_beside_writers_raises_no_false_alarm() {
    for database in TestDatabase::all().await {
        let bench = Bench::new(&database.url).await;
        let writing = async {
            for n in 0..60 {
                let request = bench.start_now().await;
                bench.tenant.role(&format!("role {n}")).await.unwrap();
                bench.application.requests.cancel(&bench.tenant.admin, request, None).await.unwrap();
            }
        };
        let verifying = async {
            for _ in 0..15 {
                let verification = bench.application.audit.verify_all().await.unwrap();
                assert_eq!(brief(&verification.findings), []);
            }
        };
        tokio::join!(writing, verifying);
        bench.close().await;
        database.remove().await;
    }
}

/// What a finding says, apart from the organization.
type Brief = (StreamId, u64, FindingKind);

fn brief(findings: &[Finding]) -> Vec<Brief> {
    findings.iter().map(|finding| (finding.stream, finding.seq, finding.problem.clone())).collect()
}

fn named(stream: StreamId, found: &[(u64, FindingKind)]) -> Vec<Brief> {
    found.iter().map(|(seq, problem)| (stream, *seq, problem.clone())).collect()
}

/// The owner of a database can switch its rules off.
async fn forget_foreign_keys(database: &TestDatabase) {
    let sql =
        if database.is_postgres() { "SET session_replication_role = replica" } else { "PRAGMA foreign_keys = OFF" };
    database.db.execute_unprepared(sql).await.unwrap();
}

async fn organization(bench: &Bench, slug: &str) -> OrganizationId {
    let admin = NewMember {
        email: format!("admin@{slug}.example"),
        name: "Admin".to_owned(),
        password: "correct horse battery".to_owned(),
        roles: Vec::new(),
    };
    let new = NewOrganization { name: slug.to_owned(), slug: slug.to_owned(), admin };
    bench.application.identity.create_organization(new).await.unwrap().0.id
}
