//! Where HTTP requests of workflows may go.

use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

use crate::address::{is_public, plain};

/// The ports that are reached without a rule.
const USUAL_PORTS: [u16; 4] = [80, 443, 8080, 8443];

/// Where HTTP requests may go: to public addresses on the usual ports, to what `allow` names besides, and, when `only`
/// names anything, nowhere else.
#[derive(Debug, Clone, Default)]
pub struct HttpPolicy {
    /// What may be reached though it is not public, on any port.
    pub allow: Vec<Rule>,
    /// What alone may be reached; everything when empty.
    pub only: Vec<Rule>,
    /// The ports that may be reached; 80, 443, 8080 and 8443 when empty.
    pub ports: Vec<u16>,
}

/// A host, all hosts below a domain, or a range of addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// The host of this name.
    Host(String),
    /// Hosts below this domain, at any depth; written `*.example.org`.
    Below(String),
    /// Addresses; written as one address or as a range such as `10.1.0.0/16`.
    Addresses(IpNet),
}

/// A text that is no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a host (api.example.org), hosts below a domain (*.example.org) or addresses (10.1.0.0/16), found {0:?}"
)]
pub struct InvalidRule(pub String);

impl FromStr for Rule {
    type Err = InvalidRule;

    fn from_str(text: &str) -> Result<Self, InvalidRule> {
        let invalid = || InvalidRule(text.to_owned());
        if let Ok(range) = text.parse::<IpNet>() {
            return Ok(Self::Addresses(range));
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self::Addresses(address.into()));
        }
        let (host, below) = text.strip_prefix("*.").map_or((text, false), |domain| (domain, true));
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let is_name = !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        // What ends in a number is read as an address, so it is no name (WHATWG URL §3.5).
        let is_number = host.rsplit('.').next().is_none_or(|last| last.starts_with(|c: char| c.is_ascii_digit()));
        match (is_name && !is_number, below) {
            (true, true) => Ok(Self::Below(format!(".{host}"))),
            (true, false) => Ok(Self::Host(host)),
            (false, _) => Err(invalid()),
        }
    }
}

impl Rule {
    fn names(&self, host: &str) -> bool {
        match self {
            Self::Host(name) => host == name,
            Self::Below(domain) => host.ends_with(domain.as_str()),
            Self::Addresses(_) => false,
        }
    }

    fn holds(&self, address: IpAddr) -> bool {
        match self {
            Self::Addresses(range) => range.contains(&address) || range.contains(&plain(address)),
            Self::Host(_) | Self::Below(_) => false,
        }
    }
}

impl HttpPolicy {
    /// Whether a connection for a host may go to one of its addresses. The host is as an address has it, in lower case.
    pub fn permits(&self, host: &str, address: IpAddr, port: u16) -> bool {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let names = |rules: &[Rule]| rules.iter().any(|rule| rule.names(&host) || rule.holds(address));
        if !self.only.is_empty() && !names(&self.only) && !names(&self.allow) {
            return false;
        }
        let ports = if self.ports.is_empty() { &USUAL_PORTS[..] } else { &self.ports };
        names(&self.allow) || (is_public(address) && ports.contains(&port))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(texts: &[&str]) -> Vec<Rule> {
        texts.iter().map(|text| text.parse().expect("a rule")).collect()
    }

    fn permits(policy: &HttpPolicy, host: &str, address: &str, port: u16) -> bool {
        policy.permits(host, address.parse().expect("an address"), port)
    }

    #[test]
    fn public_addresses_on_usual_ports_are_reached_and_nothing_else() {
        let policy = HttpPolicy::default();
        assert!(permits(&policy, "example.org", "93.184.216.34", 443));
        assert!(!permits(&policy, "example.org", "93.184.216.34", 25));
        assert!(!permits(&policy, "example.org", "10.0.0.1", 443));
        let policy = HttpPolicy { ports: vec![25], ..policy };
        assert!(permits(&policy, "example.org", "93.184.216.34", 25) && !permits(&policy, "a", "93.184.216.34", 443));
    }

    #[test]
    fn what_is_allowed_is_reached_though_private() {
        let policy = HttpPolicy { allow: rules(&["erp.corp", "*.svc.corp", "10.1.0.0/16"]), ..HttpPolicy::default() };
        assert!(permits(&policy, "ERP.corp.", "192.168.0.9", 9_999));
        assert!(permits(&policy, "a.b.svc.corp", "127.0.0.1", 443) && !permits(&policy, "svc.corp", "127.0.0.1", 443));
        assert!(permits(&policy, "x", "10.1.2.3", 1) && permits(&policy, "x", "::ffff:10.1.2.3", 1));
        assert!(!permits(&policy, "x", "10.2.0.1", 443) && !permits(&policy, "notsvc.corp", "10.2.0.1", 443));
        assert!(permits(&policy, "x", "8.8.8.8", 443), "the public stays reachable");
    }

    #[test]
    fn an_only_list_closes_everything_else() {
        let policy = HttpPolicy {
            only: rules(&["api.example.org", "8.8.0.0/16"]),
            allow: rules(&["erp.corp"]),
            ..HttpPolicy::default()
        };
        assert!(permits(&policy, "api.example.org", "1.1.1.1", 443) && permits(&policy, "erp.corp", "10.0.0.1", 443));
        assert!(permits(&policy, "x", "8.8.4.4", 443) && !permits(&policy, "x", "1.1.1.1", 443));
        assert!(!permits(&policy, "api.example.org", "127.0.0.1", 443), "named, but not public");
    }

    #[test]
    fn texts_that_are_no_rules_are_refused() {
        for text in ["", "*", "*.", "a b", "http://x", "10.0.0.0/33", "256.1.1.1", "1.2.3", "x/8", "[::1]"] {
            assert_eq!(text.parse::<Rule>(), Err(InvalidRule(text.to_owned())), "{text}");
        }
        assert_eq!("::1".parse(), Ok(Rule::Addresses("::1/128".parse().expect("a range"))));
    }
}
