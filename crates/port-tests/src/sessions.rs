//! `SessionStore`, and the changes of sessions: refreshing, ending, removing.

use chrono::TimeDelta;
use nexusflow_application::access::Scope;
use nexusflow_application::administration::{Change, CommitError};
use nexusflow_application::fakes::fixture::{PASSWORD, Tenant};
use nexusflow_application::identity::{AuthenticationError, Session, SignedIn};
use nexusflow_application::insight::StreamId;
use nexusflow_application::{PageRequest, Refused};
use nexusflow_domain::identity::SessionEnd;
use nexusflow_domain::ids::UserId;
use nexusflow_domain::insight::{AuditRecord, Credential, Hash, Origin};

use crate::StorePorts;
use crate::bench::{Bench, refused, scope_of};
use crate::paging::check_pages;

fn from(ip: &str) -> Origin {
    Origin { ip: Some(ip.to_owned()), user_agent: Some("a browser".to_owned()), ..Origin::default() }
}

async fn sign_in(bench: &Bench, name: &str, organization: &str) -> anyhow::Result<SignedIn> {
    let email = format!("{name}@acme.example");
    let identity = &bench.application.identity;
    Ok(identity.sign_in(&email, PASSWORD.to_owned(), Some(organization), &from("192.0.2.1")).await?)
}

/// Somebody of acme, signed in.
async fn ada(bench: &Bench) -> anyhow::Result<SignedIn> {
    bench.acme.user("ada", &[]).await?;
    sign_in(bench, "ada", "acme").await
}

async fn session(bench: &Bench, of: &SignedIn) -> anyhow::Result<Session> {
    let found = bench.storage.sessions.sessions(&bench.scope(), &[of.session.id]).await?.pop();
    found.ok_or_else(|| anyhow::anyhow!("the session is not there"))
}

async fn refresh(bench: &Bench, of: &SignedIn) -> nexusflow_application::Result<SignedIn> {
    bench.application.identity.refresh_session(of.refresh_token.reveal(), &from("192.0.2.2")).await
}

/// Whether the access token is accepted.
async fn is_accepted(bench: &Bench, of: &SignedIn) -> anyhow::Result<bool> {
    match bench.application.identity.authenticate(of.token.reveal(), Origin::default()).await {
        Ok(call) => {
            assert_eq!(call.session(), Some(of.session.id));
            Ok(true)
        }
        Err(AuthenticationError::SessionRevoked) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

async fn records(bench: &Bench, tenant: &Tenant, event: &str) -> anyhow::Result<Vec<AuditRecord>> {
    let mut records = bench.storage.audit.stream(&scope_of(tenant), StreamId::Organization, 0, 1_000).await?;
    records.retain(|record| record.event == event);
    Ok(records)
}

pub async fn begin_with_signing_in_and_go_on_with_each_refresh(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let begun = ada(&bench).await?;
    let start = bench.ports.clock.now();
    assert_eq!(session(&bench, &begun).await?, begun.session);
    assert_eq!(
        (begun.session.expires_at, begun.session.ends_at),
        (start + TimeDelta::days(30), start + TimeDelta::days(7))
    );
    assert_eq!(begun.session.address.as_deref(), Some("192.0.2.1"));
    bench.pass(600);
    let next = refresh(&bench, &begun).await?;
    let stored = session(&bench, &next).await?;
    assert_eq!((&stored, stored.id), (&next.session, begun.session.id));
    assert_eq!((stored.created_at, stored.last_seen_at), (start, start + TimeDelta::minutes(10)));
    assert_eq!(stored.address.as_deref(), Some("192.0.2.2"));
    assert_ne!(next.refresh_token, begun.refresh_token);
    assert!(is_accepted(&bench, &begun).await? && is_accepted(&bench, &next).await?);
    for event in ["SIGNED_IN", "SESSION_REFRESHED"] {
        let record = records(&bench, &bench.acme, event).await?.pop().ok_or_else(|| anyhow::anyhow!(event))?;
        assert_eq!(record.origin.credential, Some(Credential::Session(stored.id)), "{event}");
        assert_eq!(record.actor, Some(begun.user.id), "{event}");
    }
    bench.check_intact().await
}

pub async fn end_by_themselves_when_idle_or_old(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let mut current = ada(&bench).await?;
    let idle = sign_in(&bench, "ada", "acme").await?;
    let day = 24 * 3_600;
    for _ in 0..4 {
        bench.pass(6 * day);
        current = refresh(&bench, &current).await?;
    }
    assert_eq!(refused(refresh(&bench, &idle).await)?, Refused::SessionEnded, "idle for longer than a week");
    bench.pass(5 * day);
    current = refresh(&bench, &current).await?;
    assert_eq!(current.session.ends_at, current.session.expires_at, "no longer than a month in all");
    bench.pass(day - 60);
    current = refresh(&bench, &current).await?;
    assert_eq!(current.expires_at, current.session.expires_at, "nor do its access tokens");
    bench.pass(60);
    assert_eq!(refused(refresh(&bench, &current).await)?, Refused::SessionEnded);
    let call = bench.acme.call(current.user.id).await?;
    let listed = bench.application.identity.live_sessions(&call, &PageRequest::first(9)).await?;
    assert!(listed.edges.is_empty());
    Ok(())
}

pub async fn end_when_a_refresh_token_is_used_again(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let begun = ada(&bench).await?;
    let unconcerned = sign_in(&bench, "ada", "acme").await?;
    bench.pass(60);
    let next = refresh(&bench, &begun).await?;
    bench.pass(60);
    let before = storage.policy.policy_version(bench.acme.organization.id).await?;
    for _ in 0..2 {
        assert_eq!(refused(refresh(&bench, &begun).await)?, Refused::SessionEnded);
    }
    assert!(storage.policy.policy_version(bench.acme.organization.id).await? > before, "other servers learn of it");
    let ended = session(&bench, &next).await?;
    assert_eq!((ended.revoked, ended.ends_at), (Some(SessionEnd::TokenReused), bench.ports.clock.now()));
    assert!(!is_accepted(&bench, &next).await? && !is_accepted(&bench, &begun).await?);
    assert_eq!(refused(refresh(&bench, &next).await)?, Refused::SessionEnded, "the newest token is of no use either");
    assert!(is_accepted(&bench, &unconcerned).await?);
    refresh(&bench, &unconcerned).await?;
    let reuses = records(&bench, &bench.acme, "REFRESH_TOKEN_REUSED").await?;
    assert_eq!(reuses.len(), 1, "what is over is not reported again");
    assert_eq!((reuses[0].actor, reuses[0].origin.ip.as_deref()), (None, Some("192.0.2.2")));
    bench.check_intact().await
}

pub async fn of_several_refreshes_at_once_one_goes_on_until_the_session_ends(
    storage: &StorePorts,
) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let begun = ada(&bench).await?;
    bench.pass(60);
    for racers in [2, 8] {
        let begun = if racers == 2 { begun.clone() } else { sign_in(&bench, "ada", "acme").await? };
        let answers = futures::future::join_all((0..racers).map(|_| refresh(&bench, &begun))).await;
        let mut won = Vec::new();
        for answer in answers {
            match answer {
                Ok(signed_in) => won.push(signed_in),
                lost => assert_eq!(refused(lost)?, Refused::SessionEnded),
            }
        }
        assert_eq!(won.len(), 1, "of {racers}");
        assert_eq!(session(&bench, &begun).await?.revoked, Some(SessionEnd::TokenReused));
        assert!(!is_accepted(&bench, &won[0]).await?);
    }
    bench.check_intact().await
}

pub async fn refuse_tokens_that_are_not_theirs(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let globex = bench.foreign().await?;
    let begun = ada(&bench).await?;
    let identity = &bench.application.identity;
    let text = begun.refresh_token.reveal();
    let foreign = {
        // The same secret in the name of another tenant: its id and two bytes of the secret, of which the fake's begin
        // with zeros, are 24 characters after the prefix.
        let stranger = identity.sign_in("admin@globex.example", PASSWORD.to_owned(), None, &Origin::default()).await?;
        format!("{}{}", &stranger.refresh_token.reveal()[..28], &text[28..])
    };
    for token in [&foreign, "", "nfr_", begun.token.reveal(), &text[..text.len() - 4], &format!("{text}AAAA")] {
        let answer = identity.refresh_session(token, &Origin::default()).await;
        assert_eq!(refused(answer)?, Refused::SessionEnded, "{}", token.len());
    }
    assert_eq!(session(&bench, &begun).await?.revoked, None);
    // Neither does the store give or take what another tenant names.
    let scope = scope_of(&globex);
    assert!(storage.sessions.sessions(&scope, &[begun.session.id]).await?.is_empty());
    let now = bench.ports.clock.now();
    let listed = storage.sessions.live_sessions(&scope, begun.user.id, now, &PageRequest::first(9)).await?;
    assert!(listed.edges.is_empty());
    let (id, user, end, at) = (begun.session.id, begun.user.id, SessionEnd::Revoked, now);
    let foreign_session = Session { organization: globex.organization.id, ..begun.session.clone() };
    for change in [
        Change::RevokeSession { session: id, end, at },
        Change::BeginSession { session: begun.session.clone(), token: Hash([1; 32]) },
        Change::RefreshSession { session: begun.session.clone(), used: Hash([1; 32]), next: Hash([2; 32]) },
        Change::RefreshSession { session: foreign_session.clone(), used: Hash([1; 32]), next: Hash([2; 32]) },
        Change::BeginSession {
            session: Session { id: bench.ports.ids.next(), ..foreign_session },
            token: Hash([1; 32]),
        },
    ] {
        let answer = bench.change(&globex, vec![change]).await;
        assert!(matches!(answer, Err(CommitError::Missing { .. })), "{answer:?}");
    }
    bench.change(&globex, vec![Change::RevokeSessionsOf { user, end, at }]).await?;
    assert_eq!(session(&bench, &begun).await?.revoked, None);
    refresh(&bench, &begun).await?;
    Ok(())
}

pub async fn end_with_signing_out_here_or_everywhere(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let (globex, identity) = (bench.foreign().await?, &bench.application.identity);
    let first = ada(&bench).await?;
    let (user, at) = (first.user.id, bench.ports.clock.now());
    bench.change(&globex, vec![Change::AddMember { user, at }]).await?;
    let other = sign_in(&bench, "ada", "acme").await?;
    let call = identity.authenticate(first.token.reveal(), from("192.0.2.3")).await?;
    assert_eq!(identity.sign_out(&call).await?, first.session.id);
    assert!(!is_accepted(&bench, &first).await? && is_accepted(&bench, &other).await?);
    assert!(identity.refreshed(&call).await?.is_none(), "long-lived work ends too");
    let record = records(&bench, &bench.acme, "SIGNED_OUT").await?.pop();
    assert_eq!(record.and_then(|record| record.origin.credential), Some(Credential::Session(first.session.id)));

    let call = identity.authenticate(other.token.reveal(), Origin::default()).await?;
    let elsewhere = identity.switch_organization(&call, "globex").await?;
    assert_eq!((elsewhere.organization.id, elsewhere.user.id), (globex.organization.id, user));
    assert!(is_accepted(&bench, &elsewhere).await? && is_accepted(&bench, &other).await?);
    assert_eq!(records(&bench, &globex, "SIGNED_IN").await?.len(), 1);
    identity.sign_out_everywhere(&call).await?;
    for ended in [&other, &elsewhere] {
        assert!(!is_accepted(&bench, ended).await?);
        assert_eq!(refused(refresh(&bench, ended).await)?, Refused::SessionEnded);
    }
    for tenant in [&bench.acme, &globex] {
        assert_eq!(records(&bench, tenant, "SIGNED_OUT_EVERYWHERE").await?.len(), 1);
    }
    let there = storage.sessions.sessions(&scope_of(&globex), &[elsewhere.session.id]).await?;
    assert_eq!(there[0].revoked, Some(SessionEnd::SignedOutEverywhere));
    bench.check_intact().await
}

pub async fn begin_only_where_one_is_an_active_member(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let (globex, identity) = (bench.foreign().await?, &bench.application.identity);
    let begun = ada(&bench).await?;
    let call = identity.authenticate(begun.token.reveal(), Origin::default()).await?;
    let unknown = |id: &str| Refused::NotFound { kind: "organization", id: id.to_owned() };
    for slug in ["globex", "nobody", ""] {
        assert_eq!(refused(identity.switch_organization(&call, slug).await)?, unknown(slug));
    }
    bench.change(&globex, vec![Change::AddMember { user: begun.user.id, at: bench.ports.clock.now() }]).await?;
    assert_eq!(identity.organizations(&call).await?, [bench.acme.organization.clone(), globex.organization.clone()]);
    let there = identity.switch_organization(&call, "globex").await?;
    identity.set_user_deactivated(&globex.admin, begun.user.id, true).await?;
    assert_eq!(refused(identity.switch_organization(&call, "globex").await)?, unknown("globex"));
    assert_eq!(refused(refresh(&bench, &there).await)?, Refused::SessionEnded);
    let ended = storage.sessions.sessions(&scope_of(&globex), &[there.session.id]).await?;
    assert_eq!(ended[0].revoked, Some(SessionEnd::Deactivated));
    // Coming back does not bring the old sessions back.
    identity.set_user_deactivated(&globex.admin, begun.user.id, false).await?;
    assert!(!is_accepted(&bench, &there).await?);
    assert!(is_accepted(&bench, &begun).await?, "what happens elsewhere changes nothing here");
    Ok(())
}

pub async fn are_revoked_by_their_owner_or_an_administrator(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let identity = &bench.application.identity;
    let (one, two) = (ada(&bench).await?, sign_in(&bench, "ada", "acme").await?);
    bench.acme.user("eve", &[]).await?;
    let eve = sign_in(&bench, "eve", "acme").await?;
    let globex = bench.foreign().await?;
    let ada = identity.authenticate(one.token.reveal(), Origin::default()).await?;
    let unknown = |of: &SignedIn| Refused::NotFound { kind: "session", id: of.session.id.to_string() };
    assert_eq!(refused(identity.revoke_session(&ada, eve.session.id).await)?, unknown(&eve));
    assert_eq!(refused(identity.revoke_session(&globex.admin, one.session.id).await)?, unknown(&one));
    identity.revoke_session(&ada, two.session.id).await?;
    assert!(!is_accepted(&bench, &two).await? && is_accepted(&bench, &one).await?);
    let again = refused(identity.revoke_session(&ada, two.session.id).await)?;
    assert!(matches!(again, Refused::WrongState { .. }), "{again:?}");

    let denied = refused(identity.revoke_user_sessions(&ada, eve.user.id).await)?;
    assert!(matches!(denied, Refused::NotPermitted(_)), "{denied:?}");
    let foreign = refused(identity.revoke_user_sessions(&globex.admin, eve.user.id).await)?;
    assert!(matches!(foreign, Refused::NotFound { .. }), "{foreign:?}");
    identity.revoke_session(&bench.acme.admin, eve.session.id).await?;
    assert!(!is_accepted(&bench, &eve).await?);
    identity.revoke_user_sessions(&bench.acme.admin, one.user.id).await?;
    assert!(!is_accepted(&bench, &one).await?);
    assert_eq!(session(&bench, &one).await?.revoked, Some(SessionEnd::AllRevoked));
    assert_eq!(records(&bench, &bench.acme, "SESSION_REVOKED").await?.len(), 2);
    assert_eq!(records(&bench, &bench.acme, "USER_SESSIONS_REVOKED").await?.len(), 1);
    bench.check_intact().await
}

pub async fn are_listed_newest_first_while_they_live(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let identity = &bench.application.identity;
    let mut ids = vec![ada(&bench).await?.session.id];
    for _ in 0..6 {
        bench.pass(1);
        ids.push(sign_in(&bench, "ada", "acme").await?.session.id);
    }
    bench.acme.user("eve", &[]).await?;
    let eve = sign_in(&bench, "eve", "acme").await?;
    let own = sign_in(&bench, "ada", "acme").await?;
    ids.push(own.session.id);
    let call = identity.authenticate(own.token.reveal(), Origin::default()).await?;
    identity.revoke_session(&call, ids[3]).await?;
    ids.remove(3);
    ids.reverse();
    let (scope, user, now): (Scope, UserId, _) = (bench.scope(), own.user.id, bench.ports.clock.now());
    let listed = check_pages(async |page| storage.sessions.live_sessions(&scope, user, now, &page).await).await?;
    assert_eq!(listed.iter().map(|session| session.id).collect::<Vec<_>>(), ids);
    let seen = identity.sessions(&call, &[eve.session.id, own.session.id]).await?;
    assert_eq!(seen.iter().map(|session| session.id).collect::<Vec<_>>(), [own.session.id]);
    assert_eq!(identity.sessions(&bench.acme.admin, &[eve.session.id, own.session.id]).await?.len(), 2);
    Ok(())
}

pub async fn are_known_as_revoked_for_a_while(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let begun = ada(&bench).await?;
    bench.pass(10);
    let at = bench.ports.clock.now();
    bench.application.identity.revoke_user_sessions(&bench.acme.admin, begun.user.id).await?;
    bench.pass(10);
    let organization = bench.acme.organization.id;
    for (since, known) in [(at - TimeDelta::seconds(1), true), (at, false)] {
        let horizon = nexusflow_application::access::PolicyHorizon { delegations: at, sessions: since };
        let policy = storage.policy.policy(organization, horizon).await?;
        assert_eq!(policy.revoked_sessions.contains(&begun.session.id), known);
        assert_eq!(policy.revoked_sessions.len(), usize::from(known), "those alone");
    }
    Ok(())
}

pub async fn that_ended_long_ago_are_removed_in_batches(storage: &StorePorts) -> anyhow::Result<()> {
    let bench = Bench::new(storage).await?;
    let identity = &bench.application.identity;
    let mut old = vec![ada(&bench).await?];
    for _ in 0..4 {
        old.push(sign_in(&bench, "ada", "acme").await?);
    }
    for session in &mut old {
        *session = refresh(&bench, session).await?;
    }
    let day = 24 * 3_600;
    bench.pass(8 * day);
    let recent = sign_in(&bench, "ada", "acme").await?;
    bench.pass(29 * day);
    assert_eq!(identity.expire_sessions(100).await?, 0, "ended 30 days ago, not more");
    bench.pass(1);
    // Ten tokens, then five sessions without any.
    let mut removed = Vec::new();
    for _ in 0..5 {
        removed.push(identity.expire_sessions(4).await?);
    }
    assert_eq!((removed.iter().sum::<u64>(), removed.last()), (15, Some(&0)), "{removed:?}");
    assert!(removed.iter().all(|&count| count <= 8), "{removed:?}");
    let ids: Vec<_> = old.iter().chain([&recent]).map(|signed_in| signed_in.session.id).collect();
    let left = storage.sessions.sessions(&bench.scope(), &ids).await?;
    assert_eq!(left.iter().map(|session| session.id).collect::<Vec<_>>(), [recent.session.id]);
    assert_eq!(refused(refresh(&bench, &old[0]).await)?, Refused::SessionEnded);
    Ok(())
}
