//! Requests: reading them, working their steps, watching them.

mod branching;
mod calls;
mod escalation;
mod events;
mod filters;
mod inbox;
mod instance_mutations;
mod job;
mod job_inputs;
mod job_mutations;
mod job_pause;
mod job_pause_mutations;
mod journal;
mod kinds;
mod lifecycle_mutations;
mod list;
mod message;
mod mutation;
mod operation_mutations;
mod publish_message;
mod query;
#[expect(clippy::module_inception, reason = "the file is named after the object in it")]
mod request;
mod request_step;
mod retry_failed_steps;
mod retry_steps;
mod snapshot;
mod start_request;
mod step_mutations;
mod subscription;
mod waiting;

pub(crate) use escalation::{Escalation, escalation};
pub use events::JournalPoll;
pub use job_mutations::JobMutation;
pub(crate) use job_pause::JobPause;
pub(crate) use list::RequestConnection;
pub(crate) use message::Message;
pub use mutation::RequestMutation;
pub use query::RequestQuery;
pub(crate) use request::Request;
pub(crate) use request_step::RequestStep;
pub use subscription::RequestSubscription;
