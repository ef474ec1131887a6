//! Roles held in one workflow only: `PolicySource`, `AccessReader` and every list that they reach into.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use nexusflow_application::access::{AccessHolder, NewDelegation, Resource, RoleMapping};
use nexusflow_application::administration::{Change, CommitError};
use nexusflow_application::identity::UserFilter;
use nexusflow_application::request::{InboxFilter, RequestFilter, RequestOrder, RequestOrderField};
use nexusflow_application::workflow::{NewWorkflow, WorkflowFilter};
use nexusflow_application::{Call, PageRequest, Refused, Result};
use nexusflow_domain::access::{BuiltInRole, DenialReason, Permission};
use nexusflow_domain::ids::{RequestId, RoleId, UserId, WorkflowId};
use nexusflow_domain::request::{DeadlineClock, Refusal};
use nexusflow_domain::workflow::Holders;
use serde_json::Value;

use crate::StorePorts;
use crate::bench::{Bench, refused};
use crate::documents::{sequence, task};
use crate::paging::check_pages;

/// Two workflows whose one step asks a clerk, a request of each, and Lea, who is a clerk for leave only.
struct Desk {
    bench: Bench,
    clerk: RoleId,
    lea: UserId,
    leave: WorkflowId,
    travel: WorkflowId,
    on_leave: RequestId,
    on_travel: RequestId,
}

impl Desk {
    async fn new(storage: &StorePorts) -> anyhow::Result<Self> {
        let bench = Bench::new(storage).await?;
        let clerk = bench.acme.role("clerk").await?;
        bench.acme.user("chief", &[clerk]).await?;
        let lea = bench.acme.user("lea", &[]).await?.principal.user;
        let publish =
            async |name| anyhow::Ok(bench.acme.publish(name, sequence(&[task("work", "clerk", &Value::Null)])?).await?);
        let (leave, travel) = (publish("leave").await?, publish("travel").await?);
        let (on_leave, on_travel) =
            (bench.start(&bench.acme.admin, leave).await?, bench.start(&bench.acme.admin, travel).await?);
        let desk = Self { bench, clerk, lea, leave, travel, on_leave, on_travel };
        desk.grant(desk.lea, desk.clerk, desk.leave).await?;
        Ok(desk)
    }

    fn admin(&self) -> &Call {
        &self.bench.acme.admin
    }

    async fn grant(&self, user: UserId, role: RoleId, workflow: WorkflowId) -> Result<()> {
        let mapping = RoleMapping { user, role, workflow: Some(workflow) };
        self.bench.application.access.grant_role(self.admin(), mapping).await
    }

    /// Somebody with a new role for leave only, and what its permissions are.
    async fn limited(&self, name: &str, permissions: &[Permission]) -> anyhow::Result<Call> {
        let role = self.bench.acme.role_with(name, permissions).await?;
        let user = self.bench.acme.user(name, &[]).await?.principal.user;
        let user_role = self.bench.acme.built_in(BuiltInRole::User).await?;
        self.bench.application.access.revoke_role(self.admin(), RoleMapping::everywhere(user, user_role)).await?;
        self.grant(user, role, self.leave).await?;
        Ok(self.bench.acme.call(user).await?)
    }

    async fn lea(&self) -> anyhow::Result<Call> {
        Ok(self.bench.acme.call(self.lea).await?)
    }

    async fn inbox(&self, call: &Call) -> anyhow::Result<Vec<RequestId>> {
        let (permit, filter) = (self.bench.member(call), InboxFilter::default());
        let (steps, now) = (&self.bench.storage.steps, self.bench.ports.clock.now());
        let items = check_pages(async |page| steps.inbox(&permit, now, &filter, &page).await).await?;
        Ok(items.into_iter().map(|item| item.request.id).collect())
    }

    async fn requests(&self, call: &Call) -> anyhow::Result<BTreeSet<RequestId>> {
        let scope = self.bench.authorizer().request_scope(call).await?;
        let order = RequestOrder { field: RequestOrderField::CreatedAt, descending: false };
        let (reader, filter) = (&self.bench.storage.request_reader, RequestFilter::default());
        let found = check_pages(async |page| reader.list_requests(&scope, &filter, order, &page).await).await?;
        let named = reader.requests(&scope, &[self.on_leave, self.on_travel]).await?;
        assert_eq!(named.len(), found.len(), "by id as in lists");
        Ok(found.into_iter().map(|request| request.id).collect())
    }

    async fn claim(&self, call: &Call, request: RequestId) -> anyhow::Result<Result<()>> {
        let step = self.bench.acme.open_step(request, "work").await?.id;
        Ok(self.bench.application.requests.claim(call, request, step, None).await.map(drop))
    }

    async fn who_can(&self, permission: Permission, resource: Resource) -> anyhow::Result<Vec<AccessHolder>> {
        let page = self.bench.application.access.who_can(self.admin(), permission, Some(resource), (100, None)).await?;
        Ok(page.into_nodes())
    }
}

fn is_denied<T: std::fmt::Debug>(result: Result<T>) -> anyhow::Result<()> {
    match refused(result)? {
        Refused::NotPermitted(_) => Ok(()),
        other => Err(anyhow::anyhow!("expected a denial, found {other:?}")),
    }
}

pub async fn make_candidates_in_their_workflow_only(storage: &StorePorts) -> anyhow::Result<()> {
    let desk = Desk::new(storage).await?;
    let lea = desk.lea().await?;
    assert_eq!(desk.inbox(&lea).await?, [desk.on_leave]);
    assert_eq!(desk.requests(&lea).await?, [desk.on_leave].into());
    is_denied(desk.claim(&lea, desk.on_travel).await?)?;
    desk.claim(&lea, desk.on_leave).await??;
    // For both, then for one, then for all.
    desk.grant(desk.lea, desk.clerk, desk.travel).await?;
    assert_eq!(desk.inbox(&desk.lea().await?).await?, [desk.on_leave, desk.on_travel]);
    let revoke = async |workflow| {
        let mapping = RoleMapping { user: desk.lea, role: desk.clerk, workflow };
        desk.bench.application.access.revoke_role(desk.admin(), mapping).await
    };
    revoke(Some(desk.leave)).await?;
    let lea = desk.lea().await?;
    assert_eq!(desk.inbox(&lea).await?, [desk.on_travel], "what is claimed is not one's without the role");
    revoke(None).await?;
    assert_eq!(desk.inbox(&desk.lea().await?).await?, [desk.on_travel], "it was not held everywhere");
    desk.bench.application.access.grant_role(desk.admin(), RoleMapping::everywhere(desk.lea, desk.clerk)).await?;
    assert_eq!(desk.inbox(&desk.lea().await?).await?, [desk.on_leave, desk.on_travel]);
    desk.bench.check_intact().await
}

pub async fn are_lent_with_their_limits(storage: &StorePorts) -> anyhow::Result<()> {
    let desk = Desk::new(storage).await?;
    let (dan, now) = (desk.bench.acme.user("dan", &[]).await?, desk.bench.ports.clock.now());
    let delegation = |workflow| NewDelegation {
        delegator: Some(desk.lea),
        delegate: dan.principal.user,
        workflow,
        starts_at: None,
        ends_at: now + TimeDelta::hours(1),
        reason: "away".to_owned(),
    };
    let access = &desk.bench.application.access;
    access.delegate(desk.admin(), delegation(Some(desk.travel)), None).await?;
    let dan_now = async || anyhow::Ok(desk.bench.acme.call(dan.principal.user).await?);
    assert!(desk.inbox(&dan_now().await?).await?.is_empty(), "she holds nothing there");
    access.delegate(desk.admin(), delegation(None), None).await?;
    let dan = dan_now().await?;
    assert_eq!(desk.inbox(&dan).await?, [desk.on_leave]);
    assert_eq!(desk.requests(&dan).await?, [desk.on_leave].into());
    is_denied(desk.claim(&dan, desk.on_travel).await?)?;
    desk.claim(&dan, desk.on_leave).await??;
    let step = desk.bench.load(desk.on_leave).await?.state.open.into_values().next();
    assert_eq!(step.and_then(|open| open.claimed_on_behalf_of()), Some(desk.lea));
    Ok(())
}

pub async fn allow_what_their_permissions_say_there(storage: &StorePorts) -> anyhow::Result<()> {
    let desk = Desk::new(storage).await?;
    let app = &desk.bench.application;
    let viewer = desk.limited("viewer", &[Permission::ViewWorkflow, Permission::ViewRequest]).await?;
    let listed = app.workflows.list(&viewer, &WorkflowFilter::default(), &PageRequest::first(10)).await?;
    assert_eq!(listed.into_nodes().iter().map(|workflow| workflow.id).collect::<Vec<_>>(), [desk.leave]);
    app.workflows.versions_of(&viewer, &[desk.leave]).await?;
    is_denied(app.workflows.versions_of(&viewer, &[desk.leave, desk.travel]).await)?;
    assert_eq!(desk.requests(&viewer).await?, [desk.on_leave].into());
    let manager = desk.limited("manager", &[Permission::ManageRequest, Permission::PauseWorkflow]).await?;
    is_denied(app.workflows.list(&manager, &WorkflowFilter::default(), &PageRequest::first(10)).await.map(drop))?;
    app.workflows.pause(&manager, desk.leave).await?;
    is_denied(app.workflows.pause(&manager, desk.travel).await)?;
    let starter = desk.limited("starter", &[Permission::StartRequest, Permission::CreateWorkflow]).await?;
    app.workflows.resume(&manager, desk.leave).await?;
    let own = desk.bench.start(&starter, desk.leave).await?;
    assert!(desk.bench.start(&starter, desk.travel).await.is_err());
    let new = NewWorkflow { name: "new".to_owned(), description: String::new(), document: None };
    is_denied(app.workflows.create(&starter, new, None).await)?;
    let both = desk.limited("both", &[Permission::ManageRequest, Permission::ViewRequest]).await?;
    app.requests.suspend(&both, own, None, DeadlineClock::Running).await?;
    let other = app.requests.suspend(&both, desk.on_travel, None, DeadlineClock::Running).await;
    assert!(matches!(refused(other)?, Refused::NotFound { .. }), "what one does not see is not there");
    desk.bench.check_intact().await
}

pub async fn are_passed_on_only_where_they_are_held(storage: &StorePorts) -> anyhow::Result<()> {
    let desk = Desk::new(storage).await?;
    let access = &desk.bench.application.access;
    let head = desk.limited("head", &[Permission::ManageRole, Permission::ViewRequest]).await?;
    let seer = desk.bench.acme.role_with("seer", &[Permission::ViewRequest]).await?;
    let mapping = |role, workflow| RoleMapping { user: desk.lea, role, workflow };
    access.grant_role(&head, mapping(seer, Some(desk.leave))).await?;
    for workflow in [None, Some(desk.travel)] {
        is_denied(access.grant_role(&head, mapping(seer, workflow)).await)?;
        is_denied(access.revoke_role(&head, mapping(seer, workflow)).await)?;
    }
    let auditor = desk.bench.acme.role_with("auditor", &[Permission::ViewAudit]).await?;
    let denied = refused(access.grant_role(&head, mapping(auditor, Some(desk.leave))).await)?;
    let Refused::NotPermitted(denied) = denied else { anyhow::bail!("expected a denial, found {denied:?}") };
    assert_eq!(denied.reason, DenialReason::NotHeld([Permission::ViewAudit].into()));
    // Lea works tasks, everywhere, which the head of leave does not.
    is_denied(access.revoke_role(&head, mapping(seer, Some(desk.leave))).await)?;
    access.revoke_role(desk.admin(), mapping(seer, Some(desk.leave))).await?;
    let foreign = desk.bench.foreign().await?;
    let theirs = foreign.publish("theirs", sequence(&[task("work", "User", &Value::Null)])?).await?;
    let answer = refused(access.grant_role(desk.admin(), mapping(seer, Some(theirs))).await)?;
    assert!(matches!(answer, Refused::NotFound { kind: "workflow", .. }), "{answer:?}");
    let at = desk.bench.ports.clock.now();
    let change = Change::GrantRole { mapping: mapping(seer, Some(theirs)), by: None, at };
    let answer = desk.bench.change(&desk.bench.acme, vec![change]).await;
    assert!(matches!(answer, Err(CommitError::Missing { .. })), "{answer:?}");
    Ok(())
}

pub async fn are_read_with_their_workflow(storage: &StorePorts) -> anyhow::Result<()> {
    let desk = Desk::new(storage).await?;
    let scope = desk.bench.scope();
    desk.grant(desk.lea, desk.clerk, desk.travel).await?;
    desk.grant(desk.lea, desk.clerk, desk.travel).await?;
    let held = storage.access.grants_of_users(&scope, &[desk.lea]).await?;
    let places: Vec<_> = held.iter().filter(|g| g.mapping.role == desk.clerk).map(|g| g.mapping.workflow).collect();
    assert_eq!(
        (places.len(), places.into_iter().collect()),
        (2, BTreeSet::from([Some(desk.leave), Some(desk.travel)]))
    );
    let policy = desk.bench.policy(desk.bench.acme.organization.id).await?;
    assert_eq!(
        policy.members[&desk.lea].within,
        [(desk.leave, [desk.clerk].into()), (desk.travel, [desk.clerk].into())].into()
    );
    let holders = check_pages(async |page| storage.access.holders(&scope, desk.clerk, &page).await).await?;
    assert_eq!(holders.iter().filter(|user| **user == desk.lea).count(), 1, "once, though for two");
    let users = async |role, workflow| {
        let filter = UserFilter { role, workflow, search: None };
        let found = check_pages(async |page| storage.identity.list_users(&scope, &filter, &page).await).await?;
        anyhow::Ok(found.into_iter().map(|user| user.id).collect::<Vec<_>>())
    };
    assert_eq!(users(Some(desk.clerk), None).await?.len(), 2);
    assert_eq!(users(Some(desk.clerk), Some(desk.leave)).await?, [desk.lea]);
    assert_eq!(users(None, Some(desk.travel)).await?, [desk.lea]);
    let user = desk.bench.acme.built_in(BuiltInRole::User).await?;
    assert!(users(Some(user), Some(desk.travel)).await?.is_empty());
    let holders = async |workflow| {
        let directory = storage.workflows.directory(&scope, workflow).await?;
        match &directory.roles["clerk"].holders {
            Holders::Known(users) => Ok(users.contains(&desk.lea)),
            Holders::Somebody => Err(anyhow::anyhow!("known")),
        }
    };
    assert!(holders(Some(desk.leave)).await? && !holders(None).await?);
    Ok(())
}

pub async fn go_with_a_purged_workflow(storage: &StorePorts) -> anyhow::Result<()> {
    let desk = Desk::new(storage).await?;
    let workflows = &desk.bench.application.workflows;
    let new = NewWorkflow { name: "short-lived".to_owned(), description: String::new(), document: None };
    let gone = workflows.create(desk.admin(), new, None).await?;
    desk.grant(desk.lea, desk.clerk, gone).await?;
    workflows.delete(desk.admin(), gone).await?;
    desk.bench.pass(1);
    let before = storage.policy.policy_version(desk.bench.acme.organization.id).await?;
    let purge = Change::PurgeWorkflow { workflow: gone, deleted_before: desk.bench.ports.clock.now() };
    desk.bench.change(&desk.bench.acme, vec![purge]).await?;
    let policy = desk.bench.policy(desk.bench.acme.organization.id).await?;
    assert!(policy.version > before, "others must read the mappings again");
    assert_eq!(policy.members[&desk.lea].within.keys().collect::<Vec<_>>(), [&desk.leave]);
    Ok(())
}

pub async fn explain_themselves(storage: &StorePorts) -> anyhow::Result<()> {
    let desk = Desk::new(storage).await?;
    let access = &desk.bench.application.access;
    let step =
        async |request| anyhow::Ok(Resource::Step(request, desk.bench.acme.open_step(request, "work").await?.id));
    let (here, there) = (step(desk.on_leave).await?, step(desk.on_travel).await?);
    let explain = async |user, resource| {
        access.explain_access(desk.admin(), user, Permission::CompleteTask, Some(resource)).await
    };
    let allowed = explain(desk.lea, here).await?;
    assert!(allowed.allowed && allowed.denial.is_none() && allowed.options.is_empty());
    let told: BTreeSet<_> =
        allowed.grants.iter().map(|g| (g.grant.mapping.workflow, g.contribution.makes_candidate)).collect();
    assert_eq!(told, [(None, false), (Some(desk.leave), true)].into(), "User permits, clerk of leave is asked");
    assert!(allowed.grants.iter().all(|g| g.grant.granted_by == Some(desk.admin().principal.user)));
    let denied = explain(desk.lea, there).await?;
    let reason = denied.denial.as_ref().map(|refusal| match refusal {
        Refusal::NotPermitted { reason: DenialReason::NotACandidate { .. }, .. } => "not a candidate",
        _ => "something else",
    });
    assert_eq!((denied.allowed, reason), (false, Some("not a candidate")));
    assert_eq!(
        denied.options.iter().map(|option| (option.role, option.holders)).collect::<Vec<_>>(),
        [(desk.clerk, 1)]
    );
    let able: BTreeSet<UserId> =
        desk.who_can(Permission::CompleteTask, here).await?.into_iter().map(|holder| holder.user).collect();
    assert!(able.contains(&desk.lea) && able.len() == 2, "{able:?}");
    let able = desk.who_can(Permission::CompleteTask, there).await?;
    assert!(able.len() == 1 && able[0].user != desk.lea, "{able:?}");
    // Through a delegation, and when somebody else has claimed it.
    let dan = desk.bench.acme.user("dan", &[]).await?;
    let ends_at = desk.bench.ports.clock.now() + TimeDelta::hours(1);
    let new = NewDelegation {
        delegator: Some(desk.lea),
        delegate: dan.principal.user,
        workflow: None,
        starts_at: None,
        ends_at,
        reason: "away".to_owned(),
    };
    let delegation = access.delegate(desk.admin(), new, None).await?;
    let lent = explain(dan.principal.user, here).await?;
    assert!(lent.allowed && lent.grants.iter().all(|g| g.delegation == Some(delegation)), "{lent:?}");
    assert!(lent.grants.iter().any(|g| g.grant.mapping.user == desk.lea && g.contribution.makes_candidate));
    desk.claim(&desk.lea().await?, desk.on_leave).await??;
    let late = explain(dan.principal.user, here).await?.denial;
    let claimed = Some(Refusal::NotPermitted {
        reason: DenialReason::ClaimedByAnother { step: "WORK".to_owned() },
        granting_role: None,
    });
    assert_eq!(late, claimed);
    // A workflow, a request, and what belongs to none.
    let start = async |resource| {
        access.explain_access(desk.admin(), desk.lea, Permission::ViewRequest, resource).await.map(|e| e.allowed)
    };
    assert!(!start(Some(Resource::Workflow(desk.leave))).await?);
    let seer = desk.bench.acme.role_with("seer", &[Permission::ViewRequest]).await?;
    desk.grant(desk.lea, seer, desk.leave).await?;
    assert!(start(Some(Resource::Workflow(desk.leave))).await? && start(Some(Resource::Request(desk.on_leave))).await?);
    assert!(!start(Some(Resource::Request(desk.on_travel))).await? && !start(None).await?);
    let row = access.role_matrix(desk.admin()).await?.into_iter().find(|row| row.role == seer);
    let row = row.map(|row| (row.permissions, row.holders, row.limited_holders));
    assert_eq!(row, Some((vec![Permission::ViewRequest], 0, 1)));
    Ok(())
}

pub async fn are_explained_to_who_may_know(storage: &StorePorts) -> anyhow::Result<()> {
    let desk = Desk::new(storage).await?;
    let (access, lea) = (&desk.bench.application.access, desk.lea().await?);
    let about = async |call: &Call, user, resource| {
        access.explain_access(call, user, Permission::ViewRequest, resource).await.map(drop)
    };
    about(&lea, desk.lea, Some(Resource::Workflow(desk.leave))).await?;
    is_denied(about(&lea, desk.admin().principal.user, None).await)?;
    is_denied(access.who_can(&lea, Permission::ViewRequest, None, (10, None)).await.map(drop))?;
    is_denied(access.role_matrix(&lea).await.map(drop))?;
    let unseen = refused(about(&lea, desk.lea, Some(Resource::Request(desk.on_travel))).await)?;
    assert!(matches!(unseen, Refused::NotFound { kind: "request", .. }), "{unseen:?}");
    let foreign = desk.bench.foreign().await?;
    let theirs = refused(about(&foreign.admin, desk.lea, None).await)?;
    assert!(matches!(theirs, Refused::NotFound { kind: "user", .. }), "{theirs:?}");
    let theirs = foreign.admin.principal.user;
    for resource in [Resource::Workflow(desk.leave), Resource::Request(desk.on_leave)] {
        let answer = refused(about(&foreign.admin, theirs, Some(resource)).await)?;
        assert!(matches!(answer, Refused::NotFound { .. }), "{answer:?}");
    }
    // In pages, as a whole.
    let mut after = None;
    let mut seen = Vec::new();
    loop {
        let page = access.who_can(desk.admin(), Permission::StartRequest, None, (1, after)).await?;
        after = page.edges.last().map(|edge| edge.cursor.clone());
        seen.extend(page.edges.iter().map(|edge| edge.node.user));
        if !page.has_next {
            break;
        }
    }
    assert!(seen.len() == 3 && seen.is_sorted(), "{seen:?}");
    Ok(())
}
