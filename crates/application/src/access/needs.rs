use std::collections::BTreeSet;

use nexusflow_domain::access::{Permission, Rights};
use nexusflow_domain::ids::{RoleId, UserId, WorkflowId};
use nexusflow_domain::workflow::HumanKind;

use crate::access::{Holdings, PolicySnapshot};

/// What somebody must hold himself to pass something on or to take it from others: in one workflow, or
/// without one everywhere. Judged on the mappings that the change is then made on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// A permission.
    Permission(Permission, Option<WorkflowId>),
    /// Whatever a role is granted.
    Role(RoleId, Option<WorkflowId>),
    /// Whatever a member may do there, or, deactivated, could do again; without a workflow also wherever he
    /// may do more.
    Member(UserId, Option<WorkflowId>),
    /// As [`Need::Member`], but of it only working the steps that wait for people, which can be delegated.
    Work(UserId, Option<WorkflowId>),
}

impl Need {
    /// What of it is not among the rights.
    pub fn missing(self, rights: &Rights, snapshot: &PolicySnapshot) -> BTreeSet<Permission> {
        let not_held = |needed: &BTreeSet<Permission>, place| {
            needed.difference(&rights.at(place).permissions).copied().collect::<BTreeSet<_>>()
        };
        match self {
            Self::Permission(permission, place) => not_held(&BTreeSet::from([permission]), place),
            Self::Role(role, place) => {
                snapshot.grants.get(&role).map(|granted| not_held(granted, place)).unwrap_or_default()
            }
            Self::Member(user, place) => {
                let held: Option<&Holdings> = snapshot.members.get(&user).or_else(|| snapshot.dormant.get(&user));
                held.map(|held| rights.lacking(&snapshot.rights(held), place)).unwrap_or_default()
            }
            Self::Work(user, place) => {
                let work = HumanKind::ALL.map(HumanKind::permission);
                let missing = Self::Member(user, place).missing(rights, snapshot).into_iter();
                missing.filter(|permission| work.contains(permission)).collect()
            }
        }
    }
}
