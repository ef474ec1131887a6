use async_graphql::{Enum, SimpleObject};
use nexusflow_domain::access::DenialReason;
use nexusflow_domain::request::Refusal;

/// Why somebody may not do something.
#[derive(Debug, Clone, SimpleObject)]
pub struct AccessDenial {
    /// The kind of reason.
    reason: AccessDenialReason,
    /// The reason, for people.
    message: String,
}

/// The kind of reason for which somebody may not do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum AccessDenialReason {
    /// No role held there is granted the permission.
    MissingPermission,
    /// The step waits for another role or another person.
    NotACandidate,
    /// Separation of duties: the requester may not act on the step.
    IsRequester,
    /// Separation of duties: whoever decided another step may not act on this one.
    DecidedOtherStep,
    /// The person has voted on the step already, or somebody for him.
    AlreadyVoted,
    /// Somebody else has claimed the step.
    ClaimedByAnother,
    /// No delegation is in force.
    NoDelegation,
    /// The step is not open.
    StepNotOpen,
    /// Something else; the message says what.
    Other,
}

impl From<&Refusal> for AccessDenial {
    fn from(refusal: &Refusal) -> Self {
        let (reason, message) = match refusal {
            Refusal::NotPermitted { reason, .. } => (reason.into(), reason.to_string()),
            Refusal::StepNotOpen { .. } => (AccessDenialReason::StepNotOpen, refusal.to_string()),
            _ => (AccessDenialReason::Other, refusal.to_string()),
        };
        Self { reason, message }
    }
}

impl From<&DenialReason> for AccessDenialReason {
    fn from(reason: &DenialReason) -> Self {
        match reason {
            DenialReason::MissingPermission(_) | DenialReason::NotHeld(_) => Self::MissingPermission,
            DenialReason::NotACandidate { .. } => Self::NotACandidate,
            DenialReason::IsRequester { .. } => Self::IsRequester,
            DenialReason::DecidedOtherStep { .. } => Self::DecidedOtherStep,
            DenialReason::AlreadyVoted { .. } | DenialReason::DelegatorVoted { .. } => Self::AlreadyVoted,
            DenialReason::ClaimedByAnother { .. } => Self::ClaimedByAnother,
            DenialReason::NoDelegation { .. }
            | DenialReason::DelegationNotBegun { .. }
            | DenialReason::DelegationEnded { .. } => Self::NoDelegation,
        }
    }
}
