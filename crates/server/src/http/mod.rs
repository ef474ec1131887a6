//! The HTTP server around the API: health, request log, panics, stopping.

mod health;
mod link_page;
mod listen;
mod public_keys;
mod request_log;
mod router;
mod server;

pub use health::Readiness;
pub use listen::listen;
pub use router::router;
pub use server::Server;
