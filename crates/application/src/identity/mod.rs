//! Organizations, people, and how they sign in.

mod members;
mod model;
mod organizations;
mod ports;
mod service;
mod sign_in;

pub use model::{NewMember, NewOrganization, Organization, SignInRecord, SignedIn, User, UserFilter};
pub use ports::IdentityReader;
pub use service::IdentityService;
pub use sign_in::AuthenticationError;
