//! Connections that behave, and all those that do not, against a small router in this process.

mod bodies;
mod encrypted;
mod heads;
mod places;
mod stopping;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use axum::routing::{get, post};
use axum::{Extension, Router};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::*;
use crate::problem::Dialect;

/// A server in this process.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    stop: oneshot::Sender<()>,
    pub(super) task: JoinHandle<()>,
}

/// Limits that a test can wait for.
pub(super) fn short() -> Limits {
    Limits {
        head_seconds: 1.try_into().unwrap(),
        idle_seconds: 3.try_into().unwrap(),
        handshake_seconds: 1.try_into().unwrap(),
        body_bytes: 100_000.try_into().unwrap(),
        body_seconds: 4.try_into().unwrap(),
        grace_seconds: 5,
        ..Limits::default()
    }
}

fn router(limits: Limits) -> Router {
    let echo = move |request: Request| async move {
        match read_body(request.into_body(), &limits.body()).await {
            Ok(bytes) => bytes.into_response(),
            Err(problem) => problem.render(Dialect::Guide),
        }
    };
    let slow = |wait: u64| async move {
        tokio::time::sleep(Duration::from_millis(wait)).await;
        "done"
    };
    Router::new()
        .route("/", get(|Extension(Peer(peer)): Extension<Peer>| async move { peer.to_string() }))
        .route("/echo", post(echo))
        .route("/refuse", post(|| async { StatusCode::FORBIDDEN }))
        .route("/slow", get(move || slow(700)))
        .route("/forever", get(move || slow(60_000)))
        .route("/much", get(|| async { vec![b'x'; 64 << 20] }))
}

impl Server {
    pub(super) async fn start(limits: Limits) -> Self {
        Self::with(limits, None).await
    }

    pub(super) async fn with(limits: Limits, tls: Option<Arc<Tls>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let stopped = async {
            let _ = stopped.await;
        };
        let task = tokio::spawn(serve(listener, router(limits), limits, tls, stopped));
        Self { address, stop, task }
    }

    pub(super) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Tells the server to stop, and waits; how long it took.
    pub(super) async fn stop(self) -> Duration {
        let began = Instant::now();
        self.stop.send(()).unwrap();
        tokio::time::timeout(Duration::from_secs(20), self.task).await.unwrap().unwrap();
        began.elapsed()
    }
}

/// Sends bytes as they are.
pub(super) async fn send(stream: &mut (impl AsyncWrite + Unpin), text: impl AsRef<[u8]>) {
    // A server that refuses early may close before all is sent.
    let _ = stream.write_all(text.as_ref()).await;
}

/// Everything until the server closes.
pub(super) async fn rest(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut bytes = Vec::new();
    let all = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut bytes));
    let _ = all.await.expect("the server closes the connection");
    String::from_utf8(bytes).unwrap()
}

/// Status and body of one answer; the connection stays as it is.
pub(super) async fn answer(stream: &mut (impl AsyncRead + Unpin)) -> (u16, String) {
    let answer = async {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.expect("an answer"));
        }
        let head = String::from_utf8(head).unwrap();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        stream.read_exact(&mut body).await.unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), String::from_utf8(body).unwrap())
    };
    tokio::time::timeout(Duration::from_secs(20), answer).await.expect("an answer in time")
}

pub(super) async fn ask(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    path: &str,
) -> (u16, String) {
    send(stream, format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n")).await;
    answer(stream).await
}
