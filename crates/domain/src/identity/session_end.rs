use crate::text_enum::text_enum;

text_enum! {
    /// Why a session was revoked.
    SessionEnd {
        /// The person signed out of it.
        SignedOut = "SIGNED_OUT",
        /// The person signed out everywhere.
        SignedOutEverywhere = "SIGNED_OUT_EVERYWHERE",
        /// The person, or an administrator, ended this one.
        Revoked = "REVOKED",
        /// An administrator ended all sessions of the person.
        AllRevoked = "ALL_REVOKED",
        /// The person may no longer act in the organization.
        Deactivated = "DEACTIVATED",
        /// The person ceased to be a member of the organization.
        MemberRemoved = "MEMBER_REMOVED",
        /// The person's password was changed.
        PasswordChanged = "PASSWORD_CHANGED",
        /// A refresh token was used a second time: somebody else may have it.
        TokenReused = "TOKEN_REUSED",
    }
}
