use crate::access::Permission;

/// The roles that every organization has from the start (seeds 000 and 002).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BuiltInRole {
    /// Everything, for good. An organization always has an active holder.
    Owner,
    /// Everything but billing and the end of the organization.
    Admin,
    /// Runs workflows and oversees requests.
    Manager,
    /// Takes part in the work, and sees the organization's other work.
    Member,
    /// Starts requests and works the steps of his roles.
    User,
    /// Sees workflows and requests, and changes nothing.
    Viewer,
}

/// What only owners may do.
const OF_OWNERS: [Permission; 2] = [Permission::DeleteOrganization, Permission::ManageBilling];

/// What nobody needs who only builds and runs workflows.
const OF_ADMINISTRATORS: [Permission; 5] = [
    Permission::DeleteWorkflow,
    Permission::WorkJobs,
    Permission::ManageUser,
    Permission::ManageRole,
    Permission::ManageOrganization,
];

impl BuiltInRole {
    /// All of them, most powerful first.
    pub const ALL: [Self; 6] = [Self::Owner, Self::Admin, Self::Manager, Self::Member, Self::User, Self::Viewer];

    /// The role's name within every organization.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Owner => "Owner",
            Self::Admin => "Admin",
            Self::Manager => "Manager",
            Self::Member => "Member",
            Self::User => "User",
            Self::Viewer => "Viewer",
        }
    }

    /// What the role is for.
    pub const fn description(self) -> &'static str {
        match self {
            Self::Owner => "Owns the organization: everything, billing and deletion too",
            Self::Admin => "Administers the organization: users, roles, workflows, requests, audit",
            Self::Manager => "Builds workflows and oversees every request",
            Self::Member => "Starts requests, works the steps of the roles held, and sees requests and people",
            Self::User => "Starts requests and works the steps of the roles held",
            Self::Viewer => "Sees workflows, requests and people, and changes nothing",
        }
    }

    /// What the role is granted when the organization is created.
    pub fn permissions(self) -> Vec<Permission> {
        use Permission as P;
        match self {
            Self::Owner => P::ALL.to_vec(),
            Self::Admin => all_but(&[&OF_OWNERS]),
            Self::Manager => all_but(&[&OF_OWNERS, &OF_ADMINISTRATORS]),
            Self::Member => [Self::User.permissions(), vec![P::ViewRequest, P::ViewUser]].concat(),
            Self::User => vec![P::ViewWorkflow, P::StartRequest, P::CompleteTask, P::ApproveRequest],
            Self::Viewer => vec![P::ViewWorkflow, P::ViewRequest, P::ViewUser],
        }
    }
}

fn all_but(reserved: &[&[Permission]]) -> Vec<Permission> {
    let is_reserved = |permission: &Permission| reserved.iter().any(|some| some.contains(permission));
    Permission::ALL.iter().copied().filter(|permission| !is_reserved(permission)).collect()
}
