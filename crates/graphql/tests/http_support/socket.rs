use std::time::Duration;

use futures::{SinkExt, Stream, StreamExt};
use reqwest::header;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::Server;

/// A client of graphql-transport-ws that says exactly what a test wants.
pub struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    pub async fn open(server: &Server) -> Self {
        let mut request =
            format!("ws://{}/graphql/ws", server.address).into_client_request().expect("a WebSocket request");
        let protocol = "graphql-transport-ws".parse().expect("a header value");
        request.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL.as_str(), protocol);
        Self(tokio_tungstenite::connect_async(request).await.expect("a WebSocket").0)
    }

    /// Opens and initialises, with an authorization if there is one.
    pub async fn initialised(server: &Server, authorization: Option<String>) -> Self {
        let mut socket = Self::open(server).await;
        socket.say(&json!({ "type": "connection_init", "payload": { "authorization": authorization } })).await;
        assert_eq!(socket.hear().await, Ok(json!({ "type": "connection_ack" })));
        socket
    }

    pub async fn say(&mut self, message: &Value) {
        self.say_text(message.to_string()).await;
    }

    pub async fn say_text(&mut self, text: String) {
        self.0.send(Message::text(text)).await.expect("a message sent");
    }

    pub async fn say_bytes(&mut self, bytes: Vec<u8>) {
        self.0.send(Message::binary(bytes)).await.expect("a message sent");
    }

    pub async fn subscribe(&mut self, id: &str, query: &str) {
        self.say(&json!({ "type": "subscribe", "id": id, "payload": { "query": query } })).await;
    }

    /// Says goodbye; what the server answers.
    pub async fn leave(mut self) -> Result<Value, u16> {
        let frame = CloseFrame { code: CloseCode::Normal, reason: "".into() };
        self.0.close(Some(frame)).await.expect("a close frame sent");
        self.hear().await
    }

    /// Listens while it talks; the first answer, or the close code.
    pub async fn hear_while_saying(self, text: String) -> Result<Value, u16> {
        let (mut mouth, ear) = self.0.split();
        let talking = tokio::spawn(async move { mouth.send(Message::text(text)).await });
        let heard = first(ear).await;
        talking.abort();
        heard
    }

    /// The next message, or the close code.
    pub async fn hear(&mut self) -> Result<Value, u16> {
        first(&mut self.0).await
    }
}

async fn first(mut frames: impl Stream<Item = Result<Message, Error>> + Unpin) -> Result<Value, u16> {
    loop {
        let next = tokio::time::timeout(Duration::from_secs(10), frames.next()).await.expect("a message in time");
        match next {
            Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).expect("JSON")),
            Some(Ok(Message::Close(frame))) => return Err(frame.map_or(1005, |frame| frame.code.into())),
            Some(Ok(_)) => {}
            Some(Err(error)) => panic!("the connection broke: {error}"),
            None => return Err(1006),
        }
    }
}
