//! Organizations, people, and how they sign in.

mod authentication;
mod members;
mod model;
mod organizations;
mod ports;
mod refresh;
mod refresh_token;
mod revocation;
mod service;
mod session;
mod sign_in;

pub use authentication::AuthenticationError;
pub use model::{NewMember, NewOrganization, Organization, SignInRecord, SignedIn, User, UserFilter};
pub use ports::{IdentityReader, SessionStore};
pub use service::IdentityService;
pub use session::{Session, SessionLimits, StoredRefreshToken};
