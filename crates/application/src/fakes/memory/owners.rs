use nexusflow_domain::access::BuiltInRole;
use nexusflow_domain::ids::{OrganizationId, UserId};

use crate::access::RoleMapping;
use crate::administration::CommitError;
use crate::fakes::memory::world::World;

/// `LastOwner` when somebody is the only active owner and is to lose this mapping, or any when none is named.
pub(super) fn keep_one(
    world: &World,
    tenant: OrganizationId,
    user: UserId,
    lost: Option<RoleMapping>,
) -> Result<(), CommitError> {
    let is_ownership = |mapping: &&RoleMapping| {
        let role = world.role(tenant, mapping.role);
        let is_owner = role.is_some_and(|role| role.built_in && role.name == BuiltInRole::Owner.name());
        is_owner && mapping.workflow.is_none() && world.is_active_member(tenant, mapping.user)
    };
    let mut owners = world.mappings(tenant).filter(is_ownership);
    let (first, second) = (owners.next(), owners.next());
    let only = first.filter(|only| second.is_none() && only.user == user);
    let loses_it = only.is_some_and(|only| lost.is_none_or(|lost| lost == *only));
    if loses_it { Err(CommitError::LastOwner) } else { Ok(()) }
}
