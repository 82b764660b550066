//! A server on a real socket: addresses it refuses, clients that dawdle, and the way it stops.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

use std::sync::Arc;
use std::time::Duration;

use gauntlet_registry::LocalFiles;
use gauntlet_registry_server::{App, Artifacts, Limits, Role, ServeError, Tokens, listen, serve};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

async fn start(
    dir: &std::path::Path,
    limits: Limits,
) -> (u16, oneshot::Sender<()>, JoinHandle<()>) {
    let listener = listen("127.0.0.1", 0, &Tokens::default()).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let artifacts = Artifacts::new().proxied(Arc::new(LocalFiles::new(dir)));
    let app = Arc::new(App::artifacts_only(artifacts).limits(limits));
    let (stop, stopped) = oneshot::channel();
    let server = tokio::spawn(serve(listener, app, async move {
        let _ = stopped.await;
    }));
    (port, stop, server)
}

async fn connect(port: u16) -> TcpStream {
    TcpStream::connect(("127.0.0.1", port)).await.unwrap()
}

async fn rest(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    tokio::time::timeout(Duration::from_secs(20), read).await.unwrap().unwrap();
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn an_address_that_others_reach_needs_a_token() {
    for host in ["0.0.0.0", "::"] {
        let error = listen(host, 0, &Tokens::default()).await.unwrap_err();
        assert!(matches!(error, ServeError::Open { .. }), "{error}");
        assert!(error.to_string().contains("no token is asked for"), "{error}");
    }
    let tokens = Tokens::from_pairs([("a", Role::Read, "0123456789abcdef")]).unwrap();
    assert!(listen("0.0.0.0", 0, &tokens).await.is_ok());
    assert!(listen("localhost", 0, &Tokens::default()).await.is_ok());
    let error = listen("no such host", 0, &tokens).await.unwrap_err();
    assert!(matches!(error, ServeError::Host { .. }), "{error}");
}

#[tokio::test]
async fn a_client_that_never_ends_its_head_is_cut_off() {
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits { head: Duration::from_millis(300), ..Limits::default() };
    let (port, _stop, _server) = start(dir.path(), limits).await;
    let mut slow = connect(port).await;
    slow.write_all(b"GET /health HTTP/1.1\r\nHost: local").await.unwrap();
    let answer = rest(slow).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
}

#[tokio::test]
async fn idle_connections_do_not_keep_others_out_for_good() {
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits { connections: 2, head: Duration::from_millis(300), ..Limits::default() };
    let (port, _stop, _server) = start(dir.path(), limits).await;
    let _hoarded = [connect(port).await, connect(port).await];
    let mut third = connect(port).await;
    let request = b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    third.write_all(request).await.unwrap();
    assert!(rest(third).await.ends_with("OK"));
}

#[tokio::test]
async fn an_upload_that_has_begun_is_finished_before_the_server_stops() {
    let dir = tempfile::tempdir().unwrap();
    let (port, stop, server) = start(dir.path(), Limits::default()).await;
    let mut upload = connect(port).await;
    let head = "PUT /api/2.0/mlflow-artifacts/artifacts/a HTTP/1.1\r\nHost: localhost\r\n\
        Content-Length: 10\r\n\r\n01234";
    upload.write_all(head.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    stop.send(()).unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_err(), "nobody new is let in");
    upload.write_all(b"56789").await.unwrap();
    assert!(rest(upload).await.starts_with("HTTP/1.1 200"));
    server.await.unwrap();
    assert_eq!(fs_err::read(dir.path().join("a")).unwrap(), b"0123456789");
}

#[tokio::test]
async fn whoever_breaks_an_upload_off_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (port, stop, server) = start(dir.path(), Limits::default()).await;
    let mut upload = connect(port).await;
    let head = "PUT /api/2.0/mlflow-artifacts/artifacts/a HTTP/1.1\r\nHost: localhost\r\n\
        Content-Length: 9000000\r\n\r\n";
    upload.write_all(head.as_bytes()).await.unwrap();
    upload.write_all(&vec![0; 3_000_000]).await.unwrap();
    drop(upload);
    stop.send(()).unwrap();
    server.await.unwrap();
    assert_eq!(fs_err::read_dir(dir.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn what_needs_the_database_is_off_in_a_server_of_artefacts() {
    let dir = tempfile::tempdir().unwrap();
    let (port, _stop, _server) = start(dir.path(), Limits::default()).await;
    let mut stream = connect(port).await;
    let request = "GET /api/2.0/mlflow/runs/get?run_id=x HTTP/1.1\r\nHost: localhost\r\n\
        Connection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let answer = rest(stream).await;
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("--artifacts-only"), "{answer}");
}
