use crate::access::Permission;

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
    /// Somebody else has claimed the step.
    #[error("the step {step:?} is claimed by somebody else")]
    ClaimedByAnother {
        /// The step's name.
        step: String,
    },
}
