use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};

use super::close::Close;
use super::messages::{FromClient, FromServer};

/// How long an ending connection is kept for its last frames.
const LINGER: Duration = Duration::from_secs(1);

/// What comes in.
pub(super) enum Incoming {
    Message(FromClient),
    /// A sign of life.
    Alive,
    /// Not of the protocol, or too big.
    Wrong(Close),
    /// The client is gone.
    Gone,
}

/// The client does not take what is sent, or is gone.
#[derive(Debug)]
pub(super) struct Lost;

/// A WebSocket that speaks the protocol's messages. Nothing is buffered: while a message is not
/// taken, no operation is polled for the next one.
pub(super) struct Socket {
    inner: WebSocket,
    send_timeout: Duration,
}

impl Socket {
    pub(super) fn new(inner: WebSocket, send_timeout: Duration) -> Self {
        Self { inner, send_timeout }
    }

    /// The next message. Safe to drop while waiting.
    pub(super) async fn receive(&mut self) -> Incoming {
        match self.inner.recv().await {
            Some(Ok(Message::Text(text))) => {
                serde_json::from_str(&text).map_or(Incoming::Wrong(Close::BadMessage), Incoming::Message)
            }
            Some(Ok(Message::Binary(_))) => Incoming::Wrong(Close::BadMessage),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Incoming::Alive,
            Some(Ok(Message::Close(_))) | None => Incoming::Gone,
            Some(Err(error)) => wrong(&error),
        }
    }

    /// Sends a message of the protocol.
    pub(super) async fn send(&mut self, message: &FromServer<'_>) -> Result<(), Lost> {
        let text = serde_json::to_string(message).map_err(|error| {
            tracing::error!("cannot write a message: {error}");
            Lost
        })?;
        self.send_frame(Message::Text(text.into())).await
    }

    /// Asks whether the client is still there.
    pub(super) async fn ping(&mut self) -> Result<(), Lost> {
        self.send_frame(Message::Ping(Vec::new().into())).await
    }

    /// Says why, and ends; waits a moment for the client's own close frame, as RFC 6455 asks.
    pub(super) async fn close(mut self, close: Close) {
        let frame = CloseFrame { code: close.code(), reason: close.reason().into() };
        if self.send_frame(Message::Close(Some(frame))).await.is_err() {
            return;
        }
        match close {
            // What is too big is not read any further. Closing on bytes that wait unread resets the
            // connection, and the client may never see the frame, so it gets the time to.
            Close::TooBig => tokio::time::sleep(LINGER).await,
            _ => self.leave().await,
        }
    }

    /// Ends with a client that has said goodbye or does not answer: reading on sends what RFC 6455
    /// asks for in answer to its close frame. One that keeps talking is cut off.
    pub(super) async fn leave(mut self) {
        let drained = async { while let Some(Ok(_)) = self.inner.recv().await {} };
        let _ = tokio::time::timeout(LINGER, drained).await;
    }

    async fn send_frame(&mut self, frame: Message) -> Result<(), Lost> {
        match tokio::time::timeout(self.send_timeout, self.inner.send(frame)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Lost),
        }
    }
}

/// Protocol errors of the WebSocket itself: oversized messages and text that is not UTF-8 are the
/// client's fault; with anything else it is gone.
fn wrong(error: &axum::Error) -> Incoming {
    let text = std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
    if text.starts_with("Space limit exceeded") {
        Incoming::Wrong(Close::TooBig)
    } else if text.starts_with("UTF-8 encoding error") {
        Incoming::Wrong(Close::BadMessage)
    } else {
        Incoming::Gone
    }
}
