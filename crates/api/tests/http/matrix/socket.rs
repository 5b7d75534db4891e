//! GraphQL over WebSocket (the protocol `graphql-transport-ws`), as little of it as the matrix needs.

use std::{net::SocketAddr, time::Duration};

use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream,
    tungstenite::{Message, client::IntoClientRequest as _},
};

use super::operations::Operation;

/// How long it takes at most until a subscription that is refused says so, on a machine that has much else to do.
pub(super) const SILENCE: Duration = Duration::from_millis(250);

/// An open connection of somebody.
pub(super) struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    tries: usize,
}

impl Socket {
    pub(super) async fn open(address: SocketAddr, cookie: &str) -> Self {
        let mut request = format!("ws://{address}/graphql/ws").into_client_request().expect("a request");
        let headers = request.headers_mut();
        headers.insert("sec-websocket-protocol", "graphql-transport-ws".parse().expect("a header"));
        headers.insert("origin", format!("http://{address}").parse().expect("a header"));
        if !cookie.is_empty() {
            headers.insert("cookie", cookie.parse().expect("a header"));
        }
        let (stream, _) = tokio_tungstenite::connect_async(request).await.expect("connects");
        let mut socket = Self { stream, tries: 0 };
        socket.send(&json!({ "type": "connection_init" })).await;
        assert_eq!(socket.hear().await["type"], "connection_ack");
        socket
    }

    /// The first answer; nothing when it is a subscription that goes on.
    pub(super) async fn try_out(&mut self, operation: &Operation) -> Option<Value> {
        self.tries += 1;
        let id = self.tries.to_string();
        let payload = json!({ "query": operation.document, "variables": operation.variables() });
        self.send(&json!({ "type": "subscribe", "id": id, "payload": payload })).await;
        if operation.is_subscription() {
            let heard = tokio::time::timeout(SILENCE, self.answer(&id)).await;
            self.send(&json!({ "type": "complete", "id": id })).await;
            return heard.ok();
        }
        Some(self.answer(&id).await)
    }

    async fn answer(&mut self, id: &str) -> Value {
        loop {
            let mut message = self.hear().await;
            if message["id"] != id {
                continue;
            }
            match message["type"].as_str() {
                Some("next") => return message["payload"].take(),
                Some("error") => return json!({ "errors": message["payload"] }),
                other => panic!("{other:?} is no answer: {message}"),
            }
        }
    }

    async fn send(&mut self, message: &Value) {
        self.stream.send(Message::text(message.to_string())).await.expect("is sent");
    }

    async fn hear(&mut self) -> Value {
        loop {
            match self.stream.next().await.expect("goes on").expect("a message") {
                Message::Text(text) => return serde_json::from_str(&text).expect("json"),
                Message::Close(reason) => panic!("was closed: {reason:?}"),
                _ => {}
            }
        }
    }
}
