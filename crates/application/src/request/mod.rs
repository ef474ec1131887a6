//! The engine's use cases: starting requests, working their steps, and what time sets off.

mod commit;
mod decision;
mod execution;
mod expectations;
mod explanation;
mod fetched;
mod job;
mod journal;
mod lifecycle;
mod model;
mod operation;
mod permission;
mod ports;
mod projection;
mod read_service;
mod rows;
mod service;
mod start;
mod timers;
mod work;
mod work_signal;
mod workers;

pub use commit::{CommitConflict, CommitUnit, Lease, LoadedRequest, Wake};
pub use explanation::{ExplanationService, Moment, Snapshot, StuckRequest};
pub use fetched::{Fetch, FetchedJob};
pub use job::{ClaimedJob, JobChange, JobKind, NewJob};
pub use model::{
    Escalation, FailedStepFilter, InboxFilter, InboxItem, NewRequest, Notification, Request, RequestFilter,
    RequestOrder, RequestOrderField, RequestStep, StepInstance, StepJob,
};
pub use ports::{JobStore, NotificationReader, RequestReader, RequestStore, StepReader};
pub use read_service::RequestReadService;
pub use rows::{NewEscalation, NewNotification, StepChange};
pub use service::RequestService;
pub use timers::TimerService;
pub use work::Completion;
pub use workers::{HeldJob, WorkResult, WorkerService};
