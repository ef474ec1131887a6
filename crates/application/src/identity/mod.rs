//! Organizations, people, and how they sign in.

mod acceptance;
mod accounts;
mod addresses;
mod authentication;
mod departure;
mod invitations;
mod links;
mod members;
mod model;
mod organization_change;
mod organizations;
mod passwords;
mod ports;
mod refresh;
mod refresh_token;
mod restoration;
mod revocation;
mod service;
mod session;
mod sign_in;
mod tenancy;
mod verification;

pub use acceptance::Acceptance;
pub use accounts::AccountService;
pub use authentication::AuthenticationError;
pub use invitations::NewInvitation;
pub use model::{
    FIRST_PLAN, NewMember, NewOrganization, OPERATORS_PLAN, Organization, Plan, SignInRecord, SignedIn, User,
    UserFilter,
};
pub use organization_change::{OrganizationChange, SettingsChange};
pub use ports::{IdentityReader, OrganizationReader, SessionStore, VerificationReader};
pub use restoration::Restoration;
pub use service::IdentityService;
pub use session::{Session, SessionLimits, StoredRefreshToken};
pub use tenancy::{OrganizationCreation, OrganizationService};
pub use verification::{InvitationStatus, Verification};

use chrono::TimeDelta;

/// How long after a link that somebody asked for he gets no other one.
const LINK_PAUSE: TimeDelta = TimeDelta::minutes(1);
