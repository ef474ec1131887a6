use std::sync::Arc;

use async_graphql::{Context, Error, ErrorExtensions, Request, Result};
use nexusflow_application::{Application, Call};
use nexusflow_domain::insight::Origin;

use crate::http::Code;
use crate::loader::{Loader, Loaders, Reads};

/// Who calls, and from where; per request.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The signed-in person's call; `None` when nobody is signed in.
    pub call: Option<Call>,
    /// Address, client and correlation id, known for everybody.
    pub origin: Origin,
}

/// Attaches what resolvers read from the context: the application, the caller and fresh loaders.
pub fn caller_data(request: Request, application: &Arc<Application>, caller: Caller) -> Request {
    let loaders = Arc::new(Loaders::new(Reads::new(application.clone(), caller.call.clone())));
    request.data(application.clone()).data(loaders).data(caller)
}

/// The signed-in caller; an `UNAUTHENTICATED` error when nobody is.
pub fn require_call<'a>(ctx: &Context<'a>) -> Result<&'a Call> {
    caller(ctx).ok_or_else(unauthenticated)
}

/// The signed-in caller, if somebody is.
pub(crate) fn caller<'a>(ctx: &Context<'a>) -> Option<&'a Call> {
    ctx.data_opt::<Caller>().and_then(|caller| caller.call.as_ref())
}

/// From where the request came, signed in or not.
pub(crate) fn origin(ctx: &Context<'_>) -> Origin {
    ctx.data_opt::<Caller>().map(|caller| caller.origin.clone()).unwrap_or_default()
}

/// The use cases.
pub(crate) fn application<'a>(ctx: &Context<'a>) -> Result<&'a Application> {
    ctx.data::<Arc<Application>>().map(AsRef::as_ref)
}

/// The request's loaders as they are now; mutations and events renew them.
pub(crate) fn loader(ctx: &Context<'_>) -> Result<Arc<Loader>> {
    ctx.data::<Arc<Loaders>>().map(|loaders| loaders.current())
}

/// Forgets what was loaded, because it was changed.
pub(crate) fn renew_loaders(ctx: &Context<'_>) {
    if let Some(loaders) = ctx.data_opt::<Arc<Loaders>>() {
        loaders.renew();
    }
}

/// Nobody is signed in.
pub(crate) fn unauthenticated() -> Error {
    Error::new("sign in to do this").extend_with(|_, values| values.set("code", Code::Unauthenticated.as_str()))
}
