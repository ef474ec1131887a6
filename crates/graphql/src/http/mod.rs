//! How the API is reached: GraphQL over HTTP, WebSocket and server-sent events.
//!
//! A request goes: where from (`origin`), who (`authenticate`), what (`params`), within the
//! limits (`operation`), run (`execute`), errors made presentable (`finish`), written
//! (`respond`, `sse`, `websocket`). Nothing here knows a type of the schema. To add a
//! transport: a module that ends in `execute::execute` or `execute::subscribe`, a route in
//! `router_of`.

mod accept;
mod api;
mod authenticate;
mod body;
mod code;
mod correlation;
mod documents;
mod execute;
mod failure;
mod finish;
mod graphiql;
mod handlers;
mod hooks;
mod long_poll;
mod operation;
mod options;
mod origin;
mod params;
mod propagate;
mod respond;
mod routes;
mod sse;
mod sse_events;
mod websocket;

pub use api::Attach;
pub use code::Code;
pub(crate) use long_poll::LongPoll;
pub use options::ApiOptions;
pub use routes::{router, router_of};
