use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::access::{DelegationTerm, Delegator, Held, Rights};
use crate::ids::{OrganizationId, UserId, WorkflowId};

/// A signed-in person acting within one organization, with the roles held at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Who.
    pub user: UserId,
    /// On behalf of which tenant.
    pub organization: OrganizationId,
    /// What is held in that organization now.
    pub rights: Rights,
    /// Active members for whom the person may, might or did act, by id.
    pub delegators: Vec<Delegator>,
}

/// In whose name a person may act on steps at an instant, and where: the own, or that of a delegator.
/// Somebody who holds more in some workflows has further voices there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voice {
    /// Whose name.
    pub user: UserId,
    /// What that person holds there.
    pub held: Held,
    /// In these workflows only; `None` in all.
    pub workflows: Option<BTreeSet<WorkflowId>>,
}

impl Principal {
    /// The own voices, the one in all workflows first, then those of the delegators whose delegation is in
    /// force, by id.
    pub fn voices(&self, now: Timestamp) -> Vec<Voice> {
        let own = Voice::of(self.user, &self.rights, None);
        own.into_iter().chain(self.delegators.iter().flat_map(|delegator| Voice::lent(delegator, now))).collect()
    }
}

impl Voice {
    /// In the workflows of `reach`, or in all.
    fn of(user: UserId, rights: &Rights, reach: Option<&BTreeSet<WorkflowId>>) -> Vec<Self> {
        let mut more: BTreeMap<&Held, BTreeSet<WorkflowId>> = BTreeMap::new();
        for (&workflow, held) in &rights.within {
            if reach.is_none_or(|reach| reach.contains(&workflow)) {
                more.entry(held).or_default().insert(workflow);
            }
        }
        let more = more.into_iter().map(|(held, only)| Self { user, held: held.clone(), workflows: Some(only) });
        let everywhere = Self { user, held: rights.everywhere.clone(), workflows: reach.cloned() };
        std::iter::once(everywhere).chain(more).collect()
    }

    fn lent(delegator: &Delegator, now: Timestamp) -> Vec<Self> {
        let terms: Vec<&DelegationTerm> = delegator.terms.iter().filter(|term| term.is_in_force(now)).collect();
        if terms.is_empty() {
            return Vec::new();
        }
        // One delegation for all workflows makes those for single ones say nothing.
        let reach: Option<BTreeSet<WorkflowId>> = terms.iter().map(|term| term.workflow).collect();
        Self::of(delegator.user, &delegator.rights, reach.as_ref())
    }

    /// Whether it speaks in a workflow.
    pub fn reaches(&self, workflow: WorkflowId) -> bool {
        self.workflows.as_ref().is_none_or(|only| only.contains(&workflow))
    }
}

/// Who caused an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Actor {
    /// A person.
    User(UserId),
    /// NexusFlow itself: timers, migrations, the command line.
    System,
}

impl Actor {
    /// The person, if one acted.
    pub const fn user(self) -> Option<UserId> {
        match self {
            Self::User(user) => Some(user),
            Self::System => None,
        }
    }
}
