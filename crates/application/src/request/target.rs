//! Where work goes: what circuit breakers, pauses and operators tell apart.

use nexusflow_domain::request::{OpenStep, Work};
use nexusflow_domain::workflow::ActionKind;
use serde_json::Value;
use url::Url;

/// Where the job of an open step goes: the type of its workers, or host and port of an HTTP request, or `smtp` for
/// mail. `None` when it has no job, or its address cannot be read.
pub(super) fn target(open: &OpenStep) -> Option<String> {
    let Work::Job(work) = &open.work else { return None };
    match work.action {
        None => Some(work.job_type.clone()),
        Some(ActionKind::Http) => {
            let url = open.input.as_ref()?.get("url").and_then(Value::as_str)?;
            let url = Url::parse(url).ok()?;
            Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?))
        }
        Some(ActionKind::Email) => Some("smtp".to_owned()),
    }
}
