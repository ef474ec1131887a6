//! The platform's ports on the real thing: time, ids, passwords, tokens, addresses.

mod clock;
mod derived_key;
mod ids;
mod links;
mod passwords;
mod secret_file;
mod token_keys;
mod tokens;
mod webhooks;

pub use clock::{SystemClock, VirtualClock, WrongClock};
pub use ids::UuidV7Generator;
pub use links::HmacLinks;
pub(crate) use links::LINK_PATHS;
pub use passwords::Argon2Passwords;
pub use secret_file::{InvalidKeyFile, read_or_create};
pub use tokens::{Ed25519Tokens, InvalidSecret, MIN_SECRET_BYTES, SecretTooShort};
pub use webhooks::HmacWebhooks;
