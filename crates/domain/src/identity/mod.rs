//! Organizations and people.

mod email;
mod slug;

pub use email::{Email, InvalidEmail};
pub use slug::{InvalidSlug, Slug};
