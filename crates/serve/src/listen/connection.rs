//! One connection, from its first byte to its last.

use std::convert::Infallible;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use axum::routing::future::RouteFuture;
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tower_service::Service as _;

use super::farewell;
use super::limits::{Limits, seconds};
use super::patience::Patience;
use super::pulse::{Phase, Pulse};
use super::tls::Tls;
use super::wire::{Stream, Wire};

/// The address of whoever is connected; every request carries it as an extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Peer(pub(crate) SocketAddr);

/// How far the server is with stopping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Not at all.
    Serving,
    /// Requests that have begun are finished.
    Stopping,
    /// Nothing more is waited for.
    Over,
}

/// What all connections share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) router: Router,
    pub(super) http: http1::Builder,
    pub(super) limits: Limits,
    pub(super) tls: Option<Arc<Tls>>,
}

/// How a connection came to its end.
enum End {
    /// By itself.
    Done(hyper::Result<()>),
    /// It took too long.
    Late,
    /// The server is over.
    Over,
}

/// Answers the requests of one connection.
pub(super) async fn run(
    stream: TcpStream,
    peer: SocketAddr,
    shared: Arc<Shared>,
    mut stage: watch::Receiver<Stage>,
) {
    let opened = tokio::select! {
        opened = open(stream, peer, &shared) => opened,
        // A handshake is no request that has begun.
        _ = stage.changed() => None,
    };
    let Some(stream) = opened else { return };
    let pulse = Arc::new(Pulse::default());
    let wire = TokioIo::new(Wire::new(stream, pulse.clone()));
    let front = Front { router: shared.router.clone(), peer: Peer(peer), pulse: pulse.clone() };
    let mut http = shared.http.serve_connection(wire, front);
    let mut patience = Patience::new(&shared.limits);
    let end = loop {
        let attend = poll_fn(|cx| {
            if let Poll::Ready(done) = http.poll_without_shutdown(cx) {
                return Poll::Ready(End::Done(done));
            }
            patience.poll(cx, pulse.beat()).map(|()| End::Late)
        });
        let changed = tokio::select! {
            biased;
            end = attend => break end,
            changed = stage.changed() => changed,
        };
        // Without a server there is nobody left to wait for.
        if changed.is_err() || *stage.borrow_and_update() == Stage::Over {
            break End::Over;
        }
        Pin::new(&mut http).graceful_shutdown();
        patience.hurry();
    };
    let parts = http.into_parts();
    let mut wire = parts.io.into_inner();
    let (last, unread): (&[u8], bool) = match end {
        End::Over => return,
        End::Late => {
            let head = pulse.beat().phase() == Phase::Head && !parts.read_buf.is_empty();
            tracing::debug!(%peer, head, "a connection took too long");
            (if head { farewell::LATE } else { b"" }, head)
        }
        End::Done(Ok(())) => (b"", pulse.is_unread()),
        End::Done(Err(error)) => {
            tracing::debug!(%error, %peer, "a connection broke off");
            // What cannot be parsed was answered, and there may be more of it.
            (b"", error.is_parse())
        }
    };
    if !wire.has_ended() || !last.is_empty() {
        tokio::select! {
            () = farewell::close(&mut wire, last, unread) => (),
            _ = stage.wait_for(|stage| *stage == Stage::Over) => (),
        }
    }
}

/// The stream that requests come on: after the handshake, if there is one.
async fn open(stream: TcpStream, peer: SocketAddr, shared: &Shared) -> Option<Stream> {
    let Some(tls) = &shared.tls else { return Some(Stream::Plain(stream)) };
    let limit = seconds(shared.limits.handshake_seconds);
    match timeout(limit, tls.acceptor().accept(stream)).await {
        Ok(Ok(stream)) => Some(Stream::Encrypted(Box::new(stream))),
        Ok(Err(error)) => {
            tracing::debug!(%error, %peer, "a TLS handshake failed");
            None
        }
        Err(_) => {
            tracing::debug!(%peer, "a TLS handshake took too long");
            None
        }
    }
}

/// The router, as one connection sees it.
struct Front {
    router: Router,
    peer: Peer,
    pulse: Arc<Pulse>,
}

impl hyper::service::Service<Request<Incoming>> for Front {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answering;

    fn call(&self, request: Request<Incoming>) -> Answering {
        self.pulse.begin();
        let has_body = !request.body().is_end_stream();
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(self.peer);
        let future = self.router.clone().call(request);
        Answering { future, has_body, pulse: self.pulse.clone() }
    }
}

/// An answer that is being made.
struct Answering {
    future: RouteFuture<Infallible>,
    has_body: bool,
    pulse: Arc<Pulse>,
}

impl Future for Answering {
    type Output = Result<Response<Body>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let response = ready!(Pin::new(&mut self.future).poll(cx));
        let refused = response.as_ref().is_ok_and(|response| response.status().as_u16() >= 400);
        self.pulse.end(refused && self.has_body);
        Poll::Ready(response)
    }
}
