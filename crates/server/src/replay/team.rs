//! The people of a replay, each with a client of their own.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, anyhow};

use crate::replay::client::{Client, Endpoint};
use crate::replay::staff::Staff;

/// Everybody's password: the organization is made for the replay and lives no longer than its use.
const PASSWORD_BYTES: usize = 24;

/// Somebody of the log.
pub(super) struct Member {
    pub email: String,
    pub password: String,
    /// Names of the roles held besides User.
    pub roles: BTreeSet<String>,
    pub client: Client,
}

/// Everybody of the log, and one who may do nothing.
pub(super) struct Team {
    pub admin: Client,
    pub members: BTreeMap<String, Member>,
    /// Holds the built-in role User alone.
    pub outsider: Member,
    /// Holds the roles of the workflow that nobody of the log holds, since a role without a holder is
    /// refused at publication.
    pub stand_in: Option<Member>,
}

impl Team {
    /// A team for the log's resources; nobody exists on the server yet.
    pub fn of(endpoint: &Endpoint, admin: Client, staff: &Staff, asked: &[&str], domain: &str) -> Result<Self> {
        let mut taken = BTreeSet::new();
        let mut member = |name: &str, roles: BTreeSet<String>| -> Result<Member> {
            let email = format!("{}@{domain}", unique(&mut taken, &slug(name)));
            let password = random_text(PASSWORD_BYTES)?;
            let client = Client::new(endpoint, email.clone(), password.clone());
            Ok(Member { email, password, roles, client })
        };
        let mut members = BTreeMap::new();
        for (name, roles) in &staff.resources {
            let held = roles.iter().filter(|role| asked.contains(&role.as_str())).cloned().collect();
            members.insert(name.clone(), member(name, held)?);
        }
        let held: BTreeSet<&String> = members.values().flat_map(|member| &member.roles).collect();
        let vacant: BTreeSet<String> =
            asked.iter().filter(|role| !held.contains(&(**role).to_owned())).map(|&role| role.to_owned()).collect();
        let stand_in = if vacant.is_empty() { None } else { Some(member("stand-in", vacant)?) };
        Ok(Self { admin, members, outsider: member("outsider", BTreeSet::new())?, stand_in })
    }

    /// Somebody of the log.
    pub fn member(&self, resource: &str) -> Result<&Member> {
        self.members.get(resource).ok_or_else(|| anyhow!("{resource:?} is nobody of the log"))
    }

    /// Everybody with the name that the log, or the replay, gives them.
    pub fn everybody(&self) -> impl Iterator<Item = (&str, &Member)> {
        let members = self.members.iter().map(|(name, member)| (name.as_str(), member));
        let stand_in = self.stand_in.iter().map(|member| ("Stand-in", member));
        members.chain(stand_in).chain([("Outsider", &self.outsider)])
    }

    /// Somebody who lacks a role: of the log's people if one does, `turn` by turn, else the outsider.
    pub fn lacking(&self, role: &str, turn: usize) -> &Member {
        let lacking: Vec<&Member> = self.members.values().filter(|member| !member.roles.contains(role)).collect();
        match lacking.len() {
            0 => &self.outsider,
            count => lacking[turn % count],
        }
    }
}

/// Lower-case letters, digits and hyphens; something in any case.
fn slug(name: &str) -> String {
    let text: String =
        name.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(40).collect();
    let text = text.trim_matches('-');
    if text.is_empty() { "somebody".to_owned() } else { text.to_owned() }
}

fn unique(taken: &mut BTreeSet<String>, name: &str) -> String {
    let mut candidate = name.to_owned();
    let mut number = 2;
    while !taken.insert(candidate.clone()) {
        candidate = format!("{name}-{number}");
        number += 1;
    }
    candidate
}

/// So many random bytes in hexadecimal.
pub(super) fn random_text(bytes: usize) -> Result<String> {
    let mut random = vec![0; bytes];
    getrandom::fill(&mut random)?;
    Ok(hex::encode(random))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_unique_whatever_the_names_are() {
        let mut taken = BTreeSet::new();
        let names: Vec<String> =
            ["TEST", "test", "Ünï 1", "***"].iter().map(|name| unique(&mut taken, &slug(name))).collect();
        assert_eq!(names, ["test", "test-2", "n--1", "somebody"]);
    }
}
