//! From a listener to connections, and to the end of the last one.

use std::future::Future;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;

use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower::Service as _;

use crate::access::Tokens;
use crate::app::App;
use crate::gate::Peer;
use crate::routes::router;

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The host is no address of this machine.
    #[error("`{host}` is no address to listen on: {source}")]
    Host {
        /// The host.
        host: String,
        /// Why not.
        source: io::Error,
    },
    /// Others could connect, and nobody would be asked for a token.
    #[error(
        "{address} is open to others, and no token is asked for: give --tokens a file \
         (`gauntlet registry token` makes its entries), or listen on 127.0.0.1"
    )]
    Open {
        /// The address.
        address: SocketAddr,
    },
    /// The address is taken, or this user may not listen on it.
    #[error("cannot listen on {host}:{port}: {source}")]
    Listen {
        /// The host.
        host: String,
        /// The port.
        port: u16,
        /// Why not.
        source: io::Error,
    },
}

/// Listens on a host and port. Without tokens it has to be one that only this machine reaches.
///
/// # Errors
/// It is not, or the address cannot be had.
pub async fn listen(host: &str, port: u16, tokens: &Tokens) -> Result<TcpListener, ServeError> {
    let resolved = (host.trim_matches(['[', ']']), port).to_socket_addrs();
    let addresses: Vec<SocketAddr> =
        resolved.map_err(|source| ServeError::Host { host: host.to_owned(), source })?.collect();
    if tokens.is_empty()
        && let Some(address) = addresses.iter().find(|address| !address.ip().is_loopback())
    {
        return Err(ServeError::Open { address: *address });
    }
    let taken = |source| ServeError::Listen { host: host.to_owned(), port, source };
    TcpListener::bind(addresses.as_slice()).await.map_err(taken)
}

/// Serves until `stop` is ready; then requests that have begun are finished.
pub async fn serve(listener: TcpListener, app: Arc<App>, stop: impl Future<Output = ()>) {
    let limits = app.limits;
    let router = router(app.clone());
    let connections = Arc::new(Semaphore::new(limits.connections));
    let graceful = GracefulShutdown::new();
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.head).max_buf_size(1 << 20);
    let sweep = tokio::spawn(sweep(app));
    tokio::pin!(stop);
    loop {
        let next = async {
            // The semaphore is never closed.
            let place = connections.clone().acquire_owned().await.ok();
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            () = &mut stop => break,
            next = next => next,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of descriptors, most likely: whoever is connected has to go first.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                continue;
            }
        };
        prepare(&stream);
        let mut router = router.clone();
        let service = tower::service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(Peer(peer));
            router.call(request)
        });
        let connection =
            http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            let _place = place;
            if let Err(error) = connection.await {
                tracing::debug!(%error, %peer, "a connection broke off");
            }
        });
    }
    drop(listener);
    sweep.abort();
    tracing::info!("stopping: requests that have begun are finished");
    if tokio::time::timeout(limits.grace, graceful.shutdown()).await.is_err() {
        tracing::warn!(seconds = limits.grace.as_secs(), "requests were still open");
    }
}

/// Small answers go out at once: a client that waits for the rest of a segment waits 40 ms.
fn prepare(stream: &TcpStream) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot send without delay");
    }
}

/// Removes forgotten uploads now and then.
async fn sweep(app: Arc<App>) {
    let mut hours = tokio::time::interval(std::time::Duration::from_secs(3600));
    loop {
        hours.tick().await;
        let Some(own) = &app.registry else { return };
        let uploads = own.uploads.clone();
        match tokio::task::spawn_blocking(move || uploads.sweep()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "cannot remove old uploads"),
            Err(error) => tracing::warn!(%error, "cannot remove old uploads"),
        }
    }
}
