use crate::text_enum::text_enum;

text_enum! {
    /// How an organization stands with its plan.
    SubscriptionStatus {
        /// It tries the plan for a while.
        Trialing = "TRIALING",
        /// All is well.
        Active = "ACTIVE",
        /// A payment is late.
        PastDue = "PAST_DUE",
        /// It was ended.
        Cancelled = "CANCELLED",
    }
}
