use async_graphql::{Context, ID, Interface, Result};
use nexusflow_domain::ids::{
    DelegationId, JobPauseId, MessageId, OrganizationId, RequestId, RoleId, SessionId, UserId, VerificationId,
    WorkflowId, WorkflowVersionId,
};

use super::notification::notification;
use crate::access::{Delegation, Role};
use crate::context::{application, require_call};
use crate::error::{argument_id, bad_argument, failure};
use crate::identity::{Invitation, Organization, Session, User};
use crate::insight::{AuditRecord, audit_record};
use crate::loader::Linked;
use crate::node_id::RequestStepKey;
use crate::platform::Notification;
use crate::request::{Escalation, JobPause, Message, Request, RequestStep, escalation};
use crate::workflow::{Workflow, WorkflowStep, WorkflowVersion, workflow_step};

/// Something with a global id.
#[derive(Debug, Clone, Interface)]
#[graphql(field(name = "id", ty = "&ID", desc = "Opaque, the same for ever; its prefix tells the type."))]
pub enum Node {
    Organization(Box<Organization>),
    User(Box<User>),
    Session(Box<Session>),
    Invitation(Box<Invitation>),
    Role(Box<Role>),
    Workflow(Box<Workflow>),
    WorkflowVersion(Box<WorkflowVersion>),
    WorkflowStep(Box<WorkflowStep>),
    Request(Box<Request>),
    RequestStep(Box<RequestStep>),
    Escalation(Box<Escalation>),
    Message(Box<Message>),
    AuditRecord(Box<AuditRecord>),
    Notification(Box<Notification>),
    Delegation(Box<Delegation>),
    JobPause(Box<JobPause>),
}

/// The node of an id; `None` when there is none that the caller may see.
pub(super) async fn node(ctx: &Context<'_>, id: &ID, argument: &'static str) -> Result<Option<Node>> {
    let prefix = id.split_once('_').map(|(prefix, _)| prefix);
    Ok(match prefix {
        Some("org") => organization(ctx, argument_id(id, argument)?).await?.map(boxed),
        Some("usr") => find::<UserId>(ctx, id, argument).await?.map(boxed),
        Some("ses") => find::<SessionId>(ctx, id, argument).await?.map(boxed),
        Some("inv") => find::<VerificationId>(ctx, id, argument).await?.map(boxed),
        Some("rol") => find::<RoleId>(ctx, id, argument).await?.map(boxed),
        Some("dlg") => find::<DelegationId>(ctx, id, argument).await?.map(boxed),
        Some("pau") => find::<JobPauseId>(ctx, id, argument).await?.map(boxed),
        Some("wf") => find::<WorkflowId>(ctx, id, argument).await?.map(boxed),
        Some("wfv") => find::<WorkflowVersionId>(ctx, id, argument).await?.map(boxed),
        Some("wfs") => workflow_step(ctx, &argument_id(id, argument)?).await?.map(boxed),
        Some("req") => find::<RequestId>(ctx, id, argument).await?.map(boxed),
        Some("rst") => find::<RequestStepKey>(ctx, id, argument).await?.map(boxed),
        Some("msg") => find::<MessageId>(ctx, id, argument).await?.map(boxed),
        Some("esc") => escalation(ctx, argument_id(id, argument)?).await?.map(boxed),
        Some("aud") => audit_record(ctx, argument_id(id, argument)?).await?.map(boxed),
        Some("ntf") => notification(ctx, argument_id(id, argument)?).await?.map(boxed),
        _ => return Err(bad_argument(argument, "expected an id that this API gave")),
    })
}

fn boxed<N>(node: N) -> Node
where
    Node: From<Box<N>>,
{
    Box::new(node).into()
}

async fn find<K>(ctx: &Context<'_>, id: &ID, argument: &'static str) -> Result<Option<K::Node>>
where
    K: Linked + std::str::FromStr<Err: std::fmt::Display>,
{
    argument_id::<K>(id, argument)?.find(ctx).await
}

async fn organization(ctx: &Context<'_>, id: OrganizationId) -> Result<Option<Organization>> {
    let own = application(ctx)?.identity.organization(require_call(ctx)?).await.map_err(failure)?;
    Ok(own.filter(|own| own.id == id).map(Into::into))
}
