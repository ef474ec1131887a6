use std::collections::{BTreeMap, BTreeSet};

use nexusflow_domain::access::{BuiltInRole, Held, Principal, Rights};
use nexusflow_domain::ids::{OrganizationId, RoleId, UserId, WorkflowId};
use nexusflow_domain::workflow::{Directory, Holders, RoleFacts};
use uuid::Uuid;

/// How many people there are. All hold the role `clerk`; those with an even number the role `chief` too.
pub const PEOPLE: u8 = 4;

pub fn organization() -> OrganizationId {
    OrganizationId::from_uuid(Uuid::from_u128(0xC000))
}

pub fn user(number: u8) -> UserId {
    UserId::from_uuid(Uuid::from_u128(0xA000 + u128::from(number % PEOPLE)))
}

pub fn person(number: u8) -> Principal {
    Principal {
        user: user(number),
        organization: organization(),
        rights: Rights::from(Held {
            roles: holders()
                .into_iter()
                .filter(|(_, held)| held.contains(&user(number)))
                .map(|(role, _)| role)
                .collect(),
            permissions: BuiltInRole::User.permissions().into_iter().collect(),
        }),
        delegators: Vec::new(),
    }
}

pub fn holders() -> BTreeMap<RoleId, BTreeSet<UserId>> {
    let chiefs = (0..PEOPLE).filter(|number| number % 2 == 0).map(user).collect();
    BTreeMap::from([(clerk(), (0..PEOPLE).map(user).collect()), (chief(), chiefs)])
}

pub fn directory() -> Directory {
    let facts = |id| RoleFacts { id, holders: Holders::Somebody };
    Directory {
        roles: BTreeMap::from([("clerk".to_owned(), facts(clerk())), ("chief".to_owned(), facts(chief()))]),
        users: (0..PEOPLE).map(|number| (format!("p{number}@example.org"), user(number))).collect(),
        workflows: BTreeMap::from([("Other".to_owned(), WorkflowId::from_uuid(Uuid::from_u128(0xD003)))]),
    }
}

fn clerk() -> RoleId {
    RoleId::from_uuid(Uuid::from_u128(0xB000))
}

fn chief() -> RoleId {
    RoleId::from_uuid(Uuid::from_u128(0xB001))
}
