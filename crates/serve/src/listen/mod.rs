//! From a listener to connections, and to the end of the last one.
//!
//! One task per connection and none per request. What waits for a client has a limit: for the handshake, the head,
//! the body, the reader of an answer, and how many of them there are.

mod body;
mod connection;
mod farewell;
mod limits;
mod patience;
mod places;
mod pulse;
#[cfg(test)]
mod tests;
mod tls;
mod wire;

use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use hyper::server::conn::http1;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

use self::connection::{Shared, Stage};
use self::places::Places;
use crate::access::Access;
use crate::failure::Failure;

pub(crate) use self::body::read_body;
pub(crate) use self::connection::Peer;
pub(crate) use self::limits::{BodyLimits, Limits};
pub(crate) use self::tls::{Tls, TlsSettings};

/// Connections too many that are told so at once; others are closed without a word.
const FAREWELLS: usize = 64;

/// Bytes of a connection that are read ahead at most.
const BUFFER: usize = 128 << 10;

/// Listens on a host and port; where not everyone is asked for a key, only on loopback.
///
/// # Errors
/// The host is no address of this machine, or one that others reach; or the address is taken.
pub(crate) async fn bind(host: &str, port: u16, access: &Access) -> anyhow::Result<TcpListener> {
    let resolved = (host.trim_matches(['[', ']']), port).to_socket_addrs();
    let addresses: Vec<SocketAddr> = resolved
        .map_err(|error| {
            let message = format!("`{host}` is no address to listen on: {error}");
            Failure::usage(message, "give --host an address of this machine, such as 127.0.0.1")
        })?
        .collect();
    for address in &addresses {
        access.check_address(address.ip())?;
    }
    TcpListener::bind(addresses.as_slice())
        .await
        .with_context(|| format!("cannot listen on {addresses:?}"))
}

/// Serves until `stop` is ready; then requests that have begun have the grace of `limits` to finish. When this future
/// is dropped, all connections end at once.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    tls: Option<Arc<Tls>>,
    stop: impl Future<Output = ()>,
) {
    let (stage, _) = watch::channel(Stage::Serving);
    let places = Places::new(&limits);
    let shared = Arc::new(Shared { router, http: http(&limits), limits, tls: tls.clone() });
    let accept = accept(&listener, &places, &shared, &stage);
    let watch = async {
        match tls {
            Some(tls) => tls.watch().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = stop => (),
        () = accept => (),
        () = watch => (),
    }
    drop(listener);
    tracing::info!("stopping: requests that have begun are finished");
    stage.send_replace(Stage::Stopping);
    let grace = Duration::from_secs(limits.grace_seconds.into());
    if tokio::time::timeout(grace, places.all_free()).await.is_err() {
        tracing::warn!("requests were still open after {} s", grace.as_secs());
        stage.send_replace(Stage::Over);
    }
}

fn http(limits: &Limits) -> http1::Builder {
    let mut http = http1::Builder::new();
    let head = usize::try_from(limits.head_bytes.get()).unwrap_or(usize::MAX);
    // Time is watched here, for whole connections.
    http.header_read_timeout(None).max_header_size(head).max_buf_size(head.max(BUFFER));
    // The usual number has its place on the stack; any other is allocated for each request.
    if limits.headers != Limits::default().headers {
        http.max_headers(limits.headers.get().into());
    }
    http
}

/// Takes connections in; it never ends.
async fn accept(
    listener: &TcpListener,
    places: &Places,
    shared: &Arc<Shared>,
    stage: &watch::Sender<Stage>,
) {
    let farewells = Arc::new(Semaphore::new(FAREWELLS));
    loop {
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of descriptors, most likely: whoever is connected has to go first.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
        let Some(place) = places.take(peer.ip()) else {
            turn_away(stream, peer, shared, &farewells);
            continue;
        };
        // Small answers go out at once: a client that waits for the rest of a segment waits 40 ms.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "cannot send without delay");
        }
        let (shared, stage) = (shared.clone(), stage.subscribe());
        tokio::spawn(async move {
            let _place = place;
            connection::run(stream, peer, shared, stage).await;
        });
    }
}

/// Tells a connection that there is no place for it. Encrypted, that would cost more than it is worth.
fn turn_away(mut stream: TcpStream, peer: SocketAddr, shared: &Shared, farewells: &Arc<Semaphore>) {
    tracing::debug!(%peer, "turned a connection away");
    if shared.tls.is_none()
        && let Ok(place) = farewells.clone().try_acquire_owned()
    {
        tokio::spawn(async move {
            let _place = place;
            farewell::close(&mut stream, farewell::FULL, true).await;
        });
    }
}
