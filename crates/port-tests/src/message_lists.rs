//! `MessageReader`, and what a publication leaves.

use nexusflow_application::insight::AuditFilter;
use nexusflow_application::request::{MessageFilter, NewMessage};
use nexusflow_application::{PageRequest, Replay};
use nexusflow_domain::ids::MessageId;
use nexusflow_domain::{JsonMap, duration::Duration};
use serde_json::json;

use crate::StorePorts;
use crate::bench::{Bench, refused};
use crate::paging::check_pages;

fn new(name: &str, key: &str) -> anyhow::Result<NewMessage> {
    let payload: JsonMap = serde_json::from_value(json!({ "text": "ä\u{0}", "n": 1.5, "list": [null] }))?;
    let time_to_live: Duration = "P90D".parse()?;
    Ok(NewMessage { name: name.to_owned(), key: key.to_owned(), payload, time_to_live })
}

pub async fn are_listed_newest_first_and_filtered(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let mut published: Vec<MessageId> = Vec::new();
    for (name, key) in [("a", "1"), ("a", "2"), ("b", "1"), ("a", "1"), ("b", "2")] {
        bench.pass(1);
        published.push(bench.application.messages.publish(&bench.acme.admin, new(name, key)?, None).await?.id);
    }
    let list = async |name: Option<&str>, key: Option<&str>, received| {
        let filter = MessageFilter { name: name.map(str::to_owned), key: key.map(str::to_owned), received };
        let scope = bench.scope();
        let found =
            check_pages(async |page| storage.message_reader.list_messages(&scope, &filter, &page).await).await?;
        let places = found.iter().map(|found| published.iter().position(|id| *id == found.id));
        anyhow::Ok(places.flatten().collect::<Vec<_>>())
    };
    assert_eq!(list(None, None, None).await?, [4, 3, 2, 1, 0]);
    assert_eq!(list(Some("a"), None, None).await?, [3, 1, 0]);
    assert_eq!(list(Some("a"), Some("1"), Some(false)).await?, [3, 0]);
    assert_eq!(list(None, Some("2"), None).await?, [4, 1]);
    assert_eq!(list(None, Some("2\0"), None).await?, [0; 0]);
    assert_eq!(list(None, None, Some(true)).await?, [0; 0]);
    Ok(())
}

pub async fn are_read_as_published(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let given = new("order paid", "Ö 1")?;
    let id = bench.application.messages.publish(&bench.acme.admin, given.clone(), None).await?.id;
    let found = storage.message_reader.messages(&bench.scope(), &[id]).await?.pop();
    let found = found.ok_or_else(|| anyhow::anyhow!("{id} is not there"))?;
    assert_eq!((found.name, found.key, found.payload), (given.name, given.key, given.payload));
    assert_eq!(found.expires_at - found.published_at, given.time_to_live.as_delta());
    assert_eq!((found.published_at, found.received), (bench.ports.clock.now(), None));
    Ok(())
}

/// The publication is on record in the organization's chain, without what the message says.
pub async fn a_publication_is_on_record_and_repeated_once(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let admin = &bench.acme.admin;
    let replay = |input: &str| Some(Replay::new("key".to_owned(), &json!(input)));
    let publish = async |input| {
        bench.application.messages.publish(admin, new("a", "1")?, replay(input)).await.map_err(anyhow::Error::from)
    };
    let first = publish("same").await?;
    assert_eq!(publish("same").await?, first);
    assert!(publish("other").await.is_err());
    let filter = AuditFilter { event: Some("MESSAGE_PUBLISHED".to_owned()), ..AuditFilter::default() };
    let records = storage.audit.records(&bench.scope(), &filter, &PageRequest::first(9)).await?.into_nodes();
    assert_eq!(records.len(), 1);
    assert_eq!(records[0].subject, Some(("message".to_owned(), first.id.uuid())));
    assert!(records[0].after.as_deref().is_some_and(|after| after.contains("\"name\":\"a\"")));
    bench.check_intact().await
}

pub async fn of_a_wrong_form_are_refused_field_by_field(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let good = new("a", "1")?;
    let payload: JsonMap = serde_json::from_value(json!({ "text": "x".repeat(256 * 1024) }))?;
    for (field, message) in [
        ("name", NewMessage { name: "n".repeat(65), ..good.clone() }),
        ("name", NewMessage { name: String::new(), ..good.clone() }),
        ("key", NewMessage { key: "ä".repeat(257), ..good.clone() }),
        ("key", NewMessage { key: "\0".to_owned(), ..good.clone() }),
        ("payload", NewMessage { payload, ..good.clone() }),
        ("timeToLive", NewMessage { time_to_live: "P90DT1S".parse()?, ..good.clone() }),
    ] {
        let refused = refused(bench.application.messages.publish(&bench.acme.admin, message, None).await)?;
        let nexusflow_application::Refused::InvalidInput(problems) = refused else {
            anyhow::bail!("{field}: {refused}");
        };
        assert_eq!(problems.iter().map(|problem| problem.path.as_str()).collect::<Vec<_>>(), [field]);
    }
    Ok(())
}

pub async fn are_published_and_read_with_permission_only(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let user = bench.acme.user("user", &[]).await?;
    let denied = refused(bench.application.messages.publish(&user, new("a", "1")?, None).await)?;
    assert!(denied.to_string().contains("PUBLISH_MESSAGE"), "{denied}");
    let filter = MessageFilter::default();
    let denied = refused(bench.application.messages.list(&user, &filter, &PageRequest::first(1)).await)?;
    assert!(denied.to_string().contains("MANAGE_REQUEST"), "{denied}");
    Ok(())
}
