//! The schema on the application's fakes: what it answers, refuses, loads and tells.

mod batches;
mod calls;
mod counting;
mod decisions;
mod delegations;
mod drafts;
mod events;
mod failures;
mod file;
mod flow;
mod guards;
mod jobs;
mod limited_roles;
mod messages;
mod nodes;
mod over_http;
mod paging;
mod pauses;
mod reads;
mod refusals;
mod sessions;
mod soundness;
mod support;
mod tenancy;
