use nexusflow_domain::ids::{JobPauseId, RequestId, RoleId, UserId, WorkflowId, WorkflowVersionId};

/// The roles that a person holds, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct GrantsOf(pub UserId);

/// The permissions that a role is granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PermissionsOf(pub RoleId);

/// The permissions that the caller has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct OwnPermissions;

/// The newest versions of a workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct VersionsOf(pub WorkflowId);

/// The draft of a workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DraftOf(pub WorkflowId);

/// A published version as requests run on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Compiled(pub WorkflowVersionId);

/// The executions of a request's steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StepsOf(pub RequestId);

/// How many jobs a pause has parked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ParkedBy(pub JobPauseId);

/// The missed deadlines of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EscalationsOf(pub RequestId);
