use std::sync::Arc;

use async_graphql::Request;
use nexusflow_application::Application;

use super::documents::Documents;
use super::options::ApiOptions;
use crate::Caller;

/// Gives a request what its resolvers read from the context: the caller and fresh loaders.
pub type Attach = Arc<dyn Fn(Request, Caller) -> Request + Send + Sync>;

/// What every handler needs.
pub(super) struct Api<E> {
    pub(super) executor: E,
    pub(super) application: Arc<Application>,
    pub(super) documents: Documents,
    pub(super) options: ApiOptions,
    pub(super) attach: Attach,
}
