use crate::text_enum::text_enum;

text_enum! {
    /// A request's status at header level.
    RequestStatus {
        /// Created; starts at a later time.
        Pending = "PENDING",
        /// Under way.
        InProgress = "IN_PROGRESS",
        /// Stopped for a while; nobody can act on it.
        Suspended = "SUSPENDED",
        /// Every branch ended.
        Completed = "COMPLETED",
        /// Ended by an error.
        Failed = "FAILED",
        /// Ended by a person.
        Cancelled = "CANCELLED",
    }
}

impl RequestStatus {
    /// Whether nothing can happen any more.
    pub const fn is_final(self) -> bool {
        match self {
            Self::Pending | Self::InProgress | Self::Suspended => false,
            Self::Completed | Self::Failed | Self::Cancelled => true,
        }
    }
}

text_enum! {
    /// The status of one execution of a step.
    RequestStepStatus {
        /// A join that waits for further branches.
        Pending = "PENDING",
        /// Open: somebody is asked to act.
        Active = "ACTIVE",
        /// Ended with an outcome, or passed.
        Completed = "COMPLETED",
        /// Ended by an error.
        Failed = "FAILED",
        /// Left out by an operator.
        Skipped = "SKIPPED",
        /// Ended because its request ended.
        Cancelled = "CANCELLED",
    }
}

text_enum! {
    /// What happens to deadlines while a request is suspended.
    DeadlineClock {
        /// They move on by the time of the suspension.
        Stopped = "STOPPED",
        /// They stay; what was missed meanwhile escalates on resumption.
        Running = "RUNNING",
    }
}
