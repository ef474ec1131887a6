//! The queue of mails.

use chrono::TimeDelta;
use nexusflow_application::administration::{Change, CommitError};
use nexusflow_application::identity::NewInvitation;
use nexusflow_application::platform::{ClaimedMail, Letter, MailContent, QueuedMail};
use nexusflow_domain::identity::{Branding, Language};
use nexusflow_domain::ids::MailId;

use crate::StorePorts;
use crate::bench::Bench;

const LEASE: TimeDelta = TimeDelta::minutes(1);

fn mail(bench: &Bench) -> QueuedMail {
    let now = bench.ports.clock.now();
    let (language, branding) = (Language::De, Branding::default());
    QueuedMail {
        id: bench.ports.ids.next(),
        organization: bench.acme.organization.id,
        to: "zoe@example.org".parse().expect("an address"),
        content: MailContent { organization: "Acme".to_owned(), language, branding, letter: Letter::PasswordChanged },
        created_at: now,
        expires_at: now + TimeDelta::hours(1),
    }
}

async fn claim(bench: &Bench, limit: u32) -> anyhow::Result<Vec<ClaimedMail>> {
    let now = bench.ports.clock.now();
    Ok(bench.storage.mails.claim(now, now + LEASE, limit).await?)
}

fn ids(claimed: &[ClaimedMail]) -> Vec<MailId> {
    claimed.iter().map(|claimed| claimed.mail.id).collect()
}

pub async fn are_claimed_once_until_the_lease_is_over(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    assert_eq!(storage.mails.next_due().await?, None);
    let mails: Vec<QueuedMail> = (0..3).map(|_| mail(&bench)).collect();
    let put = mails.iter().cloned().map(Change::QueueMail).collect();
    bench.change(&bench.acme, put).await?;
    assert_eq!(storage.mails.next_due().await?, Some(bench.ports.clock.now()));
    let first = claim(&bench, 2).await?;
    assert_eq!((ids(&first), first[0].attempt), (vec![mails[0].id, mails[1].id], 1));
    assert_eq!(first[0].mail, mails[0]);
    assert_eq!(ids(&claim(&bench, 10).await?), [mails[2].id]);
    assert!(claim(&bench, 10).await?.is_empty());
    bench.pass(60);
    let again = claim(&bench, 10).await?;
    assert_eq!((again.len(), again[0].attempt), (3, 2), "nobody has ended the claims");
    // What the first claim would say does not count any more.
    storage.mails.sent(&first[0]).await?;
    storage.mails.postpone(&first[1], bench.ports.clock.now()).await?;
    assert!(claim(&bench, 10).await?.is_empty());
    let lost = Change::AbandonMail { mail: first[0].mail.id, fence: first[0].fence };
    assert!(matches!(bench.change(&bench.acme, vec![lost]).await, Err(CommitError::Missing { .. })));
    storage.mails.sent(&again[0]).await?;
    storage.mails.postpone(&again[1], bench.ports.clock.now() + LEASE * 3).await?;
    let foreign = bench.foreign().await?;
    let abandoned = Change::AbandonMail { mail: again[2].mail.id, fence: again[2].fence };
    let refused = bench.change(&foreign, vec![abandoned.clone()]).await;
    assert!(matches!(refused, Err(CommitError::Missing { .. })), "another tenant's");
    bench.change(&bench.acme, vec![abandoned]).await?;
    bench.pass(60);
    assert!(claim(&bench, 10).await?.is_empty());
    bench.pass(120);
    assert_eq!(ids(&claim(&bench, 10).await?), [mails[1].id]);
    Ok(())
}

pub async fn of_two_workers_are_each_claimed_by_one(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let put: Vec<Change> = (0..30).map(|_| Change::QueueMail(mail(&bench))).collect();
    bench.change(&bench.acme, put).await?;
    let claims = futures::future::join_all((0..6).map(|_| claim(&bench, 10))).await;
    let claims: Vec<Vec<ClaimedMail>> = claims.into_iter().collect::<anyhow::Result<_>>()?;
    let mut claimed: Vec<MailId> = claims.iter().flat_map(|claims| ids(claims)).collect();
    let total = claimed.len();
    claimed.sort_unstable();
    claimed.dedup();
    assert_eq!(claimed.len(), total, "one was claimed twice");
    let left = claim(&bench, 30).await?.len();
    assert_eq!(total + left, 30);
    Ok(())
}

pub async fn are_sent_or_given_up_on_record(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let new = NewInvitation { email: "zoe@example.org".to_owned(), roles: Vec::new() };
    bench.application.identity.invite_member(&bench.acme.admin, new, None).await?;
    assert_eq!(bench.application.mails.send_due(10).await?, 1);
    assert_eq!(bench.application.mails.send_due(10).await?, 0);
    let sent = bench.mailer.sent();
    assert_eq!((sent.len(), &sent[0].0.to[..]), (1, &["zoe@example.org".to_owned()][..]));
    assert!(sent[0].0.text.as_ref().is_some_and(|text| text.contains("https://flow.example/#INVITATION.inv_")));
    let late = mail(&bench);
    bench.change(&bench.acme, vec![Change::QueueMail(late.clone())]).await?;
    bench.clock.set(late.expires_at);
    assert_eq!(bench.application.mails.send_due(10).await?, 1);
    assert_eq!((bench.mailer.sent().len(), storage.mails.next_due().await?), (1, None), "it was of no use any more");
    let stream = nexusflow_application::insight::StreamId::Organization;
    let records = storage.audit.stream(&bench.scope(), stream, 0, 1_000).await?;
    let last = records.last().expect("records");
    assert_eq!(
        (last.event.as_str(), last.subject.clone()),
        ("MAIL_NOT_SENT", Some(("mail".to_owned(), late.id.uuid())))
    );
    bench.check_intact().await
}
