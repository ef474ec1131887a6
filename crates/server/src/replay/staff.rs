//! Who works what, as the log has it: the role of each activity and the roles of each resource.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use nexusflow_domain::access::BuiltInRole;

use crate::replay::log::EventLog;

/// The longest name of a role.
const MAX_ROLE: usize = 100;

/// Roles and people of a log.
#[derive(Debug)]
pub(super) struct Staff {
    /// Activity → role: its main group, else a role of its own.
    roles: BTreeMap<String, String>,
    /// Resource → roles of everything it ever did.
    pub resources: BTreeMap<String, BTreeSet<String>>,
}

impl Staff {
    /// Reads them off the whole log.
    pub fn of(log: &EventLog) -> Self {
        let mut groups: BTreeMap<&str, HashMap<&str, usize>> = BTreeMap::new();
        let events = || log.cases.iter().flat_map(|case| &case.events);
        for event in events() {
            let counts = groups.entry(&event.activity).or_default();
            if is_group(&event.group) {
                *counts.entry(&event.group).or_default() += 1;
            }
        }
        let roles: BTreeMap<String, String> = groups
            .into_iter()
            .map(|(activity, counts)| {
                // The most frequent group; of equally frequent ones the first by name.
                let main = counts.into_iter().min_by_key(|&(name, count)| (std::cmp::Reverse(count), name));
                (activity.to_owned(), role_name(main.map_or(activity, |(name, _)| name)))
            })
            .collect();
        let mut resources: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for event in events() {
            let held = resources.entry(event.resource.to_string()).or_default();
            held.extend(roles.get(&*event.activity).cloned());
        }
        Self { roles, resources }
    }

    /// The role that works an activity, also one that the log does not have.
    pub fn role_of(&self, activity: &str) -> String {
        self.roles.get(activity).cloned().unwrap_or_else(|| role_name(activity))
    }
}

fn is_group(group: &str) -> bool {
    !(group.is_empty() || group.eq_ignore_ascii_case("EMPTY") || group.eq_ignore_ascii_case("UNDEFINED"))
}

/// A name that a role can have, and that is not one of the built-in roles.
fn role_name(name: &str) -> String {
    let built_in = BuiltInRole::ALL.iter().any(|role| role.name().eq_ignore_ascii_case(name));
    if built_in { format!("{name} (log)") } else { name.chars().take(MAX_ROLE).collect() }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::replay::log::{Case, LogEvent};

    #[test]
    fn the_main_group_is_the_role_and_resources_hold_what_they_did() {
        let event = |activity: &str, resource: &str, group: &str| LogEvent {
            activity: activity.into(),
            resource: resource.into(),
            group: group.into(),
            at: DateTime::UNIX_EPOCH,
            line: 0,
        };
        let events = vec![
            event("check", "ada", "EMPTY"),
            event("check", "ada", "EMPTY"),
            event("check", "bob", "Clerks"),
            event("pay", "bob", "UNDEFINED"),
            event("sign", "bob", "Manager"),
        ];
        let log = EventLog { cases: vec![Case { id: "a".to_owned(), deadline: None, events }], skipped: 0 };
        let staff = Staff::of(&log);
        assert_eq!(staff.role_of("check"), "Clerks");
        assert_eq!(staff.role_of("pay"), "pay");
        assert_eq!(staff.role_of("sign"), "Manager (log)");
        assert_eq!(staff.role_of("never done"), "never done");
        assert_eq!(staff.resources["ada"], BTreeSet::from(["Clerks".to_owned()]));
        assert_eq!(staff.resources["bob"].len(), 3);
    }
}
