use std::collections::BTreeMap;

use nexusflow_domain::Timestamp;
use nexusflow_domain::ids::{
    OrganizationId, RoleId, StepTransitionId, UserId, WorkflowId, WorkflowStepId, WorkflowVersionId,
};
use nexusflow_domain::workflow::verification::Finding;
use nexusflow_domain::workflow::{
    CandidateDocument, Directory, EscalationRung, Graph, Holders, RoleFacts, ScopeDocument, Sla, StepDocument,
    TransitionDocument, VersionStatus, WorkflowDocument, WorkflowStatus,
};
use serde::{Deserialize, Serialize};

/// The named blueprint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workflow {
    /// The workflow.
    pub id: WorkflowId,
    /// Its tenant.
    pub organization: OrganizationId,
    /// Unique among the tenant's workflows that are not deleted; 1 to 200 characters.
    pub name: String,
    /// At most 4,000 characters.
    pub description: String,
    /// Where it is in its life.
    pub status: WorkflowStatus,
    /// The version that new requests run on.
    pub active_version: Option<WorkflowVersionId>,
    /// Counts changes, from 1; writes compare and set it.
    pub version: u64,
    /// Who made it.
    pub created_by: Option<UserId>,
    /// When.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// When it was deleted; readers do not return deleted ones.
    pub deleted_at: Option<Timestamp>,
}

/// The draft version of a workflow: a document that may still have problems.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// The version.
    pub id: WorkflowVersionId,
    /// Its tenant.
    pub organization: OrganizationId,
    /// Its workflow.
    pub workflow: WorkflowId,
    /// Counts the workflow's versions, from 1.
    pub number: u32,
    /// The document as it was saved.
    pub document: WorkflowDocument,
    /// When it was made, or last saved.
    pub at: Timestamp,
}

/// A version as it is read.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkflowVersion {
    /// The version.
    pub id: WorkflowVersionId,
    /// Its workflow.
    pub workflow: WorkflowId,
    /// Counts the workflow's versions, from 1.
    pub number: u32,
    /// Draft, published or retired.
    pub status: VersionStatus,
    /// The document; of a published version put together from its rows.
    pub document: WorkflowDocument,
    /// Names that the published document refers to, as they were resolved; empty for a draft.
    pub names: ReferencedNames,
    /// Ids of the published version's steps by key; empty for a draft.
    pub step_ids: BTreeMap<String, WorkflowStepId>,
    /// Whether the published graph is sound; `None` of a draft.
    pub finding: Option<Finding>,
    /// When it was published.
    pub published_at: Option<Timestamp>,
    /// By whom.
    pub published_by: Option<UserId>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// The roles, people and workflows that a published document names, frozen with it: renaming one later
/// changes nothing for the version.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferencedNames {
    /// Role name → role.
    pub roles: BTreeMap<String, RoleId>,
    /// E-mail address → person.
    pub users: BTreeMap<String, UserId>,
    /// Workflow name → workflow.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub workflows: BTreeMap<String, WorkflowId>,
}

impl ReferencedNames {
    /// Those of the directory that the graph's document names.
    pub fn of(document: &WorkflowDocument, graph: &Graph, directory: &Directory) -> Self {
        let named = directory.roles.iter().filter(|(name, _)| graph.role_id(name).is_some());
        let emails = document.steps.iter().flat_map(StepDocument::people).filter_map(|people| match people {
            CandidateDocument::User(email) => Some(email.to_lowercase()),
            CandidateDocument::Role(_) | CandidateDocument::Requester {} => None,
        });
        let users = emails.filter_map(|email| directory.users.get(&email).map(|&user| (email, user)));
        let called = document.steps.iter().filter_map(|step| Some(step.call.as_ref()?.workflow.clone()));
        let workflows = called.filter_map(|name| directory.workflows.get(&name).map(|&workflow| (name, workflow)));
        Self {
            roles: named.map(|(name, facts)| (name.clone(), facts.id)).collect(),
            users: users.collect(),
            workflows: workflows.collect(),
        }
    }

    /// A directory in which exactly these names resolve, for compiling the published version again.
    pub fn directory(&self) -> Directory {
        let roles = self.roles.iter().map(|(name, &id)| (name.clone(), RoleFacts { id, holders: Holders::Somebody }));
        Directory { roles: roles.collect(), users: self.users.clone(), workflows: self.workflows.clone() }
    }
}

/// A version being published: everything that becomes rows.
#[derive(Debug, Clone, PartialEq)]
pub struct PublishedRows {
    /// The version; it must be the workflow's draft.
    pub id: WorkflowVersionId,
    /// Its tenant.
    pub organization: OrganizationId,
    /// Its workflow.
    pub workflow: WorkflowId,
    /// The nodes.
    pub steps: Vec<StepRow>,
    /// The edges.
    pub transitions: Vec<TransitionRow>,
    /// The request's SLA.
    pub sla: Option<Sla>,
    /// What happens when a due date is missed.
    pub due_date_escalations: Vec<EscalationRung>,
    /// Parts of the graph that can be left or cancelled as a whole.
    pub scopes: Vec<ScopeDocument>,
    /// What variables a request has and starts with.
    pub input_schema: Option<serde_json::Value>,
    /// Names resolved.
    pub names: ReferencedNames,
    /// Whether the graph is sound.
    pub finding: Finding,
    /// By whom.
    pub published_by: UserId,
    /// When.
    pub published_at: Timestamp,
}

/// A node to be written. Its candidate's role or person also stand in columns of their own.
#[derive(Debug, Clone, PartialEq)]
pub struct StepRow {
    /// The node.
    pub id: WorkflowStepId,
    /// What the document says of it.
    pub document: StepDocument,
    /// The role asked, if a role is.
    pub required_role: Option<RoleId>,
    /// The person asked, if one is named.
    pub assignee: Option<UserId>,
}

/// An edge to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct TransitionRow {
    /// The edge.
    pub id: StepTransitionId,
    /// Its place in the document, from 0.
    pub ordinal: u32,
    /// The node it leaves.
    pub from: WorkflowStepId,
    /// The node it enters.
    pub to: WorkflowStepId,
    /// What the document says of it.
    pub document: TransitionDocument,
}

/// Which workflows a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorkflowFilter {
    /// Only in one of these states; all when empty.
    pub statuses: Vec<WorkflowStatus>,
    /// The name contains this, whatever the case.
    pub search: Option<String>,
}

/// A workflow to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct NewWorkflow {
    /// Unique; 1 to 200 characters.
    pub name: String,
    /// At most 4,000 characters.
    pub description: String,
    /// The first draft; it may still have problems.
    pub document: Option<WorkflowDocument>,
}

/// Changes of a workflow; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WorkflowChange {
    /// The version that the caller has seen; `StaleVersion` when another is stored.
    pub expected_version: Option<u64>,
    /// The new name.
    pub name: Option<String>,
    /// The new description.
    pub description: Option<String>,
    /// The new draft; a draft version is made when there is none.
    pub document: Option<WorkflowDocument>,
}
