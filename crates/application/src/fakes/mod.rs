//! Every port in memory, for tests of this and other layers (feature "fakes").
//!
//! [`MemoryStore`] is a model of a database that keeps the ports' promises: compare and set, all or
//! nothing, no row of another tenant, lists in order and by keyset. The contract suites of
//! `nexusflow-port-tests` hold it to them, as they hold the real stores. The other fakes are time,
//! ids and secrets that a test controls. [`ports`] wires them; [`fixture`] fills them with a tenant.
//! A new port gets its fake here before it gets its store.

mod actions;
mod clock;
pub mod fixture;
mod ids;
mod links;
mod memory;
mod passwords;
mod policy;
mod tokens;
mod webhooks;
mod wiring;

pub use actions::{MemoryMailer, ScriptedHttp};
pub use clock::ManualClock;
pub use ids::SequentialIds;
pub use links::PlainLinks;
pub use memory::MemoryStore;
pub use passwords::PlainPasswords;
pub use policy::SimplePolicy;
pub use tokens::TestTokens;
pub use webhooks::PlainWebhooks;
pub use wiring::ports;
