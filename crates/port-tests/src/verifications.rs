//! One-time links: how often they can be used, by whom and until when.

use nexusflow_application::administration::{AdministrationCommit, Change, CommitError};
use nexusflow_application::fakes::PlainLinks;
use nexusflow_application::fakes::fixture::PASSWORD;
use nexusflow_application::identity::{Acceptance, InvitationStatus, NewInvitation, Verification};
use nexusflow_application::platform::Link;
use nexusflow_application::{Call, Refused};
use nexusflow_domain::access::BuiltInRole;
use nexusflow_domain::identity::{VerificationEnd, VerificationPurpose};
use nexusflow_domain::ids::VerificationId;
use nexusflow_domain::insight::Origin;

use crate::StorePorts;
use crate::bench::{Bench, refused, scope_of};
use crate::paging::check_pages;

const NEW_PASSWORD: &str = "another horse battery";

async fn invite(bench: &Bench, email: &str) -> anyhow::Result<VerificationId> {
    let roles = vec![bench.acme.built_in(BuiltInRole::Manager).await?];
    let new = NewInvitation { email: email.to_owned(), roles };
    Ok(bench.application.identity.invite_member(&bench.acme.admin, new, None).await?)
}

/// The token of the latest link of an invitation.
async fn token(bench: &Bench, id: VerificationId) -> anyhow::Result<String> {
    let found = bench.storage.verifications.verification(id).await?;
    Ok(PlainLinks::token(&found.ok_or_else(|| anyhow::anyhow!("{id} is not there"))?.link()))
}

fn acceptance(token: &str, name: Option<&str>, password: &str) -> Acceptance {
    let (token, name) = (token.to_owned(), name.map(str::to_owned));
    Acceptance { token, name, password: Some(password.to_owned()) }
}

async fn accept(bench: &Bench, call: Option<&Call>, acceptance: Acceptance) -> nexusflow_application::Result<()> {
    bench.application.identity.accept_invitation(call, acceptance, &Origin::default()).await.map(drop)
}

pub async fn invite_a_new_person_once(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let id = invite(&bench, "Zoe@Example.org").await?;
    let link = token(&bench, id).await?;
    let unnamed = accept(&bench, None, acceptance(&link, None, PASSWORD)).await;
    assert!(matches!(refused(unnamed)?, Refused::InvalidInput(_)), "nothing was used up");
    accept(&bench, None, acceptance(&link, Some("Zoe"), PASSWORD)).await?;
    let again = accept(&bench, None, acceptance(&link, Some("Zoe"), PASSWORD)).await;
    assert_eq!(refused(again)?, Refused::InvalidLink);
    let identity = &bench.application.identity;
    let signed_in = identity.sign_in("zoe@example.org", PASSWORD.to_owned(), Some("acme"), &Origin::default()).await?;
    assert_eq!(signed_in.user.email_verified_at, Some(bench.ports.clock.now()), "the link came by mail");
    let call = bench.acme.call(signed_in.user.id).await?;
    let manager = bench.acme.built_in(BuiltInRole::Manager).await?;
    let user = bench.acme.built_in(BuiltInRole::User).await?;
    assert_eq!(call.principal.rights.everywhere.roles, [manager, user].into());
    let found = identity.invitations(&bench.acme.admin, &[id]).await?.remove(0);
    assert_eq!(found.status(bench.ports.clock.now()), InvitationStatus::Accepted);
    bench.check_intact().await
}

pub async fn are_used_by_one_of_many_at_once(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let id = invite(&bench, "zoe@example.org").await?;
    let ended = Change::EndVerification {
        verification: id,
        serial: 0,
        end: VerificationEnd::Used,
        at: bench.ports.clock.now(),
    };
    let races = (0..8).map(|_| bench.change(&bench.acme, vec![ended.clone()]));
    let outcomes = futures::future::join_all(races).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    let missing = |outcome: &Result<(), CommitError>| matches!(outcome, Err(CommitError::Missing { .. }));
    assert_eq!(outcomes.iter().filter(|outcome| missing(outcome)).count(), 7, "{outcomes:?}");
    Ok(())
}

pub async fn expire_are_renewed_and_taken_back(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let (identity, admin) = (&bench.application.identity, &bench.acme.admin);
    let id = invite(&bench, "zoe@example.org").await?;
    let first = token(&bench, id).await?;
    bench.pass(7 * 24 * 60 * 60);
    let late = accept(&bench, None, acceptance(&first, Some("Zoe"), PASSWORD)).await;
    assert_eq!(refused(late)?, Refused::InvalidLink);
    // Neither does the store take one that has expired meanwhile.
    let end = VerificationEnd::Used;
    let used = Change::EndVerification { verification: id, serial: 0, end, at: bench.ports.clock.now() };
    assert!(matches!(bench.change(&bench.acme, vec![used]).await, Err(CommitError::Missing { .. })));
    identity.resend_invitation(admin, id).await?;
    let dead = accept(&bench, None, acceptance(&first, Some("Zoe"), PASSWORD)).await;
    assert_eq!(refused(dead)?, Refused::InvalidLink, "only the latest link counts");
    let second = token(&bench, id).await?;
    let expires_at = bench.ports.clock.now();
    let stale = Change::RenewVerification { verification: id, serial: 1, expires_at };
    assert!(matches!(bench.change(&bench.acme, vec![stale]).await, Err(CommitError::Missing { .. })));
    // Another invitation of the address takes its place.
    let other = invite(&bench, "zoe@example.org").await?;
    let replaced = accept(&bench, None, acceptance(&second, Some("Zoe"), PASSWORD)).await;
    assert_eq!(refused(replaced)?, Refused::InvalidLink);
    let third = token(&bench, other).await?;
    identity.revoke_invitation(admin, other).await?;
    let revoked = accept(&bench, None, acceptance(&third, Some("Zoe"), PASSWORD)).await;
    assert_eq!(refused(revoked)?, Refused::InvalidLink);
    assert!(matches!(refused(identity.resend_invitation(admin, other).await)?, Refused::WrongState { .. }));
    bench.check_intact().await
}

pub async fn let_an_account_join_by_its_password_or_signed_in(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let globex = bench.foreign().await?;
    let (ada, eve) = (globex.user("ada", &[]).await?, globex.user("eve", &[]).await?);
    let link = token(&bench, invite(&bench, "ada@globex.example").await?).await?;
    for _ in 0..9 {
        let wrong = accept(&bench, None, acceptance(&link, Some("Eve"), NEW_PASSWORD)).await;
        assert_eq!(refused(wrong)?, Refused::InvalidCredentials);
    }
    let stranger = accept(&bench, Some(&eve), acceptance(&link, None, PASSWORD)).await;
    assert_eq!(refused(stranger)?, Refused::InvalidLink, "it was sent to somebody else");
    accept(&bench, Some(&ada), acceptance(&link, None, "")).await?;
    assert!(bench.acme.call(ada.principal.user).await.is_ok());
    let again = NewInvitation { email: "ada@globex.example".to_owned(), roles: Vec::new() };
    let answer = bench.application.identity.invite_member(&bench.acme.admin, again, None).await;
    assert!(matches!(refused(answer)?, Refused::AlreadyExists { field: "email", .. }));
    // By the password: ten wrong ones end it.
    let link = token(&bench, invite(&bench, "eve@globex.example").await?).await?;
    for _ in 0..10 {
        assert!(accept(&bench, None, acceptance(&link, None, NEW_PASSWORD)).await.is_err());
    }
    assert_eq!(refused(accept(&bench, None, acceptance(&link, None, PASSWORD)).await)?, Refused::InvalidLink);
    let link = token(&bench, invite(&bench, "eve@globex.example").await?).await?;
    accept(&bench, None, acceptance(&link, None, PASSWORD)).await?;
    assert!(bench.acme.call(eve.principal.user).await.is_ok());
    bench.check_intact().await
}

pub async fn of_another_tenant_are_not_seen(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let globex = bench.foreign().await?;
    let mut ids = Vec::new();
    for name in ["a", "b", "c", "d", "e"] {
        ids.push(invite(&bench, &format!("{name}@example.org")).await?);
    }
    let (ours, theirs) = (bench.scope(), scope_of(&globex));
    let verifications = &storage.verifications;
    assert!(verifications.invitations(&theirs, &ids).await?.is_empty());
    assert_eq!(verifications.open_invitation(&theirs, &"a@example.org".parse()?).await?, None);
    let identity = &bench.application.identity;
    assert!(matches!(
        refused(identity.revoke_invitation(&globex.admin, ids[0]).await)?,
        Refused::NotFound { kind: "invitation", .. }
    ));
    let end = VerificationEnd::Revoked;
    let change = Change::EndVerification { verification: ids[0], serial: 0, end, at: bench.ports.clock.now() };
    assert!(matches!(bench.change(&globex, vec![change]).await, Err(CommitError::Missing { .. })));
    let found = verifications.invitations(&ours, &ids[..1]).await?.remove(0);
    let foreign = AdministrationCommit::of_system(
        globex.organization.id,
        vec![Change::CreateVerification(Verification { id: bench.ports.ids.next(), ..found })],
        Vec::new(),
    );
    assert!(matches!(storage.administration.commit(foreign).await, Err(CommitError::Missing { .. })));
    let listed = check_pages(async |page| verifications.list_invitations(&ours, &page).await).await?;
    ids.reverse();
    assert_eq!(listed.iter().map(|found| found.id).collect::<Vec<_>>(), ids, "the newest first");
    Ok(())
}

pub async fn set_a_new_password_once_and_end_the_others(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let ada = bench.acme.user("ada", &[]).await?.principal.user;
    let (accounts, origin) = (&bench.application.accounts, Origin::default());
    accounts.request_password_reset("nobody@acme.example", &origin).await?;
    let mails = bench.application.mails.send_due(10).await?;
    assert_eq!(mails, 0, "there is nobody to write to");
    accounts.request_password_reset("Ada@acme.example", &origin).await?;
    accounts.request_password_reset("ada@acme.example", &origin).await?;
    assert_eq!(bench.application.mails.send_due(10).await?, 1, "a mailbox is not flooded");
    let first = storage.verifications.latest(ada, VerificationPurpose::PasswordReset).await?.expect("a link");
    bench.pass(60);
    accounts.request_password_reset("ada@acme.example", &origin).await?;
    let second = storage.verifications.latest(ada, VerificationPurpose::PasswordReset).await?.expect("a link");
    assert_ne!(first.id, second.id);
    let reset = async |link: &Link, password: &str| {
        accounts.reset_password(&PlainLinks::token(link), password.to_owned(), &origin).await
    };
    assert!(matches!(refused(reset(&second.link(), "short").await)?, Refused::InvalidInput(_)));
    let other = Link { purpose: VerificationPurpose::Invitation, ..second.link() };
    assert_eq!(refused(reset(&other, NEW_PASSWORD).await)?, Refused::InvalidLink, "for another purpose");
    reset(&second.link(), NEW_PASSWORD).await?;
    assert_eq!(refused(reset(&first.link(), PASSWORD).await)?, Refused::InvalidLink);
    assert_eq!(refused(reset(&second.link(), PASSWORD).await)?, Refused::InvalidLink);
    let sign_in = async |password: &str| {
        bench.application.identity.sign_in("ada@acme.example", password.to_owned(), None, &origin).await.map(drop)
    };
    assert_eq!(refused(sign_in(PASSWORD).await)?, Refused::InvalidCredentials);
    sign_in(NEW_PASSWORD).await?;
    let call = bench.acme.call(ada).await?;
    let wrong = accounts.change_password(&call, PASSWORD.to_owned(), PASSWORD.to_owned()).await;
    assert_eq!(refused(wrong)?, Refused::InvalidCredentials);
    accounts.change_password(&call, NEW_PASSWORD.to_owned(), PASSWORD.to_owned()).await?;
    sign_in(PASSWORD).await?;
    bench.check_intact().await
}

pub async fn show_whose_an_address_is(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let ada = bench.acme.user("ada", &[]).await?;
    let (accounts, origin, user) = (&bench.application.accounts, Origin::default(), ada.principal.user);
    let link = async |purpose| {
        let found = storage.verifications.latest(user, purpose).await?;
        anyhow::Ok(PlainLinks::token(&found.ok_or_else(|| anyhow::anyhow!("no link"))?.link()))
    };
    let stored = async || anyhow::Ok(storage.identity.users(&bench.scope(), &[user]).await?.remove(0));
    accounts.request_email_verification(&ada).await?;
    assert_eq!(stored().await?.email_verified_at, None);
    bench.pass(5);
    let token = link(VerificationPurpose::EmailVerification).await?;
    accounts.verify_email(&token, &origin).await?;
    let verified_at = Some(bench.ports.clock.now());
    assert_eq!(stored().await?.email_verified_at, verified_at);
    assert_eq!(refused(accounts.verify_email(&token, &origin).await)?, Refused::InvalidLink);
    assert!(matches!(refused(accounts.request_email_verification(&ada).await)?, Refused::WrongState { .. }));
    // A new address counts from when its link is used.
    let wrong = accounts.change_email(&ada, "new@acme.example", NEW_PASSWORD.to_owned()).await;
    assert_eq!(refused(wrong)?, Refused::InvalidCredentials);
    accounts.change_email(&ada, "first@acme.example", PASSWORD.to_owned()).await?;
    let replaced = link(VerificationPurpose::EmailChange).await?;
    bench.pass(5);
    accounts.change_email(&ada, "New@acme.example", PASSWORD.to_owned()).await?;
    assert_eq!(stored().await?.email.as_str(), "ada@acme.example");
    assert_eq!(refused(accounts.verify_email(&replaced, &origin).await)?, Refused::InvalidLink);
    accounts.verify_email(&link(VerificationPurpose::EmailChange).await?, &origin).await?;
    let changed = stored().await?;
    assert_eq!(
        (changed.email.as_str(), changed.email_verified_at),
        ("new@acme.example", Some(bench.ports.clock.now()))
    );
    // An address that is taken is only found out by whoever reads its mail.
    accounts.change_email(&ada, "admin@acme.example", PASSWORD.to_owned()).await?;
    let answer = accounts.verify_email(&link(VerificationPurpose::EmailChange).await?, &origin).await;
    assert!(matches!(refused(answer)?, Refused::AlreadyExists { field: "email", .. }));
    while bench.application.mails.send_due(10).await? > 0 {}
    let told = bench.mailer.sent().into_iter().any(|(mail, _)| {
        mail.to == ["ada@acme.example"] && mail.text.is_some_and(|text| text.contains("new@acme.example"))
    });
    assert!(told, "the old address is told of the new one");
    bench.check_intact().await
}
