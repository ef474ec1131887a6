//! The engine's use cases: starting requests, working their steps, and what time sets off.

mod commit;
mod decision;
mod delivery;
mod execution;
mod expectations;
mod explanation;
mod job;
mod journal;
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
mod rows;
mod service;
mod start;
mod timers;
mod webhooks;
mod work;

pub use commit::{CommitConflict, CommitUnit, Lease, LoadedRequest, Reception, Wake};
pub use explanation::{ExplanationService, Moment, Snapshot, StuckRequest};
pub use job::{ClaimedJob, JobChange, JobKind, NewJob};
pub use message::{
    Address, Deliverable, Message, MessageFilter, NewMessage, Received, Subscription, SubscriptionChange, Unreceived,
};
pub use message_ports::{MessageReader, MessageStore};
pub use messages::{MessageService, Published};
pub use model::{
    Escalation, InboxFilter, InboxItem, NewRequest, Notification, Request, RequestFilter, RequestOrder,
    RequestOrderField, RequestStep, StepInstance,
};
pub use ports::{JobStore, NotificationReader, RequestReader, RequestStore, StepReader};
pub use read_service::RequestReadService;
pub use rows::{NewEscalation, NewNotification, StepChange};
pub use service::RequestService;
pub use timers::TimerService;
pub use webhooks::{Webhook, WebhookAddresses, WebhookService};
pub use work::Completion;
