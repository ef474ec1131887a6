use std::net::SocketAddr;

use anyhow::Context;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// How the network between a server and its database does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    Works,
    /// Connections are cut, new ones refused.
    Refuses,
    /// Connections are neither cut nor refused, but nothing comes through: for those of this time, never
    /// again, as when a firewall has forgotten them.
    Swallows,
}

/// Passes connections on to a server, as long as the network works.
pub struct Proxy {
    address: SocketAddr,
    network: watch::Sender<Network>,
}

impl Proxy {
    /// Before the server of a URL.
    pub async fn before(url: &str) -> anyhow::Result<Self> {
        let server = authority(url)?;
        let server = server.rsplit('@').next().unwrap_or(server).to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (network, state) = watch::channel(Network::Works);
        tokio::spawn(accept(listener, server, state));
        Ok(Self { address, network })
    }

    /// The URL of the same database through the proxy.
    pub fn url(&self, url: &str) -> anyhow::Result<String> {
        let authority = authority(url)?;
        let login = authority.rsplit_once('@').map(|(login, _)| format!("{login}@")).unwrap_or_default();
        Ok(url.replacen(authority, &format!("{login}{}", self.address), 1))
    }

    pub fn set(&self, network: Network) {
        self.network.send_replace(network);
    }
}

fn authority(url: &str) -> anyhow::Result<&str> {
    let rest = url.split_once("://").context("a URL with ://")?.1;
    Ok(rest.split(['/', '?']).next().unwrap_or(rest))
}

async fn accept(listener: TcpListener, server: String, mut state: watch::Receiver<Network>) {
    let Ok(address) = listener.local_addr() else { return };
    let mut listener = Some(listener);
    loop {
        let network = *state.borrow_and_update();
        if network == Network::Refuses {
            listener = None;
        } else if listener.is_none() {
            listener = TcpListener::bind(address).await.ok();
        }
        let accepted = async {
            match &listener {
                Some(listener) => listener.accept().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            changed = state.changed() => if changed.is_err() { return },
            accepted = accepted => if let Ok((client, _)) = accepted {
                tokio::spawn(connect(client, server.clone(), state.clone()));
            },
        }
    }
}

async fn connect(client: TcpStream, server: String, mut state: watch::Receiver<Network>) {
    let Ok(server) = TcpStream::connect(server).await else { return };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    // Dropped, the sockets would be closed.
    let (mut there, mut back) = ((from_client, to_server), (from_server, to_client));
    let network = tokio::select! {
        () = pass_on(&mut there) => return,
        () = pass_on(&mut back) => return,
        network = async { state.wait_for(|network| *network != Network::Works).await.map(|network| *network) } => network,
    };
    if matches!(network, Ok(Network::Swallows)) {
        let _ = state.wait_for(|network| *network == Network::Refuses).await;
    }
}

async fn pass_on((from, to): &mut (OwnedReadHalf, OwnedWriteHalf)) {
    let mut bytes = vec![0; 1 << 16];
    while let Ok(length @ 1..) = from.read(&mut bytes).await {
        if to.write_all(&bytes[..length]).await.is_err() {
            return;
        }
    }
}
