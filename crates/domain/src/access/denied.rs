use std::collections::BTreeSet;

use crate::Timestamp;
use crate::access::Permission;
use crate::ids::UserId;

/// The answer "no" with everything needed to act on it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Denied {
    /// The permission that the action needs.
    pub permission: Permission,
    /// Names of the organization's roles that would have allowed it, sorted.
    pub roles_that_grant: Vec<String>,
    /// Why not.
    pub reason: DenialReason,
}

/// Why an action was denied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DenialReason {
    /// None of the actor's roles has the permission.
    #[error("none of your roles has the permission {0}")]
    MissingPermission(Permission),
    /// Nobody passes on, or takes from others, what he does not hold himself.
    #[error("you do not hold {} yourself, so you can neither grant nor take it", in_words(.0))]
    NotHeld(BTreeSet<Permission>),
    /// The step waits for another role or another person.
    #[error("the step {step:?} waits for {candidate}")]
    NotACandidate {
        /// The step's name.
        step: String,
        /// Whom it waits for, for people.
        candidate: String,
    },
    /// Separation of duties: the requester may not act here.
    #[error("separation of duties: the requester may not act on the step {step:?}")]
    IsRequester {
        /// The step's name.
        step: String,
    },
    /// Separation of duties: whoever decided another step may not act here.
    #[error("separation of duties: whoever decided {decided:?} may not act on the step {step:?}")]
    DecidedOtherStep {
        /// The step's name.
        step: String,
        /// The name of the step decided before.
        decided: String,
    },
    /// One vote a person.
    #[error("you have already voted on the step {step:?}")]
    AlreadyVoted {
        /// The step's name.
        step: String,
    },
    /// One vote a person, whoever casts it.
    #[error("there is already a vote on the step {step:?} of the person on whose behalf you act")]
    DelegatorVoted {
        /// The step's name.
        step: String,
    },
    /// The person has not let the actor act on his behalf, or not in this workflow.
    #[error("{delegator} does not let you act on his or her behalf here")]
    NoDelegation {
        /// On whose behalf.
        delegator: UserId,
    },
    /// The actor may not act on behalf of the person yet.
    #[error("the delegation begins at {at}")]
    DelegationNotBegun {
        /// When.
        at: Timestamp,
    },
    /// The actor may not act on behalf of the person any more.
    #[error("the delegation ended at {at}")]
    DelegationEnded {
        /// When.
        at: Timestamp,
    },
    /// Somebody else has claimed the step.
    #[error("the step {step:?} is claimed by somebody else")]
    ClaimedByAnother {
        /// The step's name.
        step: String,
    },
}

impl DenialReason {
    /// The permissions that would have been needed, if permissions are what is missing.
    pub fn missing_permissions(&self) -> BTreeSet<Permission> {
        match self {
            Self::MissingPermission(permission) => BTreeSet::from([*permission]),
            Self::NotHeld(permissions) => permissions.clone(),
            Self::NotACandidate { .. }
            | Self::IsRequester { .. }
            | Self::DecidedOtherStep { .. }
            | Self::AlreadyVoted { .. }
            | Self::DelegatorVoted { .. }
            | Self::NoDelegation { .. }
            | Self::DelegationNotBegun { .. }
            | Self::DelegationEnded { .. }
            | Self::ClaimedByAnother { .. } => BTreeSet::new(),
        }
    }
}

fn in_words(permissions: &BTreeSet<Permission>) -> String {
    permissions.iter().map(|permission| permission.code()).collect::<Vec<_>>().join(", ")
}
