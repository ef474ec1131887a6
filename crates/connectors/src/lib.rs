//! What automatic steps call: HTTP servers and a mail server, behind the ports of `application`.
//!
//! Workflows say where to, so everything that goes out passes a [`HttpPolicy`]: it judges the addresses to which a name
//! leads at the moment of the connection, so that neither odd forms of an address nor a name that changes its meaning
//! (DNS rebinding) come through. Redirects are not followed, answers are read up to a limit and never decompressed, and
//! nothing that is sent is logged. A new connector implements a port of `application`, and is told its limits by
//! settings of the server.

mod address;
mod connector;
mod http_client;
mod mail;
mod policy;
mod resolve;

pub use address::is_public;
pub use http_client::{HttpClient, HttpLimits};
pub use mail::{BadMailSettings, NoMail, SmtpMailer};
pub use policy::{HttpPolicy, InvalidRule, Rule};
pub use resolve::{Resolve, SystemResolver};
