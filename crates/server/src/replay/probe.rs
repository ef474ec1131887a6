//! Attempts that must be refused, and must leave nothing but an audit entry.

use anyhow::{Context, Result, bail};

use crate::replay::client::Client;
use crate::replay::operations;
use crate::replay::plan::PlannedEvent;

/// The type of the refusal that is expected.
const EXPECTED: &str = "NotPermittedError";

/// Tries to complete a step as somebody who may not. An error unless that is refused as it must be
/// and the request is untouched.
pub(super) async fn denied(
    admin: &Client,
    somebody: &Client,
    request: &str,
    step: &str,
    planned: &PlannedEvent,
) -> Result<()> {
    let before = operations::version(admin, request).await.context("before the probe")?;
    match operations::complete(somebody, step, planned).await.context("the probe")? {
        Ok(_) => bail!("{} was completed by somebody who lacks its role", planned.step),
        Err(refusals) if refusals.len() != 1 || refusals[0].kind != EXPECTED => {
            bail!("the probe expected one {EXPECTED}, but was answered {}", operations::list(&refusals))
        }
        Err(_) => {}
    }
    let after = operations::version(admin, request).await.context("after the probe")?;
    if before.is_none() || before != after {
        bail!("the refused probe changed the request: version {before:?} became {after:?}");
    }
    Ok(())
}
