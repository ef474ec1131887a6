//! The engine's use cases: starting requests, working their steps, and what time sets off.

mod action_outcome;
mod action_ports;
mod actions;
mod breaker;
mod calls;
mod commit;
mod committer;
mod decision;
mod delivery;
mod execution;
mod expectations;
mod explanation;
mod fetched;
mod gathered;
mod inbox;
mod job;
mod job_pause;
mod job_pauses;
mod journal;
mod latest;
mod lifecycle;
mod message;
mod message_ports;
mod messages;
mod model;
mod operation;
mod permission;
mod ports;
mod projection;
mod read_service;
mod retries;
mod rows;
mod service;
mod start;
mod target;
mod timers;
mod webhooks;
mod work;
mod work_signal;
mod workers;

pub use action_ports::{CallError, HttpAnswer, HttpCaller, Mailer};
pub use actions::{ActionNews, ActionService};
pub use calls::CallService;
pub use commit::{CommitConflict, CommitUnit, Lease, LoadedRequest, Reception, Wake};
pub use explanation::{ExplanationService, Moment, Snapshot, StuckRequest, Waits};
pub use fetched::{Fetch, FetchedJob};
pub use inbox::{OpenWork, may_do_any_work, working_voices};
pub use job::{ClaimedJob, JobChange, JobKind, NewJob};
pub use job_pause::{JobPause, JobPauseReader, PausedWork};
pub use job_pauses::JobPauseService;
pub use message::{
    Address, Deliverable, Message, MessageFilter, NewMessage, Received, Subscription, SubscriptionChange, Unreceived,
};
pub use message_ports::{MessageReader, MessageStore};
pub use messages::{MessageService, Published};
pub use model::{
    CallingStep, Escalation, FailedStepFilter, InboxFilter, InboxItem, NewRequest, Notification, Request,
    RequestFilter, RequestOrder, RequestOrderField, RequestStep, StepInstance, StepJob, Written,
};
pub use ports::{JobStore, NotificationReader, RequestReader, RequestStore, StepReader};
pub use read_service::RequestReadService;
pub use retries::{BulkRetry, Retried};
pub use rows::{NewEscalation, NewNotification, StepChange};
pub use service::RequestService;
pub use timers::TimerService;
pub use webhooks::{Webhook, WebhookAddresses, WebhookService};
pub use work::Completion;
pub use workers::{HeldJob, WorkResult, WorkerService};
