//! Organizations and people.

mod branding;
mod email;
mod session_end;
mod settings;
mod slug;
mod subscription;
mod time_zone;
mod verification;

pub use branding::{Branding, Color, InvalidColor, InvalidLogoUrl, LogoUrl};
pub use email::{Email, InvalidEmail};
pub use session_end::SessionEnd;
pub use settings::{Features, Language, OrganizationSettings};
pub use slug::{InvalidSlug, Slug};
pub use subscription::SubscriptionStatus;
pub use time_zone::{TimeZone, UnknownTimeZone};
pub use verification::{VerificationEnd, VerificationPurpose};
