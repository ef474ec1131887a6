//! The fakes keep the ports' contracts.

use std::sync::Arc;

use nexusflow_application::fakes::MemoryStore;
use nexusflow_port_tests::{Harness, StorePorts, contract_suites};

async fn memory() -> Option<Harness> {
    let ports = StorePorts::of(&Arc::new(MemoryStore::default()));
    Some(Harness { ports, cleanup: Box::pin(async { Ok(()) }) })
}

contract_suites!(memory);
