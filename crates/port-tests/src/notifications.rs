//! `NotificationReader`.

use nexusflow_application::request::{CommitUnit, NewNotification};
use nexusflow_domain::ids::{RoleId, UserId};
use nexusflow_domain::request::RequestEvent;
use serde_json::{Value, json};

use crate::StorePorts;
use crate::bench::Bench;
use crate::documents::{sequence, task};
use crate::paging::check_pages;

pub async fn reach_a_person_and_a_roles_holders_newest_first(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let clerk = bench.acme.role("clerk").await?;
    let one = bench.acme.user("one", &[clerk]).await?;
    let two = bench.acme.user("two", &[clerk]).await?;
    let none = bench.acme.user("none", &[]).await?;
    let workflow = bench.acme.publish("leave", sequence(&[task("work", "clerk", &Value::Null)])?).await?;
    let request = bench.start(&bench.acme.admin, workflow).await?;
    let step = bench.acme.open_step(request, "work").await?.id;
    let ids: [UserId; 2] = [one.principal.user, two.principal.user];
    let addressed: [(Option<UserId>, Option<RoleId>); 7] = [
        (Some(ids[0]), None),
        (None, Some(clerk)),
        (Some(ids[1]), None),
        (Some(ids[0]), None),
        (None, Some(clerk)),
        (Some(none.principal.user), None),
        (Some(ids[0]), Some(clerk)),
    ];
    let mut sent = Vec::new();
    for (n, (user, role)) in addressed.into_iter().enumerate() {
        bench.pass(1);
        let loaded = bench.load(request).await?;
        let unit = bench.unit(&loaded, &[RequestEvent::StepClaimed { id: step, by: ids[0], on_behalf_of: None }])?;
        let detail = json!({ "number": n });
        let one =
            NewNotification { user, role, detail, request_step: Some(step), ..bench.notification(request, ids[0]) };
        sent.push(one.clone());
        let answers = storage.requests.commit(vec![CommitUnit { notifications: vec![one], ..unit }]).await?;
        assert!(matches!(answers[..], [Ok(())]), "{answers:?}");
    }
    let read = async |call| {
        let permit = bench.member(call);
        let found = check_pages(async |page| storage.notifications.notifications(&permit, &page).await).await?;
        for found in &found {
            let sent = sent.iter().find(|sent| sent.id == found.id).ok_or_else(|| anyhow::anyhow!("{found:?}"))?;
            assert_eq!((found.user, found.role, &found.detail), (sent.user, sent.role, &sent.detail));
            assert_eq!((found.request, found.request_step), (Some(sent.request), sent.request_step));
            assert_eq!((found.kind.as_str(), found.created_at), (sent.kind, sent.created_at));
        }
        let numbers = found.iter().map(|found| sent.iter().position(|sent| sent.id == found.id));
        anyhow::Ok(numbers.flatten().collect::<Vec<_>>())
    };
    assert_eq!(read(&one).await?, [6, 4, 3, 1, 0]);
    assert_eq!(read(&two).await?, [6, 4, 2, 1]);
    assert_eq!(read(&none).await?, [5]);
    let mut elsewhere = one.clone();
    elsewhere.principal.organization = bench.foreign().await?.organization.id;
    assert!(read(&elsewhere).await?.is_empty());
    Ok(())
}
