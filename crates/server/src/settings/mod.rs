//! Settings: a file, then the environment, then flags; each overrides the one before.

mod connectors;
mod duration;
mod load;
mod model;
mod redacted;

pub use connectors::{ConnectorSettings, HttpConnectorSettings, SmtpSettings};
pub use load::{Overrides, SettingsError};
pub use model::{AuthSettings, DatabaseSettings, HttpSettings, LogFormat, LogSettings, Settings, WorkerSettings};
pub use redacted::{DatabaseUrl, Secret};
