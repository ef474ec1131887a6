use std::fmt;

/// What verification may use. The domain has no clock, so the caller says when time is up.
#[derive(Clone, Copy)]
pub struct Limits<'a> {
    /// Whether time is up; asked every thousand or so states.
    pub expired: &'a dyn Fn() -> bool,
    /// The most bytes that stored markings and their links may take.
    pub bytes: usize,
}

/// The bytes that the product allows one verification.
pub const DEFAULT_BYTES: usize = 256 * 1024 * 1024;

/// What ran out before there was an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Limit {
    /// The caller's deadline.
    #[error("no answer within the time allowed")]
    Time,
    /// The bytes for markings.
    #[error("no answer within the memory allowed")]
    Memory,
    /// The graph has forms that its net only approximates, and the net is not sound.
    #[error(
        "the net of joins SOME and AT_LEAST, milestones, mutexes and scopes is an approximation, and it is not sound: {0}"
    )]
    Approximation(String),
    /// The graph has forms that its net leaves out although they can keep a run from going on.
    #[error("the net is sound, and it leaves out {0}")]
    LeftOut(String),
    /// A place that may hold several tokens came to hold more than can be counted.
    #[error("more than 255 tokens in one place")]
    Tokens,
}

impl Limits<'static> {
    /// The product's memory and no deadline: for tests, and for graphs known to be small.
    pub fn without_deadline() -> Self {
        Self { expired: &|| false, bytes: DEFAULT_BYTES }
    }
}

impl fmt::Debug for Limits<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Limits").field("bytes", &self.bytes).finish_non_exhaustive()
    }
}
