//! Servers on the loopback interface that say what a test tells them to.

#![allow(dead_code, clippy::allow_attributes, reason = "every test binary uses a part of it")]

mod smtp;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

pub use smtp::SmtpServer;

/// Answers every connection with the same bytes, and keeps what was sent to it.
pub struct HttpServer {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
    hung_up: Arc<Notify>,
}

impl HttpServer {
    /// Says this and hangs up.
    pub async fn saying(answer: &[u8]) -> Self {
        Self::start(answer.to_vec(), false).await
    }

    /// Says this and waits until the other side hangs up.
    pub async fn stalling(answer: &[u8]) -> Self {
        Self::start(answer.to_vec(), true).await
    }

    async fn start(answer: Vec<u8>, stalls: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (heard, hung_up) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Notify::new()));
        let server = Self { address, heard: heard.clone(), hung_up: hung_up.clone() };
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (answer, heard, hung_up) = (answer.clone(), heard.clone(), hung_up.clone());
                tokio::spawn(async move {
                    let request = request(&mut stream).await;
                    heard.lock().expect("no panic elsewhere").push(request);
                    let _ = stream.write_all(&answer).await;
                    if stalls {
                        let _ = stream.read(&mut [0; 1]).await;
                        hung_up.notify_one();
                    }
                });
            }
        });
        server
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Everything that was sent to it.
    pub async fn heard(&self) -> Vec<String> {
        // A connection that is on its way is heard of.
        tokio::time::sleep(Duration::from_millis(50)).await;
        self.heard.lock().expect("no panic elsewhere").clone()
    }

    pub async fn expect_hung_up(&self) {
        tokio::time::timeout(Duration::from_secs(5), self.hung_up.notified()).await.expect("the other side hangs up");
    }
}

/// One request with its body.
async fn request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut part = [0; 4_096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .to_ascii_lowercase()
                .lines()
                .find_map(|line| line.strip_prefix("content-length: ").and_then(|length| length.parse::<usize>().ok()));
            if body.len() >= length.unwrap_or(0) {
                return text;
            }
        }
        match stream.read(&mut part).await {
            Ok(length @ 1..) => bytes.extend_from_slice(&part[..length]),
            _ => return text,
        }
    }
}
