//! Delegations end to end: `DelegationReader`, `PolicySource` and everything that acting on behalf of
//! somebody else touches.

use chrono::TimeDelta;
use nexusflow_application::access::{DelegationFilter, NewDelegation, RoleMapping};
use nexusflow_application::administration::{Change, CommitError};
use nexusflow_application::insight::StreamId;
use nexusflow_application::request::{Completion, InboxFilter};
use nexusflow_application::{Call, PageRequest, Refused};
use nexusflow_domain::JsonMap;
use nexusflow_domain::access::{BuiltInRole, DenialReason, Permission};
use nexusflow_domain::ids::{DelegationId, RequestId, UserId, WorkflowId};
use serde_json::{Value, json};

use crate::StorePorts;
use crate::bench::{Bench, refused};
use crate::documents::{approval, sequence, task};
use crate::paging::check_pages;

const HOUR: TimeDelta = TimeDelta::hours(1);

/// Bea and Cy are clerks, Dan is not; Dan may act for Bea from in an hour until in three.
struct Office {
    bench: Bench,
    bea: Call,
    cy: Call,
    dan: Call,
    delegation: DelegationId,
}

impl Office {
    async fn new(storage: &StorePorts) -> anyhow::Result<Self> {
        let bench = Bench::new(storage).await?;
        let clerk = bench.acme.role("clerk").await?;
        let (bea, cy) = (bench.acme.user("bea", &[clerk]).await?, bench.acme.user("cy", &[clerk]).await?);
        let dan = bench.acme.user("dan", &[]).await?;
        let now = bench.ports.clock.now();
        let new = NewDelegation { starts_at: Some(now + HOUR), ends_at: now + HOUR * 3, ..to(&dan) };
        let delegation = bench.application.access.delegate(&bea, new, None).await?;
        Ok(Self { bench, bea, cy, dan, delegation })
    }

    /// Dan, with what he may do now.
    async fn dan(&self) -> anyhow::Result<Call> {
        Ok(self.bench.acme.call(self.dan.principal.user).await?)
    }

    async fn start(&self, workflow: WorkflowId) -> anyhow::Result<RequestId> {
        self.bench.start(&self.bench.acme.admin, workflow).await
    }

    async fn claim(&self, call: &Call, request: RequestId, for_whom: Option<UserId>) -> Result<(), Refused> {
        let step = self.bench.acme.open_step(request, "work").await.map_err(|_| Refused::Contended)?.id;
        match self.bench.application.requests.claim(call, request, step, for_whom).await {
            Ok(_) => Ok(()),
            Err(error) => Err(error.refused().cloned().unwrap_or(Refused::Contended)),
        }
    }
}

fn to(delegate: &Call) -> NewDelegation {
    NewDelegation {
        delegator: None,
        delegate: delegate.principal.user,
        workflow: None,
        starts_at: None,
        ends_at: nexusflow_domain::duration::LAST_INSTANT,
        reason: "On holiday".to_owned(),
    }
}

fn reason(done: Result<(), Refused>) -> anyhow::Result<DenialReason> {
    match done {
        Err(Refused::NotPermitted(denied)) => Ok(denied.reason),
        other => Err(anyhow::anyhow!("expected a denial, found {other:?}")),
    }
}

async fn clerks_work(bench: &Bench, name: &str) -> anyhow::Result<WorkflowId> {
    Ok(bench.acme.publish(name, sequence(&[task("work", "clerk", &Value::Null)])?).await?)
}

/// Requests, steps and for whom in somebody's inbox.
async fn inbox(
    bench: &Bench,
    call: &Call,
    filter: &InboxFilter,
) -> anyhow::Result<Vec<(RequestId, String, Option<UserId>)>> {
    let (permit, now) = (bench.member(call), bench.ports.clock.now());
    let items = check_pages(async |page| bench.storage.steps.inbox(&permit, now, filter, &page).await).await?;
    Ok(items.into_iter().map(|item| (item.request.id, item.step.step.to_string(), item.on_behalf_of)).collect())
}

pub async fn let_somebody_act_from_their_beginning_to_their_end(storage: &StorePorts) -> anyhow::Result<()> {
    let office = Office::new(storage).await?;
    let (bench, start) = (&office.bench, office.bench.ports.clock.now());
    let request = office.start(clerks_work(bench, "leave").await?).await?;
    let begins = DenialReason::DelegationNotBegun { at: start + HOUR };
    assert_eq!(reason(office.claim(&office.dan().await?, request, None).await)?, begins);
    bench.clock.set(start + HOUR * 3);
    let ended = DenialReason::DelegationEnded { at: start + HOUR * 3 };
    assert_eq!(reason(office.claim(&office.dan().await?, request, None).await)?, ended);
    bench.clock.set(start + HOUR * 3 - TimeDelta::microseconds(1));
    office.claim(&office.dan().await?, request, None).await?;
    let step = bench.acme.open_step(request, "work").await?;
    let (dan, bea) = (office.dan.principal.user, office.bea.principal.user);
    assert_eq!((step.claimed_by, step.claimed_on_behalf_of), (Some(dan), Some(bea)));
    // An ended one is known for a while, so that a denial can say when, and then forgotten.
    bench.clock.set(start + TimeDelta::days(30));
    assert!(office.dan().await?.principal.delegators.is_empty());
    bench.check_intact().await
}

pub async fn end_when_they_are_revoked(storage: &StorePorts) -> anyhow::Result<()> {
    let office = Office::new(storage).await?;
    let (bench, access) = (&office.bench, &office.bench.application.access);
    let request = office.start(clerks_work(bench, "leave").await?).await?;
    bench.clock.advance(HOUR * 2);
    let stranger = refused(access.revoke_delegation(&office.cy, office.delegation).await)?;
    assert!(matches!(stranger, Refused::NotFound { kind: "delegation", .. }), "{stranger}");
    let before = storage.policy.policy_version(bench.acme.organization.id).await?;
    access.revoke_delegation(&office.bea, office.delegation).await?;
    let after = storage.policy.policy_version(bench.acme.organization.id).await?;
    assert!(before < after, "other servers must read it");
    let ended = DenialReason::DelegationEnded { at: bench.ports.clock.now() };
    assert_eq!(reason(office.claim(&office.dan().await?, request, None).await)?, ended);
    let again = refused(access.revoke_delegation(&office.bea, office.delegation).await)?;
    assert!(matches!(again, Refused::WrongState { .. }), "{again}");
    let scope = bench.authorizer().delegation_scope(&bench.acme.admin).await?;
    let row = storage.delegations.delegations(&scope, &[office.delegation]).await?.remove(0);
    assert_eq!((row.revoked_by, row.revoked_at), (Some(office.bea.principal.user), Some(bench.ports.clock.now())));
    // Whoever received one may give it back.
    let id = access.delegate(&office.bea, NewDelegation { ends_at: row.ends_at, ..to(&office.dan) }, None).await?;
    access.revoke_delegation(&office.dan, id).await?;
    bench.check_intact().await
}

pub async fn are_asked_again_at_the_decision(storage: &StorePorts) -> anyhow::Result<()> {
    let office = Office::new(storage).await?;
    let (bench, admin) = (&office.bench, &office.bench.acme.admin);
    let workflow = clerks_work(bench, "leave").await?;
    let (first, second) = (office.start(workflow).await?, office.start(workflow).await?);
    bench.clock.advance(HOUR * 2);
    for request in [first, second] {
        office.claim(&office.dan().await?, request, None).await?;
    }
    let clerk = office.bea.principal.rights.everywhere.roles.iter().copied();
    let user = bench.acme.built_in(BuiltInRole::User).await?;
    let clerk = clerk.filter(|role| *role != user).collect::<Vec<_>>()[0];
    bench.application.access.revoke_role(admin, RoleMapping::everywhere(office.bea.principal.user, clerk)).await?;
    let answer = bench.acme.complete(&office.dan().await?, first, "work", "COMPLETED").await;
    let Refused::NotPermitted(denied) = refused(answer)? else { anyhow::bail!("a denial was expected") };
    assert!(matches!(denied.reason, DenialReason::NotACandidate { .. }), "{denied}");
    assert_eq!(denied.roles_that_grant, ["clerk"]);
    bench.application.access.grant_role(admin, RoleMapping::everywhere(office.bea.principal.user, clerk)).await?;
    bench.acme.complete(&office.dan().await?, first, "work", "COMPLETED").await?;
    // Somebody who may not act himself lends nothing.
    bench.application.identity.set_user_deactivated(admin, office.bea.principal.user, true).await?;
    let answer = bench.acme.complete(&office.dan().await?, second, "work", "COMPLETED").await;
    assert!(matches!(refused(answer)?, Refused::NotPermitted(_)));
    bench.check_intact().await
}

pub async fn are_on_record_with_both_names(storage: &StorePorts) -> anyhow::Result<()> {
    let office = Office::new(storage).await?;
    let bench = &office.bench;
    let request = office.start(clerks_work(bench, "leave").await?).await?;
    bench.clock.advance(HOUR * 2);
    bench.acme.complete(&office.dan().await?, request, "work", "COMPLETED").await?;
    let (dan, bea) = (office.dan.principal.user, office.bea.principal.user);
    let step = bench.steps(request).await?.into_iter().find(|step| step.is_human);
    let done = step.map(|step| (step.completed_by, step.completed_on_behalf_of));
    assert_eq!(done, Some((Some(dan), Some(bea))));
    let journal = bench.journal(request).await?;
    let record = journal.iter().find(|record| record.event == "STEP_COMPLETED");
    assert_eq!(record.map(|record| (record.actor, record.on_behalf_of())), Some((Some(dan), Some(bea))));
    assert!(journal.iter().filter(|record| record.on_behalf_of().is_some()).count() == 1);
    let records = storage.audit.stream(&bench.scope(), StreamId::Organization, 0, 1_000).await?;
    let created = records.iter().find(|record| record.event == "DELEGATION_CREATED").map(|record| {
        (record.actor, record.subject.clone(), record.after.clone().is_some_and(|text| text.contains("On holiday")))
    });
    let subject = Some(("delegation".to_owned(), office.delegation.uuid()));
    assert_eq!(created, Some((Some(bea), subject, true)));
    // Either of the two sees what was done.
    for person in [&office.bea, &office.dan] {
        let scope = bench.authorizer().request_scope(person).await?;
        assert_eq!(storage.request_reader.requests(&scope, &[request]).await?.len(), 1);
    }
    bench.check_intact().await
}

pub async fn show_in_the_inbox_for_whom(storage: &StorePorts) -> anyhow::Result<()> {
    let office = Office::new(storage).await?;
    let (bench, access) = (&office.bench, &office.bench.application.access);
    let (leave, other) = (clerks_work(bench, "leave").await?, clerks_work(bench, "other").await?);
    let own = json!({ "key": "own", "name": "Own", "kind": "TASK", "candidate": { "user": "bea@acme.example" } });
    let personal = bench.acme.publish("personal", sequence(&[own])?).await?;
    let requests = [office.start(leave).await?, office.start(other).await?, office.start(personal).await?];
    let (all, bea, dan) = (InboxFilter::default(), Some(office.bea.principal.user), office.dan.principal.user);
    assert!(inbox(bench, &office.dan().await?, &all).await?.is_empty(), "not yet");
    bench.clock.advance(HOUR * 2);
    let item = |n: usize, key: &str| (requests[n], key.to_owned(), bea);
    let call = office.dan().await?;
    assert_eq!(inbox(bench, &call, &all).await?, [item(0, "work"), item(1, "work"), item(2, "own")]);
    let of = InboxFilter { workflow: Some(other), ..<_>::default() };
    assert_eq!(inbox(bench, &call, &of).await?, [item(1, "work")]);
    let own = inbox(bench, &office.bea, &all).await?;
    assert_eq!(own.iter().map(|(_, _, for_whom)| *for_whom).collect::<Vec<_>>(), [None; 3]);
    // He sees the requests, too, as far as the work goes.
    let scope = bench.authorizer().request_scope(&call).await?;
    assert_eq!(storage.request_reader.requests(&scope, &requests).await?.len(), 3);
    office.claim(&call, requests[0], None).await?;
    let claimed = |claimed| InboxFilter { claimed: Some(claimed), ..<_>::default() };
    assert_eq!(inbox(bench, &call, &claimed(true)).await?, [item(0, "work")]);
    assert_eq!(inbox(bench, &call, &claimed(false)).await?, [item(1, "work"), item(2, "own")]);
    assert_eq!(inbox(bench, &office.bea, &all).await?.len(), 2);
    // Without a permission of his own he still has hers; with hers gone, nothing.
    let user = bench.acme.built_in(BuiltInRole::User).await?;
    access.revoke_role(&bench.acme.admin, RoleMapping::everywhere(dan, user)).await?;
    assert_eq!(inbox(bench, &office.dan().await?, &all).await?.len(), 3);
    access.revoke_permission(&bench.acme.admin, user, Permission::CompleteTask).await?;
    assert!(inbox(bench, &office.dan().await?, &all).await?.is_empty());
    access.grant_permission(&bench.acme.admin, user, Permission::CompleteTask).await?;
    // One for another workflow shows only that.
    access.revoke_delegation(&office.bea, office.delegation).await?;
    let ends_at = bench.ports.clock.now() + HOUR;
    access.delegate(&office.bea, NewDelegation { workflow: Some(other), ends_at, ..to(&office.dan) }, None).await?;
    let call = office.dan().await?;
    assert_eq!(inbox(bench, &call, &all).await?, [item(1, "work")]);
    let scope = bench.authorizer().request_scope(&call).await?;
    let seen = storage.request_reader.requests(&scope, &requests).await?;
    let mut seen: Vec<_> = seen.into_iter().map(|request| request.id).collect();
    seen.sort_unstable();
    assert_eq!(seen, requests[..2], "the one that he had claimed, and the one that he may work");
    Ok(())
}

pub async fn exclude_both_where_duties_are_separated(storage: &StorePorts) -> anyhow::Result<()> {
    let office = Office::new(storage).await?;
    let bench = &office.bench;
    let separation = json!({ "separation": { "notDeciderOf": ["work"] } });
    let steps = [task("work", "clerk", &Value::Null), approval("check", "clerk", &separation)];
    let request = office.start(bench.acme.publish("two", sequence(&steps)?).await?).await?;
    bench.clock.advance(HOUR * 2);
    let (dan, all) = (office.dan().await?, InboxFilter::default());
    bench.acme.complete(&dan, request, "work", "COMPLETED").await?;
    assert!(inbox(bench, &dan, &all).await?.is_empty());
    assert!(inbox(bench, &office.bea, &all).await?.is_empty());
    for excluded in [&dan, &office.bea] {
        let answer = bench.acme.complete(excluded, request, "check", "APPROVED").await;
        let Refused::NotPermitted(denied) = refused(answer)? else { anyhow::bail!("a denial was expected") };
        assert!(matches!(denied.reason, DenialReason::DecidedOtherStep { .. }), "{denied}");
    }
    // Nor does he act for somebody else on it.
    let ends_at = bench.ports.clock.now() + HOUR;
    let access = &bench.application.access;
    access.delegate(&office.cy, NewDelegation { ends_at, ..to(&office.dan) }, None).await?;
    assert!(inbox(bench, &office.dan().await?, &all).await?.is_empty());
    bench.acme.complete(&office.cy, request, "check", "APPROVED").await?;
    bench.check_intact().await
}

pub async fn cast_one_vote_for_each(storage: &StorePorts) -> anyhow::Result<()> {
    let office = Office::new(storage).await?;
    let bench = &office.bench;
    let board = approval("work", "clerk", &json!({ "approval": { "quorum": { "unanimous": {} } } }));
    let request = office.start(bench.acme.publish("board", sequence(&[board])?).await?).await?;
    bench.clock.advance(HOUR * 2);
    let (dan, all) = (office.dan().await?, InboxFilter::default());
    let step = bench.acme.open_step(request, "work").await?.id;
    let completion = Completion {
        outcome: "APPROVED".parse()?,
        comment: None,
        variables: JsonMap::new(),
        on_behalf_of: Some(office.bea.principal.user),
    };
    bench.application.requests.complete(&dan, request, step, completion, None).await?;
    assert_eq!(bench.acme.open_step(request, "work").await?.votes, 1);
    for spoken in [&dan, &office.bea] {
        assert!(inbox(bench, spoken, &all).await?.is_empty());
        assert!(bench.acme.complete(spoken, request, "work", "APPROVED").await.is_err());
    }
    bench.acme.complete(&office.cy, request, "work", "APPROVED").await?;
    assert!(bench.load(request).await?.state.ended_at().is_some(), "two clerks, two votes");
    bench.check_intact().await
}

pub async fn are_listed_newest_first_to_those_concerned(storage: &StorePorts) -> anyhow::Result<()> {
    let office = Office::new(storage).await?;
    let (bench, access) = (&office.bench, &office.bench.application.access);
    let mut ids = vec![office.delegation];
    for (from, to_whom) in [(&office.bea, &office.cy), (&office.cy, &office.dan), (&office.dan, &office.bea)] {
        let ends_at = bench.ports.clock.now() + HOUR;
        ids.push(access.delegate(from, NewDelegation { ends_at, ..to(to_whom) }, None).await?);
    }
    let list = async |call: &Call, filter: DelegationFilter| {
        let scope = bench.authorizer().delegation_scope(call).await?;
        let read = async |page: PageRequest| storage.delegations.list_delegations(&scope, &filter, &page).await;
        let found = check_pages(read).await?;
        let named = storage.delegations.delegations(&scope, &ids).await?;
        assert!(found.iter().all(|one| named.contains(one)), "{named:?}");
        anyhow::Ok(found.iter().map(|one| ids.iter().position(|id| *id == one.id)).collect::<Option<Vec<_>>>())
    };
    let all = DelegationFilter::default();
    assert_eq!(list(&bench.acme.admin, all).await?, Some(vec![3, 2, 1, 0]));
    assert_eq!(list(&office.bea, all).await?, Some(vec![3, 1, 0]));
    assert_eq!(list(&office.cy, all).await?, Some(vec![2, 1]));
    let given = DelegationFilter { delegator: Some(office.bea.principal.user), ..all };
    assert_eq!(list(&office.bea, given).await?, Some(vec![1, 0]));
    assert_eq!(list(&office.cy, given).await?, Some(vec![1]));
    let received = DelegationFilter { delegate: Some(office.dan.principal.user), ..all };
    assert_eq!(list(&office.dan, received).await?, Some(vec![2, 0]));
    let now = DelegationFilter { in_force_at: Some(bench.ports.clock.now()), ..all };
    assert_eq!(list(&bench.acme.admin, now).await?, Some(vec![3, 2, 1]));
    access.revoke_delegation(&office.cy, ids[2]).await?;
    assert_eq!(list(&bench.acme.admin, now).await?, Some(vec![3, 1]));
    let globex = bench.foreign().await?;
    assert_eq!(list(&globex.admin, all).await?, Some(vec![]));
    assert!(bench.policy(globex.organization.id).await?.delegations.is_empty());
    Ok(())
}

pub async fn are_refused_unless_they_make_sense(storage: &StorePorts) -> anyhow::Result<()> {
    let office = Office::new(storage).await?;
    let (bench, access) = (&office.bench, &office.bench.application.access);
    let now = bench.ports.clock.now();
    let good = NewDelegation { ends_at: now + HOUR, ..to(&office.dan) };
    let field = async |new: NewDelegation| match refused(access.delegate(&office.bea, new, None).await)? {
        Refused::InvalidInput(problems) => Ok(problems.into_iter().map(|problem| problem.path).collect::<Vec<_>>()),
        other => Err(anyhow::anyhow!("{other}")),
    };
    assert_eq!(field(NewDelegation { delegate: office.bea.principal.user, ..good.clone() }).await?, ["delegateId"]);
    assert_eq!(field(NewDelegation { ends_at: now, ..good.clone() }).await?, ["endsAt"]);
    let backwards = NewDelegation { starts_at: Some(now + HOUR * 2), ..good.clone() };
    assert_eq!(field(backwards).await?, ["endsAt"]);
    let long = now + TimeDelta::days(366) + TimeDelta::microseconds(1);
    assert_eq!(field(NewDelegation { ends_at: long, ..good.clone() }).await?, ["endsAt"]);
    assert_eq!(field(NewDelegation { reason: "  ".to_owned(), ..good.clone() }).await?, ["reason"]);
    let globex = bench.foreign().await?;
    let foreign_workflow = globex.publish("w", sequence(&[task("t", "User", &Value::Null)])?).await?;
    for missing in [
        NewDelegation { delegate: globex.admin.principal.user, ..good.clone() },
        NewDelegation { workflow: Some(foreign_workflow), ..good.clone() },
    ] {
        let answer = refused(access.delegate(&office.bea, missing, None).await)?;
        assert!(matches!(answer, Refused::NotFound { .. }), "{answer}");
    }
    // For somebody else it takes the right to manage roles, and not more rights than one has.
    let cover = NewDelegation { delegator: Some(office.bea.principal.user), ..good.clone() };
    let denied = refused(access.delegate(&office.cy, cover.clone(), None).await)?;
    assert!(matches!(&denied, Refused::NotPermitted(denied) if denied.permission == Permission::ManageRole));
    let keeper = bench.acme.role_with("keeper", &[Permission::ManageRole]).await?;
    let keeper = bench.acme.user("keeper", &[keeper]).await?;
    access.delegate(&keeper, cover.clone(), None).await?;
    let user = bench.acme.built_in(BuiltInRole::User).await?;
    access.revoke_role(&bench.acme.admin, RoleMapping::everywhere(keeper.principal.user, user)).await?;
    let keeper = bench.acme.call(keeper.principal.user).await?;
    let denied = refused(access.delegate(&keeper, cover, None).await)?;
    assert!(matches!(&denied, Refused::NotPermitted(denied) if denied.permission == Permission::CompleteTask));
    // The store itself refuses what belongs to another tenant.
    let scope = bench.authorizer().delegation_scope(&bench.acme.admin).await?;
    let row = storage.delegations.delegations(&scope, &[office.delegation]).await?.remove(0);
    let planted = nexusflow_application::access::Delegation { id: bench.ports.ids.next(), ..row };
    let by = globex.admin.principal.user;
    for change in
        [Change::CreateDelegation(planted), Change::RevokeDelegation { delegation: office.delegation, by, at: now }]
    {
        let answer = bench.change(&globex, vec![change]).await;
        assert!(matches!(answer, Err(CommitError::Missing { .. })), "{answer:?}");
    }
    Ok(())
}
