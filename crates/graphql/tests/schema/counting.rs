use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use nexusflow_application::access::{
    AccessReader, Delegation, DelegationFilter, DelegationReader, DelegationScope, Member, Permit, RequestScope, Role,
    RoleGrant, Scope, WorkflowScope, actions,
};
use nexusflow_application::identity::{IdentityReader, Organization, SignInRecord, User, UserFilter};
use nexusflow_application::request::{
    AbandonedClaim, Escalation, FailedStepFilter, InboxFilter, InboxItem, Request, RequestFilter, RequestOrder,
    RequestReader, RequestStep, StepReader,
};
use nexusflow_application::workflow::{Workflow, WorkflowFilter, WorkflowReader, WorkflowVersion};
use nexusflow_application::{Page, PageRequest, Ports, StoreError};
use nexusflow_domain::Timestamp;
use nexusflow_domain::access::Permission;
use nexusflow_domain::identity::Email;
use nexusflow_domain::ids::{
    DelegationId, OrganizationId, RequestId, RequestStepId, RoleId, UserId, WorkflowId, WorkflowVersionId,
};
use nexusflow_domain::workflow::Directory;

/// How often the store was read.
#[derive(Default)]
pub struct Count(AtomicUsize);

impl Count {
    /// The number so far; starts over.
    pub fn reset(&self) -> usize {
        self.0.swap(0, Ordering::SeqCst)
    }

    fn add(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Ports whose reads are counted.
pub fn counted(ports: &Ports, count: &Arc<Count>) -> Ports {
    Ports {
        identity: Arc::new(Counted { inner: ports.identity.clone(), count: count.clone() }),
        access: Arc::new(Counted { inner: ports.access.clone(), count: count.clone() }),
        delegations: Arc::new(Counted { inner: ports.delegations.clone(), count: count.clone() }),
        workflows: Arc::new(Counted { inner: ports.workflows.clone(), count: count.clone() }),
        request_reader: Arc::new(Counted { inner: ports.request_reader.clone(), count: count.clone() }),
        steps: Arc::new(Counted { inner: ports.steps.clone(), count: count.clone() }),
        ..ports.clone()
    }
}

struct Counted<P: ?Sized> {
    inner: Arc<P>,
    count: Arc<Count>,
}

/// Passes every method of a port on, counting the calls.
macro_rules! count {
    ($port:ident { $(fn $name:ident($($argument:ident: $type:ty),*) -> $answer:ty;)* }) => {
        #[async_trait]
        impl $port for Counted<dyn $port> {
            $(async fn $name(&self, $($argument: $type),*) -> Result<$answer, StoreError> {
                self.count.add();
                self.inner.$name($($argument),*).await
            })*
        }
    };
}

count!(IdentityReader {
    fn sign_in_record(email: &Email) -> Option<SignInRecord>;
    fn users(scope: &Scope, ids: &[UserId]) -> Vec<User>;
    fn list_users(scope: &Scope, filter: &UserFilter, page: &PageRequest) -> Page<User>;
    fn organization(scope: &Scope) -> Option<Organization>;
    fn organization_ids(after: Option<OrganizationId>, limit: u32) -> Vec<OrganizationId>;
});

count!(AccessReader {
    fn roles(scope: &Scope, ids: &[RoleId]) -> Vec<Role>;
    fn list_roles(scope: &Scope, page: &PageRequest) -> Page<Role>;
    fn grants_of_users(scope: &Scope, users: &[UserId]) -> Vec<RoleGrant>;
    fn permissions_of_roles(scope: &Scope, roles: &[RoleId]) -> Vec<(RoleId, Permission)>;
    fn holders(scope: &Scope, role: RoleId, page: &PageRequest) -> Page<UserId>;
});

count!(DelegationReader {
    fn delegations(scope: &DelegationScope, ids: &[DelegationId]) -> Vec<Delegation>;
    fn list_delegations(
        scope: &DelegationScope, filter: &DelegationFilter, page: &PageRequest
    ) -> Page<Delegation>;
});

count!(WorkflowReader {
    fn workflows(scope: &Scope, ids: &[WorkflowId]) -> Vec<Workflow>;
    fn list_workflows(scope: &WorkflowScope, filter: &WorkflowFilter, page: &PageRequest) -> Page<Workflow>;
    fn versions(scope: &Scope, ids: &[WorkflowVersionId]) -> Vec<WorkflowVersion>;
    fn versions_of(scope: &Scope, workflows: &[WorkflowId], limit: u32) -> Vec<WorkflowVersion>;
    fn published_version(scope: &Scope, workflow: WorkflowId, number: u32) -> Option<WorkflowVersionId>;
    fn directory(scope: &Scope, workflow: Option<WorkflowId>) -> Directory;
});

count!(RequestReader {
    fn requests(scope: &RequestScope, ids: &[RequestId]) -> Vec<Request>;
    fn list_requests(
        scope: &RequestScope, filter: &RequestFilter, order: RequestOrder, page: &PageRequest
    ) -> Page<Request>;
    fn count_requests(scope: &RequestScope, filter: &RequestFilter, cap: u64) -> u64;
    fn abandoned_claims(
        organization: Option<OrganizationId>, after: Option<RequestStepId>, limit: u32
    ) -> Vec<AbandonedClaim>;
});

count!(StepReader {
    fn steps(scope: &Scope, ids: &[(RequestId, RequestStepId)]) -> Vec<RequestStep>;
    fn steps_of(scope: &Scope, requests: &[RequestId]) -> Vec<RequestStep>;
    fn escalations_of(scope: &Scope, requests: &[RequestId]) -> Vec<Escalation>;
    fn inbox(permit: &Permit<Member>, now: Timestamp, filter: &InboxFilter, page: &PageRequest) -> Page<InboxItem>;
    fn failed_steps(
        permit: &Permit<actions::ManageRequest>, filter: &FailedStepFilter, page: &PageRequest
    ) -> Page<RequestStep>;
});
