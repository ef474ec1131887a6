//! Organizations and people.

mod email;
mod session_end;
mod slug;

pub use email::{Email, InvalidEmail};
pub use session_end::SessionEnd;
pub use slug::{InvalidSlug, Slug};
