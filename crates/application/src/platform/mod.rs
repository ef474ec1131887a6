//! What the rest stands on: time, ids, secrets, what leaves the system, maintenance, retention.

mod links;
mod mail;
mod outside;
mod ports;
mod retention;
mod secret_text;

pub use links::{Link, OneTimeLinks};
pub use mail::{ClaimedMail, Letter, MailContent, MailQueue, MailService, QueuedMail};
pub use outside::{CallError, HttpAnswer, HttpCaller, Mailer};
pub(crate) use ports::Ids;
pub use ports::{
    Clock, DeletedWorkflow, FromUuid, IdGenerator, Maintenance, PasswordHasher, TokenClaims, TokenError, TokenIssuer,
};
pub use retention::RetentionService;
pub use secret_text::SecretText;
