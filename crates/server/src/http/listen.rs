use std::io::ErrorKind;
use std::net::SocketAddr;

use tokio::net::TcpListener;

/// Takes the address, or says in one line why not and what to do.
pub async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        let advice = "choose another with --address or NEXUSFLOW_HTTP__ADDRESS";
        anyhow::Error::msg(match error.kind() {
            ErrorKind::AddrInUse => format!("cannot listen on {address}: the port is in use; {advice}"),
            ErrorKind::PermissionDenied => format!("cannot listen on {address}: not allowed to this user; {advice}"),
            ErrorKind::AddrNotAvailable => {
                format!("cannot listen on {address}: not an address of this machine; {advice}")
            }
            _ => format!("cannot listen on {address}: {error}"),
        })
    })
}
