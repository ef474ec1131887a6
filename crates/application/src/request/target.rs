//! Where an action goes: what circuit breakers and pauses tell apart.

use nexusflow_domain::request::OpenStep;
use nexusflow_domain::workflow::ActionKind;
use serde_json::Value;
use url::Url;

/// Host and port of an HTTP request, `smtp` for mail; `None` when the address cannot be read.
pub(super) fn target(action: ActionKind, open: Option<&OpenStep>) -> Option<String> {
    match action {
        ActionKind::Http => {
            let url = open?.input.as_ref()?.get("url").and_then(Value::as_str)?;
            let url = Url::parse(url).ok()?;
            Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?))
        }
        ActionKind::Email => Some("smtp".to_owned()),
    }
}
