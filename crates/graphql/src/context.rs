//! What resolvers find in the context of a request.

use std::sync::Arc;

use async_graphql::dataloader::DataLoader;
use async_graphql::{Context, Request};
use nexusflow_application::{Application, Call};
use nexusflow_domain::insight::Origin;

use crate::failure::{Failure, unauthenticated};
use crate::loader::Links;

/// Who sends an operation, and from where.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The signed-in person's call; `None` for nobody.
    pub call: Option<Call>,
    /// Address, client and correlation id.
    pub origin: Origin,
}

/// Gives a request what its resolvers read: the caller, and loaders that live as long as it does.
pub fn attach(application: &Arc<Application>, request: Request, caller: Caller) -> Request {
    let links = caller.call.clone().map(|call| {
        // A delay of nothing: whatever is asked for in one turn is one batch.
        DataLoader::new(Links::new(application.clone(), call), tokio::spawn).delay(std::time::Duration::ZERO)
    });
    request.data(caller).data(links)
}

/// The use cases.
pub(crate) fn application<'a>(ctx: &Context<'a>) -> &'a Arc<Application> {
    ctx.data_unchecked::<Arc<Application>>()
}

/// The caller, signed in or not.
pub(crate) fn caller<'a>(ctx: &Context<'a>) -> &'a Caller {
    ctx.data_unchecked::<Caller>()
}

/// The signed-in caller; an `UNAUTHENTICATED` failure for nobody.
pub(crate) fn call<'a>(ctx: &Context<'a>) -> Result<&'a Call, Failure> {
    caller(ctx).call.as_ref().ok_or_else(unauthenticated)
}

/// The loaders that links go through.
pub(crate) fn links<'a>(ctx: &Context<'a>) -> Result<&'a DataLoader<Links>, Failure> {
    ctx.data_unchecked::<Option<DataLoader<Links>>>().as_ref().ok_or_else(unauthenticated)
}
