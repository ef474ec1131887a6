use nexusflow_domain::identity::VerificationPurpose;
use nexusflow_domain::ids::VerificationId;
use serde::{Deserialize, Serialize};

/// A one-time link, as far as it may be stored: what makes it hard to guess is not part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// What it is good for.
    pub purpose: VerificationPurpose,
    /// The row that knows whether it still is.
    pub verification: VerificationId,
    /// How often it was sent again: only the latest counts.
    pub serial: u32,
}

/// Makes one-time links that nobody can guess, and knows them again, without keeping any of them.
pub trait OneTimeLinks: Send + Sync {
    /// Where the link leads: a page that asks before it does anything. The token stands in the fragment, which
    /// browsers send to nobody (RFC 9110 §4.2.5).
    fn address(&self, link: &Link) -> String;

    /// What a token was made for; `None` when it was not made here, or for another purpose.
    fn find(&self, purpose: VerificationPurpose, token: &str) -> Option<Link>;
}
