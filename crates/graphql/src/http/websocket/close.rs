/// Why a connection is closed; codes of the protocol, or of RFC 6455 where it has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Close {
    /// The server stops.
    GoingAway,
    /// The database does not answer.
    TryAgainLater,
    /// A message is larger than allowed.
    TooBig,
    /// A message is not of the protocol.
    BadMessage,
    /// An operation before the connection was acknowledged.
    Unauthorized,
    /// The token is not accepted.
    Forbidden,
    /// `connection_init` did not come in time.
    InitTimeout,
    /// An operation with the id of a running one.
    SubscriberExists,
    /// A second `connection_init`.
    TooManyInits,
    /// Something is wrong here.
    Internal,
}

impl Close {
    pub(super) const fn code(self) -> u16 {
        match self {
            Self::GoingAway => 1001,
            Self::TooBig => 1009,
            Self::TryAgainLater => 1013,
            Self::BadMessage => 4400,
            Self::Unauthorized => 4401,
            Self::Forbidden => 4403,
            Self::InitTimeout => 4408,
            Self::SubscriberExists => 4409,
            Self::TooManyInits => 4429,
            Self::Internal => 4500,
        }
    }

    pub(super) const fn reason(self) -> &'static str {
        match self {
            Self::GoingAway => "The server is shutting down",
            Self::TryAgainLater => "The database is not available",
            Self::TooBig => "The message is too big",
            Self::BadMessage => "Invalid message",
            Self::Unauthorized => "Unauthorized",
            Self::Forbidden => "Forbidden",
            Self::InitTimeout => "Connection initialisation timeout",
            Self::SubscriberExists => "Subscriber already exists",
            Self::TooManyInits => "Too many initialisation requests",
            Self::Internal => "Internal server error",
        }
    }
}
