use crate::text_enum::text_enum;

text_enum! {
    /// What the link of a mail is good for. A link of one purpose is never one of another.
    VerificationPurpose {
        /// Joining an organization.
        Invitation = "INVITATION",
        /// Showing that the address of an account is its owner's.
        EmailVerification = "EMAIL_VERIFICATION",
        /// Taking a new address.
        EmailChange = "EMAIL_CHANGE",
        /// Setting a new password without the old one.
        PasswordReset = "PASSWORD_RESET",
    }
}

text_enum! {
    /// How a link came to its end.
    VerificationEnd {
        /// It was used.
        Used = "USED",
        /// It was taken back, or another one has taken its place.
        Revoked = "REVOKED",
    }
}
