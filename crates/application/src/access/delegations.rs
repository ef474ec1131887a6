use chrono::TimeDelta;
use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{DelegationId, UserId, WorkflowId};
use serde_json::json;

use crate::access::mappings::TO_MANAGE_ROLES;
use crate::access::{
    AccessService, Delegation, DelegationFilter, DelegationScope, Need, NewDelegation, PolicySnapshot, actions,
};
use crate::administration::{AdministrationCommit, Change};
use crate::idempotency::Replay;
use crate::input::{InputCheck, Length};
use crate::{Call, Page, PageRequest, Refused, Result};

const OPERATION: &str = "delegate";
const REASON_LENGTH: Length = 1..=1_000;
const LONGEST: TimeDelta = TimeDelta::days(366);

impl AccessService {
    /// Lets a member act on behalf of another one: of the caller, or with `MANAGE_ROLE` of anybody whose
    /// rights to work steps the caller has too.
    #[tracing::instrument(skip_all)]
    pub async fn delegate(&self, call: &Call, new: NewDelegation, replay: Option<Replay>) -> Result<DelegationId> {
        if let Some(id) = self.registrar.replayed(call, OPERATION, replay.as_ref()).await? {
            return Ok(DelegationId::from_uuid(id));
        }
        let delegator = new.delegator.unwrap_or(call.principal.user);
        let snapshot = self.authorizer.snapshot(call.principal.organization).await?;
        let mut needs = Vec::new();
        if delegator != call.principal.user {
            self.authorizer.require::<actions::ManageRole>(call).await?;
            needs.extend([TO_MANAGE_ROLES, Need::Work(delegator, new.workflow)]);
        }
        let now = self.registrar.now();
        let starts_at = new.starts_at.map_or(now, |at| at.max(now));
        check(&new, delegator, (starts_at, now))?;
        for user in [delegator, new.delegate] {
            require_active(&snapshot, user)?;
        }
        if let Some(workflow) = new.workflow {
            self.require_workflow(call, workflow).await?;
        }
        let delegation = Delegation {
            id: self.registrar.next_id(),
            organization: call.principal.organization,
            delegator,
            delegate: new.delegate,
            workflow: new.workflow,
            starts_at,
            ends_at: new.ends_at,
            reason: new.reason.trim().to_owned(),
            created_by: call.principal.user,
            created_at: now,
            revoked_by: None,
            revoked_at: None,
        };
        let id = delegation.id;
        let after = json!({
            "delegator": delegator, "delegate": delegation.delegate, "workflow": delegation.workflow,
            "startsAt": starts_at, "endsAt": delegation.ends_at, "reason": delegation.reason,
        });
        let subject = Some(("delegation", id.uuid()));
        let entry = self.registrar.entry(call, "DELEGATION_CREATED", subject).changing(None, Some(after));
        let stored = self.registrar.idempotency(call, OPERATION, replay, id.uuid());
        let change = Change::CreateDelegation(delegation);
        let commit = AdministrationCommit::of_delegation(&self.authorizer.member(call), change, entry);
        self.authorizer.commit_if_held(call, &needs, subject, commit.with_idempotency(stored)).await?;
        Ok(id)
    }

    /// Ends a delegation before its time, as whoever gave or received it, or with `MANAGE_ROLE`.
    #[tracing::instrument(skip_all, fields(%delegation))]
    pub async fn revoke_delegation(&self, call: &Call, delegation: DelegationId) -> Result<()> {
        let scope = self.authorizer.delegation_scope(call).await?;
        let found = self.delegations.delegations(&scope, &[delegation]).await?.pop();
        let found = found.ok_or_else(|| Refused::NotFound { kind: "delegation", id: delegation.to_string() })?;
        let at = self.registrar.now();
        if found.over_at() <= at {
            let message = format!("the delegation ended at {}", found.over_at());
            return Err(Refused::WrongState { message, state: "ENDED".to_owned() }.into());
        }
        let (before, after) = (json!({ "endsAt": found.ends_at }), json!({ "revokedAt": at }));
        let subject = Some(("delegation", delegation.uuid()));
        let entry = self.registrar.entry(call, "DELEGATION_REVOKED", subject).changing(Some(before), Some(after));
        let change = Change::RevokeDelegation { delegation, by: call.principal.user, at };
        let commit = AdministrationCommit::of_delegation(&self.authorizer.member(call), change, entry);
        self.authorizer.commit_if_held(call, &[], subject, commit).await
    }

    /// Those of the given delegations that the caller gave or received; with `MANAGE_ROLE` of all.
    pub async fn delegations(&self, call: &Call, ids: &[DelegationId]) -> Result<Vec<Delegation>> {
        let scope: DelegationScope = self.authorizer.delegation_scope(call).await?;
        Ok(self.delegations.delegations(&scope, ids).await?)
    }

    /// A page of the delegations that the caller gave or received, newest first; with `MANAGE_ROLE` of all.
    pub async fn list_delegations(
        &self,
        call: &Call,
        filter: &DelegationFilter,
        page: &PageRequest,
    ) -> Result<Page<Delegation>> {
        let scope = self.authorizer.delegation_scope(call).await?;
        Ok(self.delegations.list_delegations(&scope, filter, page).await?)
    }

    pub(super) async fn require_workflow(&self, call: &Call, workflow: WorkflowId) -> Result<()> {
        let found = self.workflows.workflows(&self.authorizer.member(call).scope(), &[workflow]).await?;
        if found.is_empty() {
            return Err(Refused::NotFound { kind: "workflow", id: workflow.to_string() }.into());
        }
        Ok(())
    }
}

fn check(new: &NewDelegation, delegator: UserId, (starts_at, now): (Timestamp, Timestamp)) -> Result<()> {
    let comes_later = new.ends_at > starts_at && new.ends_at > now;
    InputCheck::default()
        .length("reason", new.reason.trim(), &REASON_LENGTH)
        .instant("startsAt", new.starts_at)
        .instant("endsAt", Some(new.ends_at))
        .holds("delegateId", new.delegate != delegator, "expected somebody else: nobody acts on behalf of himself")
        .holds("endsAt", comes_later, "expected an instant after the beginning and in the future")
        .holds("endsAt", new.ends_at - starts_at <= LONGEST, "expected at most 366 days after the beginning")
        .finish()
}

fn require_active(snapshot: &PolicySnapshot, user: UserId) -> Result<()> {
    if snapshot.members.contains_key(&user) {
        return Ok(());
    }
    Err(Refused::NotFound { kind: "active user", id: user.to_string() }.into())
}
