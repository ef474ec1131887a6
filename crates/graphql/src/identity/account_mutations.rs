use async_graphql::{Context, InputObject, SimpleObject};

use crate::context::{application, origin, require_call};
use crate::error::{Answer, DomainError};

/// Who has forgotten the password.
#[derive(Clone, InputObject)]
pub struct RequestPasswordResetInput {
    /// The login name.
    email: String,
}

/// What `requestPasswordReset` did.
#[derive(Debug, SimpleObject)]
pub struct RequestPasswordResetPayload {
    /// What is wrong with the input. Whether there is such an account is not told.
    pub errors: Vec<DomainError>,
}

impl RequestPasswordResetInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<()> {
        Ok(application(ctx)?.accounts.request_password_reset(&self.email, &origin(ctx)).await?)
    }
}

/// A link, and the password that it is to set.
#[derive(Clone, InputObject)]
pub struct ResetPasswordInput {
    /// What stands in the link after `#token=`.
    token: String,
    /// 12 to 200 characters.
    new_password: String,
}

/// What `resetPassword` did.
#[derive(Debug, SimpleObject)]
pub struct ResetPasswordPayload {
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl ResetPasswordInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<()> {
        Ok(application(ctx)?.accounts.reset_password(&self.token, self.new_password, &origin(ctx)).await?)
    }
}

/// The password known, and the one in its place.
#[derive(Clone, InputObject)]
pub struct ChangePasswordInput {
    /// The one that holds now.
    old_password: String,
    /// 12 to 200 characters.
    new_password: String,
}

/// What `changePassword` did.
#[derive(Debug, SimpleObject)]
pub struct ChangePasswordPayload {
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl ChangePasswordInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<()> {
        let call = require_call(ctx)?;
        Ok(application(ctx)?.accounts.change_password(call, self.old_password, self.new_password).await?)
    }
}

/// What `requestEmailVerification` did.
#[derive(Debug, SimpleObject)]
pub struct RequestEmailVerificationPayload {
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

pub(super) async fn request_email_verification(ctx: &Context<'_>) -> Answer<()> {
    Ok(application(ctx)?.accounts.request_email_verification(require_call(ctx)?).await?)
}

/// A link that shows whose an address is.
#[derive(Clone, InputObject)]
pub struct VerifyEmailInput {
    /// What stands in the link after `#token=`.
    token: String,
}

/// What `verifyEmail` did.
#[derive(Debug, SimpleObject)]
pub struct VerifyEmailPayload {
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl VerifyEmailInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<()> {
        Ok(application(ctx)?.accounts.verify_email(&self.token, &origin(ctx)).await?)
    }
}

/// A new address of one's own account.
#[derive(Clone, InputObject)]
pub struct ChangeEmailInput {
    /// The new login name.
    email: String,
    /// The password.
    password: String,
}

/// What `changeEmail` did.
#[derive(Debug, SimpleObject)]
pub struct ChangeEmailPayload {
    /// Why nothing was done; empty when it was.
    pub errors: Vec<DomainError>,
}

impl ChangeEmailInput {
    pub(super) async fn run(self, ctx: &Context<'_>) -> Answer<()> {
        Ok(application(ctx)?.accounts.change_email(require_call(ctx)?, &self.email, self.password).await?)
    }
}
