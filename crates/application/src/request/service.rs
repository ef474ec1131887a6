use std::sync::Arc;

use crate::access::Authorizer;
use crate::administration::Registrar;
use crate::application::Ports;
use crate::platform::{Clock, IdGenerator};
use crate::request::committer::Committer;
use crate::request::latest::Latest;
use crate::request::work_signal::WorkSignal;
use crate::request::{MessageStore, RequestReader, RequestStore, StepReader};
use crate::workflow::{Catalogue, WorkflowReader};

/// Everything that changes requests. Every path goes through [`RequestService::execute`].
pub struct RequestService {
    pub(super) authorizer: Authorizer,
    pub(super) store: Arc<dyn RequestStore>,
    pub(super) reader: Arc<dyn RequestReader>,
    pub(super) steps: Arc<dyn StepReader>,
    pub(super) messages: Arc<dyn MessageStore>,
    pub(super) workflows: Arc<dyn WorkflowReader>,
    pub(super) registrar: Registrar,
    pub(super) catalogue: Catalogue,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) ids: Arc<dyn IdGenerator>,
    pub(super) committer: Committer,
    pub(super) latest: Latest,
    pub(super) work: WorkSignal,
}

impl RequestService {
    pub(crate) fn new(ports: &Ports, authorizer: Authorizer, registrar: Registrar, catalogue: Catalogue) -> Self {
        Self {
            authorizer,
            store: ports.requests.clone(),
            reader: ports.request_reader.clone(),
            steps: ports.steps.clone(),
            messages: ports.messages.clone(),
            workflows: ports.workflows.clone(),
            registrar,
            catalogue,
            clock: ports.clock.clone(),
            ids: ports.ids.clone(),
            committer: Committer::new(&ports.requests),
            latest: Latest::new(),
            work: WorkSignal::default(),
        }
    }
}
