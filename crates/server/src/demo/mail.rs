//! Mails of the demo, which has no mail server: what they say is printed, links and all.

use async_trait::async_trait;
use nexusflow_application::platform::{CallError, Mailer};
use nexusflow_domain::request::Mail;

use crate::output;

/// Prints mails.
pub(super) struct PrintingMailer;

#[async_trait]
impl Mailer for PrintingMailer {
    async fn send(&self, mail: &Mail, key: &str) -> Result<String, CallError> {
        let text = mail.text.as_deref().or(mail.html.as_deref()).unwrap_or_default();
        let printed = format!("\nMail to {}: {}\n\n{text}\n", mail.to.join(", "), mail.subject);
        output::line(printed).map_err(|error| CallError::Unreachable(error.to_string()))?;
        Ok(format!("<{key}@localhost>"))
    }
}
