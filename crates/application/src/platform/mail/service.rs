use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use futures::future::join_all;
use nexusflow_domain::Timestamp;
use nexusflow_domain::insight::Origin;
use serde_json::json;
use tokio::time::timeout;

use super::letter::written;
use super::{ClaimedMail, MailQueue};
use crate::StoreError;
use crate::administration::{AdministrationCommit, Change, CommitError, Registrar};
use crate::application::Ports;
use crate::platform::{CallError, Mailer, OneTimeLinks};

/// How long a mail server may take for one mail.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long a claim lasts: longer than a batch, whose mails are sent side by side, can take.
const LEASE: TimeDelta = TimeDelta::minutes(5);
/// The most mails sent side by side.
const AT_ONCE: u32 = 10;
/// How long to wait after the first failure; doubled each time.
const FIRST_PAUSE: TimeDelta = TimeDelta::seconds(30);
const LONGEST_PAUSE: TimeDelta = TimeDelta::hours(1);

/// Sends what was queued: at least once, each time with the same `Message-ID`, until the mail server takes it, refuses
/// it for good, or the mail is of no use any more. While no mail server is configured, mails wait.
pub struct MailService {
    queue: Arc<dyn MailQueue>,
    links: Arc<dyn OneTimeLinks>,
    mailer: Arc<dyn Mailer>,
    registrar: Registrar,
}

impl MailService {
    pub(crate) fn new(ports: &Ports, registrar: Registrar) -> Self {
        let (queue, links, mailer) = (ports.mails.clone(), ports.links.clone(), ports.mailer.clone());
        Self { queue, links, mailer, registrar }
    }

    /// Sends mails that are due, at most `limit`; returns how many were tried.
    #[tracing::instrument(skip_all)]
    pub async fn send_due(&self, limit: u32) -> Result<usize, StoreError> {
        let now = self.registrar.now();
        let claimed = self.queue.claim(now, now + LEASE, limit.min(AT_ONCE)).await?;
        let sent = join_all(claimed.iter().map(|mail| self.send(mail))).await;
        sent.into_iter().collect::<Result<Vec<()>, StoreError>>().map(|sent| sent.len())
    }

    /// When the next mail is due.
    pub async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.queue.next_due().await
    }

    async fn send(&self, claimed: &ClaimedMail) -> Result<(), StoreError> {
        let mail = &claimed.mail;
        if mail.expires_at <= self.registrar.now() {
            return self.give_up(claimed, "EXPIRED").await;
        }
        let (written, key) = (written(mail, &*self.links), mail.id.uuid().to_string());
        let answer = timeout(PATIENCE, self.mailer.send(&written, &key)).await;
        match answer.unwrap_or(Err(CallError::TimedOut(PATIENCE))) {
            Ok(_) => self.queue.sent(claimed).await,
            Err(error) if error.is_transient() || matches!(error, CallError::MailOff) => {
                tracing::warn!(mail = %mail.id, code = error.code(), "a mail was not sent; it is tried again");
                let doubled = FIRST_PAUSE * 2_i32.pow(claimed.attempt.saturating_sub(1).min(10));
                self.queue.postpone(claimed, self.registrar.now() + doubled.min(LONGEST_PAUSE)).await
            }
            Err(error) => self.give_up(claimed, error.code()).await,
        }
    }

    /// Puts on record that a mail is not sent. What the mail server said may quote the mail, so only the code is kept.
    async fn give_up(&self, claimed: &ClaimedMail, code: &'static str) -> Result<(), StoreError> {
        let mail = &claimed.mail;
        tracing::warn!(mail = %mail.id, code, "a mail is not sent");
        let entry = self.registrar.entry_of(None, &Origin::default(), "MAIL_NOT_SENT", Some(("mail", mail.id.uuid())));
        let entry = entry.changing(Some(json!({ "to": mail.to, "error": code })), None);
        let change = Change::AbandonMail { mail: mail.id, fence: claimed.fence };
        match self.registrar.commit(AdministrationCommit::of_system(mail.organization, vec![change], vec![entry])).await
        {
            Ok(()) | Err(CommitError::Missing { .. }) => Ok(()),
            Err(error) => Err(error.into_store_error()),
        }
    }
}
