//! Every id of the product, declared in one list: a newtype over a UUIDv7 with a short prefix that
//! shows its type in text form (`wf_0197…`).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A text that is not an id of the expected type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not an id of the form {prefix}_ followed by 32 hexadecimal digits")]
pub struct InvalidId {
    /// The prefix that was expected.
    pub prefix: &'static str,
    /// What was given, cut to 64 characters.
    pub text: String,
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident => $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// The prefix of the text form, without the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// Wraps a raw UUID, as an id generator or a database row supplies it.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The raw UUID, for a database column.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0.simple())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                parse(text, $prefix).map(Self)
            }
        }
    )*};
}

ids! {
    /// A tenant.
    OrganizationId => "org";
    /// A person, global across organizations.
    UserId => "usr";
    /// A person's signing in to one organization, and what follows from it.
    SessionId => "ses";
    /// A role of one organization.
    RoleId => "rol";
    /// A workflow: the named blueprint.
    WorkflowId => "wf";
    /// One immutable version of a workflow's graph.
    WorkflowVersionId => "wfv";
    /// A node of a version's graph.
    WorkflowStepId => "wfs";
    /// An edge of a version's graph.
    StepTransitionId => "trn";
    /// A living instance of a workflow version.
    RequestId => "req";
    /// One execution of a step within a request.
    RequestStepId => "rst";
    /// The record of a missed deadline.
    EscalationId => "esc";
    /// One entry of the audit log.
    AuditEntryId => "aud";
    /// A durable piece of work due at a time.
    JobId => "job";
    /// A message to a person or to a role's holders.
    NotificationId => "ntf";
    /// A message from outside.
    MessageId => "msg";
    /// A person's leave to act on behalf of another.
    DelegationId => "dlg";
    /// An operator's hold on the work of steps.
    JobPauseId => "pau";
    /// A one-time link; invitations show theirs.
    VerificationId => "inv";
    /// A mail that NexusFlow writes by itself.
    MailId => "mail";
}

fn parse(text: &str, prefix: &'static str) -> Result<Uuid, InvalidId> {
    text.strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix('_'))
        .filter(|hex| hex.len() == 32 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')))
        .and_then(|hex| Uuid::try_parse(hex).ok())
        .ok_or_else(|| InvalidId { prefix, text: text.chars().take(64).collect() })
}

/// Where new ids come from. A port in spirit, kept here because `decide` needs it: the domain may
/// not draw randomness itself.
pub trait IdSource {
    /// A fresh UUIDv7; later calls give greater values.
    fn next_id(&mut self) -> Uuid;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_form_round_trips_and_shows_the_type() {
        let id = WorkflowId::from_uuid(Uuid::from_u128(0x0197_0000_0000_7000_8000_0000_0000_0001));
        assert_eq!(id.to_string(), "wf_01970000000070008000000000000001");
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn another_types_id_and_other_spellings_are_refused() {
        for text in [
            "req_01970000000070008000000000000001",
            "wf_0197",
            "wf_01970000-0000-7000-8000-000000000001",
            "wf_0197000000007000800000000000000G",
            "wf_0197000000007000800000000000000A",
            "",
        ] {
            assert!(text.parse::<WorkflowId>().is_err(), "{text}");
        }
    }
}
