use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use nexusflow_domain::Timestamp;
use nexusflow_domain::access::Permission;
use nexusflow_domain::ids::{DelegationId, RequestId, RequestStepId, RoleId, UserId, WorkflowId};
use nexusflow_domain::request::Refusal;

use crate::access::question::Contribution;
use crate::access::{AccessService, Place, PolicySnapshot, Question, RoleGrant, Scope, StepAtHand, actions};
use crate::page::{Cursor, CursorValue};
use crate::request::Request;
use crate::{Call, Page, PageRequest, Refused, Result};

/// What an explanation is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    /// A workflow.
    Workflow(WorkflowId),
    /// A request.
    Request(RequestId),
    /// An execution of a step.
    Step(RequestId, RequestStepId),
}

/// Why somebody may or may not do something.
#[derive(Debug, Clone, PartialEq)]
pub struct AccessExplanation {
    /// Whether it is allowed.
    pub allowed: bool,
    /// The permission in question.
    pub permission: Permission,
    /// Every mapping that makes it so; when it is not allowed, those that contribute.
    pub grants: Vec<AccessGrant>,
    /// Why not; `None` when it is allowed, and of somebody who is no active member.
    pub denial: Option<Refusal>,
    /// Roles held there that grant the permission, sorted by name.
    pub granted_by: Vec<String>,
    /// Roles of the organization that would grant it, sorted by name.
    pub roles_that_grant: Vec<String>,
    /// Roles held there, sorted by name.
    pub roles_held: Vec<String>,
    /// Roles that would help, by name, when it is not allowed for want of one.
    pub options: Vec<GrantOption>,
}

/// A mapping that counts.
#[derive(Debug, Clone, PartialEq)]
pub struct AccessGrant {
    /// Who holds which role where, by whom and since when.
    pub grant: RoleGrant,
    /// What the role contributes.
    pub contribution: Contribution,
    /// The delegation through which the person acts for its holder, unless that is the person.
    pub delegation: Option<DelegationId>,
}

/// A role that would help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GrantOption {
    /// Which.
    pub role: RoleId,
    /// How many active members hold it there.
    pub holders: usize,
}

/// Somebody who may do something.
#[derive(Debug, Clone, PartialEq)]
pub struct AccessHolder {
    /// Who.
    pub user: UserId,
    /// Every mapping that makes it so.
    pub grants: Vec<AccessGrant>,
}

impl AccessService {
    /// Why somebody may or may not do something, to a resource that the caller may see or in general; about
    /// oneself, or about others with `VIEW_ROLE`.
    #[tracing::instrument(skip_all)]
    pub async fn explain_access(
        &self,
        call: &Call,
        user: UserId,
        permission: Permission,
        resource: Option<Resource>,
    ) -> Result<AccessExplanation> {
        let scope = self.scope_about(call, &[user]).await?;
        self.find_user(&scope, user).await?;
        let question = self.question(call, permission, resource).await?;
        let snapshot = self.authorizer.snapshot(scope.organization()).await?;
        let now = self.registrar.now();
        let answer = snapshot.principal(scope.organization(), user).map(|person| question.answer(&person, now));
        let (names, denial) = match answer {
            None => (Vec::new(), None),
            Some(Ok(names)) => (names, None),
            Some(Err(refusal)) => (vec![user], Some(refusal)),
        };
        let allowed = denial.is_none() && !names.is_empty();
        let asked = BTreeMap::from([(user, names)]);
        let held = snapshot.rights_of(user).at(question.workflow()).roles.clone();
        let granting: BTreeSet<RoleId> =
            snapshot.roles.keys().copied().filter(|&role| snapshot.grants(role, permission)).collect();
        Ok(AccessExplanation {
            allowed,
            permission,
            grants: self.grants(&scope, &snapshot, &question, &asked, now).await?.remove(&user).unwrap_or_default(),
            granted_by: snapshot.names(held.intersection(&granting)),
            roles_that_grant: snapshot.names(&granting),
            roles_held: snapshot.names(&held),
            options: denial.as_ref().map(|denial| options(&snapshot, &question, &held, denial)).unwrap_or_default(),
            denial,
        })
    }

    /// A page of those who may do something, by id, each with how. Only forwards. Needs `VIEW_ROLE`.
    #[tracing::instrument(skip_all)]
    pub async fn who_can(
        &self,
        call: &Call,
        permission: Permission,
        resource: Option<Resource>,
        (limit, after): (u32, Option<Cursor>),
    ) -> Result<Page<AccessHolder>> {
        let scope = self.authorizer.require::<actions::ViewRole>(call).await?.scope();
        let question = self.question(call, permission, resource).await?;
        let snapshot = self.authorizer.snapshot(scope.organization()).await?;
        let now = self.registrar.now();
        let from = after.as_ref().map_or(Bound::Unbounded, |cursor| Bound::Excluded(UserId::from_uuid(cursor.id)));
        let members = snapshot.members.range((from, Bound::Unbounded)).map(|(&user, _)| user);
        let able = members.filter_map(|user| {
            let person = snapshot.principal(scope.organization(), user)?;
            Some((user, question.answer(&person, now).ok()?))
        });
        let able: BTreeMap<UserId, Vec<UserId>> = able.take(limit as usize + 1).collect();
        let mut grants = self.grants(&scope, &snapshot, &question, &able, now).await?;
        let holders = able.into_keys().map(|user| {
            let grants = grants.remove(&user).unwrap_or_default();
            AccessHolder { user, grants }
        });
        let page = PageRequest { after, ..PageRequest::first(limit) };
        let place = |holder: &AccessHolder| Cursor { value: CursorValue::Id, id: holder.user.uuid() };
        Ok(Page::from_fetched(holders.collect(), &page, place))
    }

    /// What is asked. A resource that the caller may not see is not found.
    async fn question(&self, call: &Call, permission: Permission, resource: Option<Resource>) -> Result<Question> {
        let place = match resource {
            None => Place::Organization,
            Some(Resource::Workflow(workflow)) => {
                self.require_workflow(call, workflow).await?;
                Place::Workflow(workflow)
            }
            Some(Resource::Request(request)) => Place::Workflow(self.find_request(call, request).await?.workflow),
            Some(Resource::Step(request, step)) => Place::Step(self.step_at_hand(call, request, step).await?),
        };
        Ok(Question { permission, place })
    }

    async fn step_at_hand(&self, call: &Call, request: RequestId, step: RequestStepId) -> Result<StepAtHand> {
        self.find_request(call, request).await?;
        let scope = self.authorizer.member(call).scope();
        let not_found = || Refused::NotFound { kind: "request step", id: step.to_string() };
        if self.steps.steps(&scope, &[(request, step)]).await?.is_empty() {
            return Err(not_found().into());
        }
        let loaded = self.requests.load(&[(scope, request)]).await?.pop().ok_or_else(not_found)?;
        let version = self.catalogue.of_request(&scope, loaded.state.workflow_version).await?;
        Ok(StepAtHand { state: Arc::new(loaded.state), version, step })
    }

    async fn find_request(&self, call: &Call, request: RequestId) -> Result<Request> {
        let scope = self.authorizer.request_scope(call).await?;
        let found = self.request_reader.requests(&scope, &[request]).await?.pop();
        found.ok_or_else(|| Refused::NotFound { kind: "request", id: request.to_string() }.into())
    }

    /// By person, the mappings that count of those in whose names he acts.
    async fn grants(
        &self,
        scope: &Scope,
        snapshot: &PolicySnapshot,
        question: &Question,
        asked: &BTreeMap<UserId, Vec<UserId>>,
        now: Timestamp,
    ) -> Result<BTreeMap<UserId, Vec<AccessGrant>>> {
        let names: BTreeSet<UserId> = asked.values().flatten().copied().collect();
        let names: Vec<UserId> = names.into_iter().collect();
        let mut stored: Vec<(RoleGrant, Contribution)> = Vec::new();
        for grant in self.reader.grants_of_users(scope, &names).await? {
            let contribution = question.contribution(snapshot, grant.mapping.role);
            stored.extend(contribution.filter(|_| question.is_reached_by(&grant.mapping)).map(|c| (grant, c)));
        }
        stored.sort_by_key(|(grant, _)| grant.mapping);
        let grants = asked.iter().map(|(&user, names)| {
            let of = |name: &UserId| {
                let delegation = (*name != user).then(|| delegation(snapshot, question, (user, *name), now)).flatten();
                let held = stored.iter().filter(|(grant, _)| grant.mapping.user == *name);
                let of_name = held.map(|&(grant, contribution)| AccessGrant { grant, contribution, delegation });
                of_name.collect::<Vec<_>>()
            };
            (user, names.iter().flat_map(of).collect())
        });
        Ok(grants.collect())
    }
}

/// The delegation by which one person acts for another where the question is asked.
fn delegation(
    snapshot: &PolicySnapshot,
    question: &Question,
    (delegate, delegator): (UserId, UserId),
    now: Timestamp,
) -> Option<DelegationId> {
    let mut terms = snapshot.delegations.get(&delegate)?.get(&delegator)?.iter();
    let reaches = |only: Option<WorkflowId>| only.is_none() || only == question.workflow();
    terms.find(|term| term.is_in_force(now) && reaches(term.workflow)).map(|term| term.delegation)
}

/// Roles, by name, that are not held there and of which one would undo a denial for want of one.
fn options(
    snapshot: &PolicySnapshot,
    question: &Question,
    held: &BTreeSet<RoleId>,
    denial: &Refusal,
) -> Vec<GrantOption> {
    let Refusal::NotPermitted { reason, granting_role } = denial else { return Vec::new() };
    let missing = reason.missing_permissions();
    let helps = |role: RoleId| match granting_role {
        Some(granting) => role == *granting,
        None => !missing.is_empty() && missing.iter().all(|&permission| snapshot.grants(role, permission)),
    };
    let mut roles: Vec<(&String, RoleId)> = snapshot.roles.iter().map(|(&role, name)| (name, role)).collect();
    roles.retain(|&(_, role)| helps(role) && !held.contains(&role));
    roles.sort();
    let holders = |role| snapshot.holders_of(role, question.workflow()).len();
    roles.into_iter().map(|(_, role)| GrantOption { role, holders: holders(role) }).collect()
}
