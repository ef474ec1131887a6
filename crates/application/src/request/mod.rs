//! The engine's use cases: starting requests, working their steps, and what time sets off.

mod commit;
mod journal;
mod model;
mod ports;
mod projection;
mod read_service;
mod service;
mod timers;

pub use commit::{CommitConflict, CommitUnit, LoadedRequest, Wake};
pub use model::{
    Escalation, InboxFilter, InboxItem, NewRequest, Notification, Request, RequestFilter, RequestOrder,
    RequestOrderField, RequestStep,
};
pub use ports::{ClaimedJob, JobStore, NotificationReader, RequestReader, RequestStore, StepReader};
pub use projection::{NewEscalation, NewNotification, StepChange};
pub use read_service::RequestReadService;
pub use service::{Completion, RequestService};
pub use timers::TimerService;
