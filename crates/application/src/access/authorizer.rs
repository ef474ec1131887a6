use std::collections::BTreeSet;
use std::sync::Arc;

use nexusflow_domain::access::{DenialReason, Denied, Permission, Principal, Reach};
use nexusflow_domain::ids::{OrganizationId, WorkflowId};
use serde_json::json;

use crate::access::{
    Action, DelegationScope, Member, Need, Permit, PolicyEngine, PolicySnapshot, RequestScope, WorkflowScope, actions,
};
use crate::administration::{
    AdministrationCommit, AdministrationStore, CommitError, NewAuditEntry, Registrar, Subject,
};
use crate::platform::{Clock, IdGenerator};
use crate::{Call, Error, Refused, Result, StoreError};

/// How often a change of mappings is judged again because others changed them meanwhile.
const ATTEMPTS: usize = 20;

/// The only maker of permits. Every denial leaves an entry in the organization's audit stream.
#[derive(Clone)]
pub struct Authorizer {
    engine: Arc<dyn PolicyEngine>,
    registrar: Registrar,
}

impl Authorizer {
    /// Puts the authorizer together.
    pub fn new(
        engine: Arc<dyn PolicyEngine>,
        store: Arc<dyn AdministrationStore>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdGenerator>,
    ) -> Self {
        Self { engine, registrar: Registrar::new(store, clock, ids) }
    }

    /// What every member may do.
    pub fn member(&self, call: &Call) -> Permit<Member> {
        Permit::granted(&call.principal)
    }

    /// Allows an action that belongs to no workflow, or says which permission is missing and which roles would
    /// grant it. What is held in some workflows only does not count.
    pub async fn require<A: Action>(&self, call: &Call) -> Result<Permit<A>> {
        self.require_for::<A>(call, None, None).await
    }

    /// Allows the action in a workflow, or without one everywhere; names what it is about for the audit log.
    pub async fn require_for<A: Action>(
        &self,
        call: &Call,
        workflow: Option<WorkflowId>,
        subject: Option<Subject>,
    ) -> Result<Permit<A>> {
        self.require_permission(call, A::PERMISSION, workflow, subject).await?;
        Ok(Permit::granted(&call.principal))
    }

    /// Allows an action on a workflow, and names the workflow for the audit log.
    pub async fn require_on<A: Action>(&self, call: &Call, workflow: WorkflowId) -> Result<Permit<A>> {
        self.require_for::<A>(call, Some(workflow), Some(("workflow", workflow.uuid()))).await
    }

    /// Allows what the permission allows, or says which roles would grant it.
    pub(crate) async fn require_permission(
        &self,
        call: &Call,
        permission: Permission,
        workflow: Option<WorkflowId>,
        subject: Option<Subject>,
    ) -> Result<()> {
        if self.allows(&call.principal, permission, workflow).await? {
            return Ok(());
        }
        let denied = Denied {
            permission,
            roles_that_grant: self.roles_that_grant(call.principal.organization, permission).await?,
            reason: DenialReason::MissingPermission(permission),
        };
        Err(self.denied(call, denied, subject).await?)
    }

    /// Whether the person has the permission in a workflow, or without one everywhere; without a trace.
    pub async fn allows(
        &self,
        principal: &Principal,
        permission: Permission,
        workflow: Option<WorkflowId>,
    ) -> Result<bool, StoreError> {
        self.engine.allows(principal.organization, principal.user, permission, workflow).await
    }

    /// Where the caller has the permission.
    pub async fn reach(&self, call: &Call, permission: Permission) -> Result<Reach, StoreError> {
        if self.allows(&call.principal, permission, None).await? {
            return Ok(Reach::Everywhere);
        }
        let snapshot = self.engine.snapshot(call.principal.organization).await?;
        Ok(snapshot.rights_of(call.principal.user).reach(permission))
    }

    /// Which workflows the caller may see in lists; refuses who may see none.
    pub async fn workflow_scope(&self, call: &Call) -> Result<WorkflowScope> {
        let reach = self.reach(call, actions::ViewWorkflow::PERMISSION).await?;
        if reach.is_nowhere() {
            self.require::<actions::ViewWorkflow>(call).await?;
        }
        Ok(WorkflowScope::new(call.principal.organization, reach))
    }

    /// Which requests the caller may see.
    pub async fn request_scope(&self, call: &Call) -> Result<RequestScope, StoreError> {
        Ok(match self.reach(call, actions::ViewRequest::PERMISSION).await? {
            Reach::Everywhere => RequestScope::all(call.principal.organization),
            Reach::Within(workflows) => RequestScope::involving(&call.principal, workflows, self.registrar.now()),
        })
    }

    /// Which delegations the caller may see and revoke.
    pub async fn delegation_scope(&self, call: &Call) -> Result<DelegationScope, StoreError> {
        let Principal { user, organization, .. } = call.principal;
        let all = self.allows(&call.principal, actions::ManageRole::PERMISSION, None).await?;
        Ok(if all { DelegationScope::all(organization) } else { DelegationScope::own(organization, user) })
    }

    /// Records a denial and turns it into the caller's answer.
    pub async fn denied(&self, call: &Call, denied: Denied, subject: Option<Subject>) -> Result<Error, StoreError> {
        let payload = json!({
            "permission": denied.permission.code(),
            "reason": denied.reason.to_string(),
            "rolesThatGrant": denied.roles_that_grant,
        });
        let entry = NewAuditEntry { payload, ..self.registrar.entry(call, "ACCESS_DENIED", subject) };
        let commit = AdministrationCommit::of_entries(call.principal.organization, vec![entry]);
        match self.registrar.commit(commit).await {
            Ok(()) => Ok(Error::from(Refused::NotPermitted(denied))),
            Err(error) => Err(error.into_store_error()),
        }
    }

    /// Names of the roles that are granted a permission, sorted.
    pub async fn roles_that_grant(
        &self,
        organization: OrganizationId,
        permission: Permission,
    ) -> Result<Vec<String>, StoreError> {
        Ok(self.engine.snapshot(organization).await?.roles_that_grant(&BTreeSet::from([permission])))
    }

    /// Commits a change of mappings if the caller holds what it needs. Both are judged on the mappings as they
    /// are stored, and the store refuses the commit when others have changed them since; then all is judged again.
    pub(crate) async fn commit_if_held(
        &self,
        call: &Call,
        needs: &[Need],
        subject: Option<Subject>,
        commit: AdministrationCommit,
    ) -> Result<()> {
        let Principal { user, organization, .. } = call.principal;
        for _ in 0..ATTEMPTS {
            let snapshot = self.engine.fresh_snapshot(organization).await?;
            let rights = snapshot.rights_of(user);
            let missing: BTreeSet<Permission> =
                needs.iter().flat_map(|need| need.missing(&rights, &snapshot)).collect();
            if let Some(&permission) = missing.first() {
                let roles_that_grant = snapshot.roles_that_grant(&missing);
                let denied = Denied { permission, roles_that_grant, reason: DenialReason::NotHeld(missing) };
                return Err(self.denied(call, denied, subject).await?);
            }
            match self.registrar.commit(commit.clone().judged_on(snapshot.version)).await {
                Err(CommitError::PolicyChanged) => {}
                answer => {
                    self.changed(organization).await;
                    return Ok(answer?);
                }
            }
        }
        Err(Refused::Contended.into())
    }

    /// The organization's mappings as they are now.
    pub(crate) async fn snapshot(&self, organization: OrganizationId) -> Result<Arc<PolicySnapshot>, StoreError> {
        self.engine.snapshot(organization).await
    }

    /// The organization's mappings as they are stored now.
    pub(crate) async fn fresh_snapshot(&self, organization: OrganizationId) -> Result<Arc<PolicySnapshot>, StoreError> {
        self.engine.fresh_snapshot(organization).await
    }

    /// Mappings were changed: the next question sees them.
    pub async fn changed(&self, organization: OrganizationId) {
        self.engine.changed(organization).await;
    }
}
