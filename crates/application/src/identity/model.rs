use nexusflow_domain::Timestamp;
use nexusflow_domain::identity::{Email, Slug};
use nexusflow_domain::ids::{OrganizationId, RoleId, UserId, WorkflowId};

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// The tenant.
    pub id: OrganizationId,
    /// For people.
    pub name: String,
    /// Unique, for addresses and signing in.
    pub slug: Slug,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The person.
    pub id: UserId,
    /// Unique over all organizations.
    pub email: Email,
    /// For people; 1 to 200 characters.
    pub name: String,
    /// When the account was made.
    pub created_at: Timestamp,
    /// The last sign-in.
    pub last_login_at: Option<Timestamp>,
    /// Since when the person may no longer act in the organization that was asked about.
    pub deactivated_at: Option<Timestamp>,
}

/// Which members a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserFilter {
    /// Name or address contains this, whatever the case.
    pub search: Option<String>,
    /// Only holders of this role, everywhere or in some workflow.
    pub role: Option<RoleId>,
    /// Only those who hold the role, or without one any, for this workflow only.
    pub workflow: Option<WorkflowId>,
}

/// What signing in needs to know; the password's hash never goes further.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInRecord {
    /// The person.
    pub user: User,
    /// Argon2id in PHC form.
    pub password_hash: Option<String>,
    /// Organizations of which the person is an active member, by the time of joining.
    pub organizations: Vec<Organization>,
}

/// A successful sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// A bearer token.
    pub token: String,
    /// Until when it is accepted.
    pub expires_at: Timestamp,
    /// Who signed in.
    pub user: User,
    /// To which organization.
    pub organization: Organization,
}

/// A new tenant with its first administrator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOrganization {
    /// For people; 1 to 200 characters.
    pub name: String,
    /// For addresses.
    pub slug: String,
    /// Becomes Owner.
    pub admin: NewMember,
}

/// A new person in an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMember {
    /// The login name.
    pub email: String,
    /// For people; 1 to 200 characters.
    pub name: String,
    /// 12 to 200 characters.
    pub password: String,
    /// Roles held from the start; User too, unless Member or Viewer is among them.
    pub roles: Vec<RoleId>,
}
