use nexusflow_domain::Timestamp;
use nexusflow_domain::access::DelegationTerm;
use nexusflow_domain::ids::{DelegationId, OrganizationId, UserId, WorkflowId};

/// A person's leave to act on behalf of another, for a period, on the steps that wait for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegation {
    /// The delegation.
    pub id: DelegationId,
    /// Its tenant.
    pub organization: OrganizationId,
    /// On whose behalf.
    pub delegator: UserId,
    /// Who may act.
    pub delegate: UserId,
    /// In this workflow only; `None` in all.
    pub workflow: Option<WorkflowId>,
    /// The first instant.
    pub starts_at: Timestamp,
    /// The first instant at which it is over, unless it is revoked before.
    pub ends_at: Timestamp,
    /// Why; 1 to 1,000 characters.
    pub reason: String,
    /// Who set it up.
    pub created_by: UserId,
    /// When.
    pub created_at: Timestamp,
    /// Who revoked it.
    pub revoked_by: Option<UserId>,
    /// When.
    pub revoked_at: Option<Timestamp>,
}

impl Delegation {
    /// When it is over, or was.
    pub fn over_at(&self) -> Timestamp {
        self.revoked_at.map_or(self.ends_at, |at| at.min(self.ends_at))
    }

    /// When and where it holds.
    pub fn term(&self) -> DelegationTerm {
        DelegationTerm {
            delegation: self.id,
            workflow: self.workflow,
            starts_at: self.starts_at,
            ends_at: self.over_at(),
        }
    }
}

/// A delegation to be set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDelegation {
    /// On whose behalf; the caller's when `None`.
    pub delegator: Option<UserId>,
    /// Who may act.
    pub delegate: UserId,
    /// In this workflow only.
    pub workflow: Option<WorkflowId>,
    /// The first instant; now when `None` or past.
    pub starts_at: Option<Timestamp>,
    /// The first instant at which it is over; at most 366 days after the first.
    pub ends_at: Timestamp,
    /// Why; 1 to 1,000 characters.
    pub reason: String,
}

/// Which delegations a list shows; every given part must hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DelegationFilter {
    /// On behalf of this person.
    pub delegator: Option<UserId>,
    /// To this person.
    pub delegate: Option<UserId>,
    /// In force at this instant.
    pub in_force_at: Option<Timestamp>,
}

/// Which delegations somebody may see. Made by the authorizer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DelegationScope {
    organization: OrganizationId,
    own: Option<UserId>,
}

impl DelegationScope {
    /// Every one of the tenant.
    pub(super) const fn all(organization: OrganizationId) -> Self {
        Self { organization, own: None }
    }

    /// Only those that the person gave or received.
    pub(super) const fn own(organization: OrganizationId, user: UserId) -> Self {
        Self { organization, own: Some(user) }
    }

    /// The tenant.
    pub const fn organization(&self) -> OrganizationId {
        self.organization
    }

    /// `None` sees every one of the tenant; otherwise only those given by or to this person.
    pub const fn own_of(&self) -> Option<UserId> {
        self.own
    }
}
