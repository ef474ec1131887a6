use std::sync::Arc;

use nexusflow_domain::Timestamp;
use nexusflow_domain::access::{DenialReason, Permission, Principal};
use nexusflow_domain::ids::{RequestStepId, RoleId, UserId, WorkflowId};
use nexusflow_domain::request::{Asking, Refusal, RequestState, may_act};
use nexusflow_domain::workflow::Candidate;

use crate::access::{PolicySnapshot, RoleMapping};
use crate::workflow::PublishedVersion;

/// Whether somebody has a permission somewhere.
#[derive(Debug, Clone)]
pub struct Question {
    /// What.
    pub permission: Permission,
    /// Where.
    pub place: Place,
}

/// Where something is to be done.
#[derive(Debug, Clone)]
pub enum Place {
    /// In what belongs to no workflow, or in all of them.
    Organization,
    /// In a workflow, which includes its requests.
    Workflow(WorkflowId),
    /// On an open step that waits for people.
    Step(StepAtHand),
}

/// A step of a request, and what decides about it.
#[derive(Debug, Clone)]
pub struct StepAtHand {
    /// The request.
    pub state: Arc<RequestState>,
    /// What it runs on.
    pub version: Arc<PublishedVersion>,
    /// Which of its steps.
    pub step: RequestStepId,
}

/// What a role contributes to an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contribution {
    /// It is granted the permission.
    pub grants_permission: bool,
    /// The step asks its holders.
    pub makes_candidate: bool,
}

impl Question {
    /// The workflow that it is about.
    pub fn workflow(&self) -> Option<WorkflowId> {
        match &self.place {
            Place::Organization => None,
            Place::Workflow(workflow) => Some(*workflow),
            Place::Step(at) => Some(at.state.workflow),
        }
    }

    /// In whose names a member may do it, the own first; or why not.
    pub fn answer(&self, principal: &Principal, now: Timestamp) -> Result<Vec<UserId>, Refusal> {
        match self.step_to_work() {
            Some(at) => at.names(principal, now),
            None if principal.rights.allow(self.permission, self.workflow()) => Ok(vec![principal.user]),
            None => {
                let reason = DenialReason::MissingPermission(self.permission);
                Err(Refusal::NotPermitted { reason, granting_role: None })
            }
        }
    }

    /// What a role contributes to the answer when it is held there; `None` when nothing.
    pub fn contribution(&self, snapshot: &PolicySnapshot, role: RoleId) -> Option<Contribution> {
        let grants_permission = snapshot.grants(role, self.permission);
        let makes_candidate = self.step_to_work().is_some_and(|at| at.candidate() == Some(Candidate::Role(role)));
        let counts = grants_permission || makes_candidate;
        counts.then_some(Contribution { grants_permission, makes_candidate })
    }

    /// Whether a mapping holds where the question is asked.
    pub fn is_reached_by(&self, mapping: &RoleMapping) -> bool {
        mapping.workflow.is_none() || mapping.workflow == self.workflow()
    }

    /// The step, when the permission is the one to work it.
    fn step_to_work(&self) -> Option<&StepAtHand> {
        let Place::Step(at) = &self.place else { return None };
        (at.permission() == Some(self.permission)).then_some(at)
    }
}

impl StepAtHand {
    /// What working it needs; `None` when it does not wait for people.
    fn permission(&self) -> Option<Permission> {
        let open = self.state.open.get(&self.step)?;
        let graph = &self.version.graph;
        graph.step(graph.find(&open.step)?).human().map(|human| human.kind.permission())
    }

    fn candidate(&self) -> Option<Candidate> {
        let open = self.state.open.get(&self.step)?;
        let graph = &self.version.graph;
        let human = graph.step(graph.find(&open.step)?).human()?;
        Some(open.candidate().unwrap_or(human.candidate))
    }

    fn names(&self, principal: &Principal, now: Timestamp) -> Result<Vec<UserId>, Refusal> {
        let Some(open) = self.state.open.get(&self.step) else {
            return Err(Refusal::StepNotOpen { step: self.step });
        };
        let may =
            |on_behalf_of| may_act(&self.version.graph, &self.state, open, &Asking { principal, now, on_behalf_of });
        may(None)?;
        let people = [principal.user].into_iter().chain(principal.delegators.iter().map(|delegator| delegator.user));
        Ok(people.filter(|&user| may(Some(user)).is_ok()).collect())
    }
}
