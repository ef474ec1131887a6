use nexusflow_domain::identity::VerificationPurpose;

use crate::platform::{Link, OneTimeLinks};

/// Links that say in plain text what they are for.
#[derive(Debug, Clone, Copy)]
pub struct PlainLinks;

impl PlainLinks {
    /// The token of a link.
    pub fn token(link: &Link) -> String {
        format!("{}.{}.{}", link.purpose, link.verification, link.serial)
    }
}

impl OneTimeLinks for PlainLinks {
    fn address(&self, link: &Link) -> String {
        format!("https://flow.example/#{}", Self::token(link))
    }

    fn find(&self, purpose: VerificationPurpose, token: &str) -> Option<Link> {
        let mut parts = token.split('.');
        let stated: VerificationPurpose = parts.next()?.parse().ok()?;
        let (verification, serial) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        (stated == purpose).then_some(Link { purpose, verification, serial })
    }
}
