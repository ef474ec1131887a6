//! Organizations, people, and how they sign in.

mod model;
mod ports;
mod service;

pub use model::{NewMember, NewOrganization, Organization, SignInRecord, SignedIn, User, UserFilter};
pub use ports::IdentityReader;
pub(crate) use service::check_length;
pub use service::{AuthenticationError, IdentityService};
