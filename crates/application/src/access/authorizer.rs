use std::collections::BTreeSet;
use std::sync::Arc;

use nexusflow_domain::access::{DenialReason, Denied, Permission, Principal};
use nexusflow_domain::ids::{OrganizationId, RoleId, UserId};
use serde_json::json;

use crate::access::{
    AccessExplanation, Action, DelegationScope, Member, Permit, PolicyEngine, PolicySnapshot, RequestScope, actions,
};
use crate::administration::{AdministrationCommit, AdministrationStore, NewAuditEntry, Registrar, Subject};
use crate::platform::{Clock, IdGenerator};
use crate::{Call, Error, Result, StoreError};

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

    /// Allows the action, or says which permission is missing and which roles would grant it.
    pub async fn require<A: Action>(&self, call: &Call) -> Result<Permit<A>> {
        self.require_for::<A>(call, None).await
    }

    /// The same, naming what the action is about for the audit log.
    pub async fn require_for<A: Action>(&self, call: &Call, subject: Option<Subject>) -> Result<Permit<A>> {
        self.require_permission(call, A::PERMISSION, subject).await?;
        Ok(Permit::granted(&call.principal))
    }

    /// Allows what the permission allows, or says which roles would grant it.
    pub(crate) async fn require_permission(
        &self,
        call: &Call,
        permission: Permission,
        subject: Option<Subject>,
    ) -> Result<()> {
        if self.allows(&call.principal, permission).await? {
            return Ok(());
        }
        let denied = Denied {
            permission,
            roles_that_grant: self.roles_that_grant(call.principal.organization, permission).await?,
            reason: DenialReason::MissingPermission(permission),
        };
        Err(self.denied(call, denied, subject).await?)
    }

    /// Whether the person has the permission, without a trace.
    pub async fn allows(&self, principal: &Principal, permission: Permission) -> Result<bool, StoreError> {
        self.engine.allows(principal.organization, principal.user, permission).await
    }

    /// Which requests the caller may see.
    pub async fn request_scope(&self, call: &Call) -> Result<RequestScope, StoreError> {
        let all = self.allows(&call.principal, actions::ViewRequest::PERMISSION).await?;
        if all {
            return Ok(RequestScope::all(call.principal.organization));
        }
        Ok(RequestScope::involving(&call.principal, self.registrar.now()))
    }

    /// Which delegations the caller may see and revoke.
    pub async fn delegation_scope(&self, call: &Call) -> Result<DelegationScope, StoreError> {
        let Principal { user, organization, .. } = call.principal;
        let all = self.allows(&call.principal, actions::ManageRole::PERMISSION).await?;
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
            Ok(()) => Ok(Error::from(crate::Refused::NotPermitted(denied))),
            Err(error) => Err(error.into_store_error()),
        }
    }

    /// Names of the roles that are granted a permission, sorted.
    pub async fn roles_that_grant(
        &self,
        organization: OrganizationId,
        permission: Permission,
    ) -> Result<Vec<String>, StoreError> {
        let snapshot = self.engine.snapshot(organization).await?;
        let granting = snapshot.grants.iter().filter(|(_, granted)| granted.contains(&permission));
        let names: BTreeSet<&String> = granting.filter_map(|(role, _)| snapshot.roles.get(role)).collect();
        Ok(names.into_iter().cloned().collect())
    }

    /// Why somebody may or may not do something.
    pub async fn explain(
        &self,
        organization: OrganizationId,
        user: UserId,
        permission: Permission,
    ) -> Result<AccessExplanation, StoreError> {
        let snapshot = self.engine.snapshot(organization).await?;
        let held = snapshot.members.get(&user).cloned().unwrap_or_default();
        let names = |wanted: &dyn Fn(&RoleId) -> bool| {
            let names: BTreeSet<&String> = snapshot.roles.iter().filter(|(id, _)| wanted(id)).map(|(_, n)| n).collect();
            names.into_iter().cloned().collect::<Vec<_>>()
        };
        let grants = |id: &RoleId| snapshot.grants.get(id).is_some_and(|granted| granted.contains(&permission));
        Ok(AccessExplanation {
            allowed: self.engine.allows(organization, user, permission).await?,
            permission,
            granted_by: names(&|id| held.contains(id) && grants(id)),
            roles_that_grant: names(&grants),
            roles_held: names(&|id| held.contains(id)),
        })
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
