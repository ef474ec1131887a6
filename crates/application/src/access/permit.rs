use std::collections::BTreeSet;
use std::marker::PhantomData;

use nexusflow_domain::Timestamp;
use nexusflow_domain::access::{Permission, Principal, Reach, Voice};
use nexusflow_domain::ids::{OrganizationId, WorkflowId};

/// Something that needs a permission.
pub trait Action: Send + Sync {
    /// Which.
    const PERMISSION: Permission;
}

macro_rules! actions {
    ($($name:ident),* $(,)?) => {
        /// One type per permission, for [`Permit`].
        pub mod actions {
            use nexusflow_domain::access::Permission;

            $(
                #[doc = concat!("Needs [`Permission::", stringify!($name), "`].")]
                #[derive(Debug, Clone, Copy)]
                pub struct $name;
                impl super::Action for $name {
                    const PERMISSION: Permission = Permission::$name;
                }
            )*
        }
    };
}

actions!(
    CreateWorkflow,
    EditWorkflow,
    PublishWorkflow,
    PauseWorkflow,
    ArchiveWorkflow,
    DeleteWorkflow,
    ViewWorkflow,
    StartRequest,
    ViewRequest,
    ManageRequest,
    PublishMessage,
    CompleteTask,
    ApproveRequest,
    WorkJobs,
    ViewUser,
    ManageUser,
    ViewRole,
    ManageRole,
    ViewAudit,
    ManageOrganization,
    DeleteOrganization,
    ManageBilling,
);

/// What every active member may do: see the own account, roles, inbox and notifications.
#[derive(Debug, Clone, Copy)]
pub struct Member;

/// Proof that the authorizer allowed a principal an action. Only the authorizer makes one.
#[derive(Debug, Clone)]
pub struct Permit<A> {
    principal: Principal,
    action: PhantomData<A>,
}

impl<A> Permit<A> {
    pub(super) fn granted(principal: &Principal) -> Self {
        Self { principal: principal.clone(), action: PhantomData }
    }

    /// Who may.
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// The tenant within which the permit holds.
    pub fn organization(&self) -> OrganizationId {
        self.principal.organization
    }

    /// The reads that the permit allows: rows of its tenant.
    pub fn scope(&self) -> Scope {
        Scope { organization: self.principal.organization }
    }
}

/// Which rows a read may see: those of one tenant. Made from a [`Permit`], or for NexusFlow itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Scope {
    organization: OrganizationId,
}

impl Scope {
    /// For NexusFlow's own work on a tenant (engine, timers, command line), which no person's
    /// permission guards.
    pub fn system(organization: OrganizationId) -> Self {
        Self { organization }
    }

    /// The tenant.
    pub const fn organization(&self) -> OrganizationId {
        self.organization
    }
}

/// Which workflows a list may show: those of one tenant, or some of them. Made by the authorizer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkflowScope {
    organization: OrganizationId,
    reach: Reach,
}

impl WorkflowScope {
    pub(super) fn new(organization: OrganizationId, reach: Reach) -> Self {
        Self { organization, reach }
    }

    /// For NexusFlow's own work on a tenant.
    pub fn system(organization: OrganizationId) -> Self {
        Self::new(organization, Reach::Everywhere)
    }

    /// The tenant.
    pub const fn organization(&self) -> OrganizationId {
        self.organization
    }

    /// Which of the tenant's workflows.
    pub const fn reach(&self) -> &Reach {
        &self.reach
    }
}

/// Which requests a person may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestScope {
    organization: OrganizationId,
    involved: Option<Involved>,
}

/// Somebody who does not see every request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Involved {
    /// In whose names he may be asked. The first voice is the person's own.
    pub voices: Vec<Voice>,
    /// The workflows of which he sees every request.
    pub workflows: BTreeSet<WorkflowId>,
}

impl RequestScope {
    /// Every request of the tenant.
    pub(super) fn all(organization: OrganizationId) -> Self {
        Self { organization, involved: None }
    }

    /// Only those of the workflows, and those the person started, works on or may be asked to work on, for
    /// himself or on behalf of somebody else.
    pub(super) fn involving(principal: &Principal, workflows: BTreeSet<WorkflowId>, now: Timestamp) -> Self {
        let involved = Involved { voices: principal.voices(now), workflows };
        Self { organization: principal.organization, involved: Some(involved) }
    }

    /// For NexusFlow's own work on a tenant.
    pub fn system(organization: OrganizationId) -> Self {
        Self::all(organization)
    }

    /// The tenant.
    pub const fn organization(&self) -> OrganizationId {
        self.organization
    }

    /// `None` sees every request of the tenant; otherwise only those of some workflows, and those that
    /// involve a person: requester, claimer or decider (or whom somebody did it for), assignee, or candidate by
    /// role of one of its steps. In each voice he sees, within the workflows that it reaches, those of which its
    /// person is assignee or candidate by role.
    pub const fn involved(&self) -> Option<&Involved> {
        self.involved.as_ref()
    }
}
