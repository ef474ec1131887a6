//! Acting on behalf of somebody else: for a period, on the steps that wait for people, and never
//! passed on, since a delegator's own roles are all that counts, each where it holds.

use crate::Timestamp;
use crate::access::{DenialReason, Rights};
use crate::ids::{DelegationId, UserId, WorkflowId};

/// Somebody who lets a person act for him, with what he may do himself at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegator {
    /// Who.
    pub user: UserId,
    /// What he holds now.
    pub rights: Rights,
    /// When and where the person may act for him.
    pub terms: Vec<DelegationTerm>,
}

/// When and where one person may act on behalf of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DelegationTerm {
    /// By which delegation.
    pub delegation: DelegationId,
    /// In this workflow only; `None` in all.
    pub workflow: Option<WorkflowId>,
    /// The first instant.
    pub starts_at: Timestamp,
    /// The first instant at which it is over: as agreed, or when it was revoked.
    pub ends_at: Timestamp,
}

impl Delegator {
    /// Nothing when a delegation for the workflow is in force, else why there is none.
    pub fn check(&self, workflow: WorkflowId, now: Timestamp) -> Result<(), DenialReason> {
        let terms = || self.terms.iter().filter(|term| term.workflow.is_none_or(|only| only == workflow));
        if terms().any(|term| term.is_in_force(now)) {
            return Ok(());
        }
        let begins = terms().map(|term| term.starts_at).filter(|at| *at > now).min();
        let ended = terms().map(|term| term.ends_at).filter(|at| *at <= now).max();
        Err(match (ended, begins) {
            (Some(at), _) => DenialReason::DelegationEnded { at },
            (None, Some(at)) => DenialReason::DelegationNotBegun { at },
            (None, None) => DenialReason::NoDelegation { delegator: self.user },
        })
    }
}

impl DelegationTerm {
    /// Whether it holds at an instant.
    pub fn is_in_force(&self, at: Timestamp) -> bool {
        self.starts_at <= at && at < self.ends_at
    }
}
