use async_graphql::Enum;

/// What kind of refusal a domain error is; one per implementation of `DomainError`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum DomainErrorCode {
    /// The caller may not do that.
    NotPermitted,
    /// Nobody active would own the organization any more.
    LastOwner,
    /// E-mail address, password or organization are wrong.
    InvalidCredentials,
    /// The session cannot go on; sign in again.
    SessionEnded,
    /// The link of a mail is not valid (any more).
    InvalidLink,
    /// There is no such thing in the caller's organization.
    NotFound,
    /// A field of the input is not as expected.
    InvalidInput,
    /// The workflow's document has problems.
    InvalidGraph,
    /// Something unique is taken.
    AlreadyExists,
    /// The job is not the worker's any more.
    LeaseLost,
    /// The idempotency key was used before with another input.
    IdempotencyKeyReused,
    /// Somebody else changed it in the meantime.
    StaleVersion,
    /// It is in a state that does not allow this.
    WrongState,
    /// Others refer to it.
    InUse,
    /// Others keep changing it at the same time.
    Contended,
    /// The step is not open.
    StepNotOpen,
    /// Nobody has claimed the step.
    NotClaimed,
    /// The step cannot end with that outcome.
    UnknownOutcome,
    /// A variable has a type that a condition cannot compare.
    VariableType,
    /// The variables would grow beyond the limit.
    VariablesTooLarge,
    /// No transition can be taken.
    NoTransition,
    /// Automatic steps would go round for ever.
    EndlessCycle,
    /// The request would have more branches under way than it may.
    TooManyBranches,
    /// The step cannot be worked yet.
    StepNotReady,
    /// The workflow does not allow the step to be left out.
    StepRequired,
    /// The step can end with several outcomes; one must be named.
    OutcomeNeeded,
}
