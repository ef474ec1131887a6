//! Mail by SMTP.

use std::time::Duration;

use async_trait::async_trait;
use lettre::message::{Mailbox, MessageBuilder, MultiPart, SinglePart};
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use nexusflow_application::platform::{CallError, Mailer};
use nexusflow_domain::request::Mail;

/// How long one command to the mail server may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Hands mails to one mail server.
pub struct SmtpMailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

/// Settings with which no mail can be sent. The address of the server is not told: it may hold a password.
#[derive(Debug, thiserror::Error)]
pub enum BadMailSettings {
    /// The address of the mail server.
    #[error("connectors.smtp.url: expected an address such as smtps://user:password@mail.example.org")]
    Url,
    /// The sender.
    #[error("connectors.smtp.from: expected a mail address such as NexusFlow <flow@example.org>, found {0:?}")]
    From(String),
}

impl SmtpMailer {
    /// `url` is `smtps://…` (TLS from the start), `smtp://…?tls=required` (TLS by STARTTLS) or `smtp://…` (none), with
    /// the credentials before the host. `from` is the sender of every mail.
    pub fn new(url: &str, from: &str) -> Result<Self, BadMailSettings> {
        let sender: Mailbox = from.parse().map_err(|_| BadMailSettings::From(from.to_owned()))?;
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url).map_err(|_| BadMailSettings::Url)?;
        let name = ClientId::Domain(sender.email.domain().to_owned());
        let transport = transport.hello_name(name).timeout(Some(PATIENCE)).build();
        Ok(Self { transport, from: sender })
    }

    fn message(&self, mail: &Mail, id: &str) -> Result<Message, CallError> {
        if mail.to.is_empty() {
            return Err(CallError::Invalid("nobody is to receive the mail".to_owned()));
        }
        let mut builder = Message::builder().from(self.from.clone()).message_id(Some(id.to_owned()));
        builder = each(builder, &mail.to, MessageBuilder::to)?;
        builder = each(builder, &mail.cc, MessageBuilder::cc)?;
        builder = each(builder, &mail.bcc, MessageBuilder::bcc)?;
        builder = each(builder, mail.reply_to.as_slice(), MessageBuilder::reply_to)?;
        builder = builder.subject(mail.subject.clone());
        let message = match (&mail.text, &mail.html) {
            (Some(text), Some(html)) => {
                builder.multipart(MultiPart::alternative_plain_html(text.clone(), html.clone()))
            }
            (None, Some(html)) => builder.singlepart(SinglePart::html(html.clone())),
            (text, None) => builder.singlepart(SinglePart::plain(text.clone().unwrap_or_default())),
        };
        message.map_err(|error| CallError::Invalid(error.to_string()))
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, mail: &Mail, key: &str) -> Result<String, CallError> {
        let id = format!("<{key}@{}>", self.from.email.domain());
        let message = self.message(mail, &id)?;
        self.transport.send(message).await.map_err(|error| failed(&error))?;
        Ok(id)
    }
}

/// Where no mail server is configured.
#[derive(Debug, Clone, Copy)]
pub struct NoMail;

#[async_trait]
impl Mailer for NoMail {
    async fn send(&self, _: &Mail, _: &str) -> Result<String, CallError> {
        Err(CallError::MailOff)
    }
}

fn each(
    builder: MessageBuilder,
    addresses: &[String],
    add: impl Fn(MessageBuilder, Mailbox) -> MessageBuilder,
) -> Result<MessageBuilder, CallError> {
    addresses.iter().try_fold(builder, |builder, address| {
        let mailbox = address.parse().map_err(|_| CallError::Invalid(format!("{address:?} is not a mail address")))?;
        Ok(add(builder, mailbox))
    })
}

fn failed(error: &SmtpError) -> CallError {
    if error.is_permanent() {
        CallError::MailRefused(error.to_string())
    } else if error.is_transient() {
        CallError::MailDeferred(error.to_string())
    } else if error.is_timeout() {
        CallError::TimedOut(PATIENCE)
    } else {
        CallError::Unreachable(error.to_string())
    }
}
