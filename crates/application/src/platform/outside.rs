//! What leaves the system: ports, and what can go wrong there.

use std::collections::BTreeMap;

use async_trait::async_trait;
use nexusflow_domain::request::{HttpCall, Mail};

/// Sends HTTP requests.
#[async_trait]
pub trait HttpCaller: Send + Sync {
    /// Sends one and reads the whole answer. `key` is the same for all attempts of one execution of a step; the other
    /// side is told it. The caller limits the time.
    async fn send(&self, call: &HttpCall, key: &str) -> Result<HttpAnswer, CallError>;
}

/// Sends mails.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands one over to a mail server; returns its `Message-ID`, which follows from `key` alone, so that it is the same
    /// for all attempts of one execution of a step. The caller limits the time.
    async fn send(&self, mail: &Mail, key: &str) -> Result<String, CallError>;
}

/// What a server answered, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HttpAnswer {
    /// The status.
    pub status: u16,
    /// Header fields by name in lower case; several of one name are joined by a comma.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Vec<u8>,
}

/// Why there is no answer. Neither of them tells what was sent.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The address, a header field or a mail address is not one.
    #[error("{0}")]
    Invalid(String),
    /// It goes where the server's operator does not let it go.
    #[error("{0}")]
    Blocked(String),
    /// No connection came about, or it was lost before an answer.
    #[error("{0}")]
    Unreachable(String),
    /// It took too long.
    #[error("no answer within {} s", .0.as_secs())]
    TimedOut(std::time::Duration),
    /// The answer is longer than is read.
    #[error("the answer is longer than {limit} bytes")]
    TooLarge {
        /// How much is read.
        limit: usize,
    },
    /// The answer ended before its end.
    #[error("the answer was cut off: {0}")]
    CutOff(String),
    /// No mail server is configured.
    #[error("no mail server is configured (connectors.smtp.url and connectors.smtp.from)")]
    MailOff,
    /// The mail server refused the mail for good.
    #[error("{0}")]
    MailRefused(String),
    /// The mail server refused the mail for now.
    #[error("{0}")]
    MailDeferred(String),
}

impl CallError {
    /// The code of the error that the step throws.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "INVALID_CALL",
            Self::Blocked(_) => "BLOCKED",
            Self::Unreachable(_) => "UNREACHABLE",
            Self::TimedOut(_) => "TIMEOUT",
            Self::TooLarge { .. } => "TOO_LARGE",
            Self::CutOff(_) => "CUT_OFF",
            Self::MailOff => "MAIL_OFF",
            Self::MailRefused(_) => "MAIL_REFUSED",
            Self::MailDeferred(_) => "MAIL_DEFERRED",
        }
    }

    /// Whether it may be gone next time.
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::TimedOut(_) | Self::CutOff(_) | Self::MailDeferred(_) => true,
            Self::Invalid(_) | Self::Blocked(_) | Self::TooLarge { .. } | Self::MailOff | Self::MailRefused(_) => false,
        }
    }
}
