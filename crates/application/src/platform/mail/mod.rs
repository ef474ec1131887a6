//! What NexusFlow writes to people by itself: put beside the change that it tells of, sent by workers.

mod english;
mod german;
mod letter;
mod model;
mod service;

pub use model::{ClaimedMail, Letter, MailContent, MailQueue, QueuedMail};
pub use service::MailService;
