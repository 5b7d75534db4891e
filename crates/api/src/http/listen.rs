//! Where the service listens.

use std::{io, net::SocketAddr};

use axum::serve::{ListenerExt as _, TapIo};
use tokio::net::{TcpListener, TcpStream};

/// Connections whose answers leave at once.
pub type Listening = TapIo<TcpListener, fn(&mut TcpStream)>;

/// Listens on an address; its port may be 0, for any.
///
/// A small message is not held back until the one before is acknowledged (Nagle's algorithm, RFC 896): over WebSocket, where
/// every answer is followed by its end, that made the next answer wait for 40 ms.
///
/// # Errors
///
/// When nobody may listen there, or somebody else does.
pub async fn listen(address: SocketAddr) -> io::Result<Listening> {
    Ok(TcpListener::bind(address).await?.tap_io(at_once))
}

/// A connection that ended before this shows as one that ended; it need not be told here.
fn at_once(connection: &mut TcpStream) {
    let _ = connection.set_nodelay(true);
}
