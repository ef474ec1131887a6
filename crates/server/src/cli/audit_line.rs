use chrono::SecondsFormat;
use nexusflow_domain::ids::{OrganizationId, RequestId};
use nexusflow_domain::insight::{AuditRecord, StreamKind};
use serde_json::{Value, json};

/// One record as a JSON object on one line: every field, so that the chain can be checked from the
/// export alone. What the record holds as JSON text (`payload`, `before`, `after`) is JSON here too;
/// its canonical form, which the hash is over, is the text with keys in order and no white space.
pub(super) fn audit_line(record: &AuditRecord) -> String {
    let stream = match record.kind {
        StreamKind::Request => RequestId::from_uuid(record.stream).to_string(),
        StreamKind::Organization => OrganizationId::from_uuid(record.stream).to_string(),
    };
    let subject = record.subject.as_ref().map(|(kind, id)| json!({ "kind": kind, "id": id }));
    json!({
        "id": record.id.to_string(),
        "organization": record.organization.to_string(),
        "kind": record.kind.as_str(),
        "stream": stream,
        "seq": record.seq,
        "at": record.at.to_rfc3339_opts(SecondsFormat::Micros, true),
        "actor": record.actor.map(|actor| actor.to_string()),
        "event": record.event,
        "subject": subject,
        "payload": embedded(&record.payload),
        "before": record.before.as_deref().map(embedded),
        "after": record.after.as_deref().map(embedded),
        "ip": record.origin.ip,
        "userAgent": record.origin.user_agent,
        "correlationId": record.origin.correlation_id,
        "credential": record.origin.credential.map(|credential| credential.to_string()),
        "prevHash": record.prev_hash.to_string(),
        "hash": record.hash.to_string(),
    })
    .to_string()
}

/// A tampered record may hold anything; then its text is exported as it is.
fn embedded(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
}

#[cfg(test)]
mod tests {
    use nexusflow_domain::ids::{AuditEntryId, SessionId, UserId};
    use nexusflow_domain::insight::{Credential, Hash, Origin};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_line_carries_every_field() {
        let record = AuditRecord {
            id: AuditEntryId::from_uuid(Uuid::from_u128(1)),
            organization: OrganizationId::from_uuid(Uuid::from_u128(2)),
            kind: StreamKind::Request,
            stream: Uuid::from_u128(3),
            seq: 4,
            at: "2020-01-02T03:04:05.000006Z".parse().unwrap(),
            actor: Some(UserId::from_uuid(Uuid::from_u128(5))),
            event: "STEP_COMPLETED".to_owned(),
            subject: Some(("step".to_owned(), Uuid::from_u128(6))),
            payload: r#"{"a":[1]}"#.to_owned(),
            before: None,
            after: Some("not JSON".to_owned()),
            origin: Origin {
                ip: Some("::1".to_owned()),
                user_agent: None,
                correlation_id: Some("c\n1".to_owned()),
                credential: Some(Credential::Session(SessionId::from_uuid(Uuid::from_u128(7)))),
            },
            prev_hash: Hash::GENESIS,
            hash: Hash([0xab; 32]),
        };
        let line = audit_line(&record);
        assert!(!line.contains('\n'));
        insta::assert_snapshot!(serde_json::to_string_pretty(&serde_json::from_str::<Value>(&line).unwrap()).unwrap());
    }
}
