use crate::text_enum::text_enum;

text_enum! {
    /// A workflow's life: edited, in use, temporarily stopped, or put away for good.
    WorkflowStatus {
        /// Never published, or being built.
        Draft = "DRAFT",
        /// New requests may be started.
        Active = "ACTIVE",
        /// No new requests; live ones go on.
        Paused = "PAUSED",
        /// Kept for reading only.
        Archived = "ARCHIVED",
    }
}

text_enum! {
    /// A version's life.
    VersionStatus {
        /// May still change.
        Draft = "DRAFT",
        /// Immutable; requests run on it.
        Published = "PUBLISHED",
        /// Immutable and replaced; its live requests finish on it.
        Retired = "RETIRED",
    }
}
