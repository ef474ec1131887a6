use nexusflow_domain::Timestamp;
use nexusflow_domain::identity::{Email, OrganizationSettings, Slug, SubscriptionStatus};
use nexusflow_domain::ids::{OrganizationId, RoleId, UserId, WorkflowId};

use crate::identity::Session;
use crate::platform::SecretText;

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// The tenant.
    pub id: OrganizationId,
    /// For people.
    pub name: String,
    /// Unique, for addresses and signing in.
    pub slug: Slug,
    /// What it has set about itself.
    pub settings: OrganizationSettings,
    /// The code of its plan.
    pub plan: String,
    /// How it stands with the plan.
    pub subscription_status: SubscriptionStatus,
    /// Until when it tries the plan, if it does.
    pub trial_ends_at: Option<Timestamp>,
    /// Counts up with each change, from 1.
    pub version: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// What an organization may have: only ever numbers, never what it can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Stable, such as `TEAM`.
    pub code: String,
    /// For people.
    pub name: String,
    /// The most active members; as many as one likes without it.
    pub members: Option<u32>,
}

/// The plan of what the operator of the installation founds: it has no limits.
pub const OPERATORS_PLAN: &str = "ENTERPRISE";
/// The plan with which people begin.
pub const FIRST_PLAN: &str = "FREE";

/// A person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The person.
    pub id: UserId,
    /// Unique over all organizations.
    pub email: Email,
    /// For people; 1 to 200 characters.
    pub name: String,
    /// Since when it is known that mail to the address reaches the person.
    pub email_verified_at: Option<Timestamp>,
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

/// A session begun or refreshed, with what its client needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// A bearer token.
    pub token: SecretText,
    /// Until when it is accepted.
    pub expires_at: Timestamp,
    /// What gets the next bearer token, once.
    pub refresh_token: SecretText,
    /// Until when it can be used.
    pub refresh_expires_at: Timestamp,
    /// What pages send with changes where a browser sends the tokens as cookies.
    pub csrf_token: SecretText,
    /// The session.
    pub session: Session,
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
