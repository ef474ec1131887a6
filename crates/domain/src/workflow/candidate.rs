use serde::{Deserialize, Serialize};

use crate::ids::{RoleId, UserId};
use crate::workflow::StepKey;

/// Who is asked to act on a human step, as a document names them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum CandidateDocument {
    /// Whoever holds the role of this name.
    Role(String),
    /// The person with this e-mail address.
    User(String),
    /// Whoever started the request.
    Requester {},
}

/// Who is asked to act on a human step, resolved within the organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Candidate {
    /// Whoever holds the role.
    Role(RoleId),
    /// One person.
    User(UserId),
    /// Whoever started the request.
    Requester,
}

/// Separation of duties on a human step, checked at the moment of the decision on every path.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Separation {
    /// The requester may not act on this step.
    pub not_requester: bool,
    /// Whoever decided one of these steps of the same request may not act on this one.
    pub not_decider_of: Vec<StepKey>,
}
