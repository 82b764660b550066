//! The end: what is finished, what is closed, and what is not waited for.

use super::*;

#[tokio::test]
async fn a_request_in_flight_is_finished_and_idle_connections_close_at_once() {
    let server = Server::start(Limits { head_seconds: 20.try_into().unwrap(), ..short() }).await;
    let address = server.address;
    let (mut busy, mut idle, mut fresh) =
        (server.connect().await, server.connect().await, server.connect().await);
    assert_eq!(ask(&mut idle, "/").await.0, 200);
    send(&mut busy, "GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let began = Instant::now();
    let stopped = tokio::spawn(server.stop());
    assert_eq!(rest(&mut idle).await, "");
    assert_eq!(rest(&mut fresh).await, "");
    assert!(began.elapsed() < Duration::from_millis(400), "{:?}", began.elapsed());
    assert!(TcpStream::connect(address).await.is_err());
    let said = rest(&mut busy).await;
    assert!(said.starts_with("HTTP/1.1 200 ") && said.ends_with("done"), "{said}");
    let took = stopped.await.unwrap();
    assert!(took < Duration::from_millis(1500), "{took:?}");
}

#[tokio::test]
async fn half_a_head_does_not_hold_the_end_up() {
    let server = Server::start(Limits { head_seconds: 20.try_into().unwrap(), ..short() }).await;
    let mut stream = server.connect().await;
    send(&mut stream, "GET / HTTP/1.1\r\nhos").await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let stopped = tokio::spawn(server.stop());
    assert!(rest(&mut stream).await.starts_with("HTTP/1.1 408 "));
    drop(stream);
    assert!(stopped.await.unwrap() < Duration::from_secs(3));
}

#[tokio::test]
async fn after_the_grace_nothing_is_waited_for() {
    let server = Server::start(Limits { grace_seconds: 1, ..short() }).await;
    let mut stream = server.connect().await;
    send(&mut stream, "GET /forever HTTP/1.1\r\nhost: x\r\n\r\n").await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let took = server.stop().await;
    assert!(took >= Duration::from_millis(900) && took < Duration::from_secs(3), "{took:?}");
    assert_eq!(rest(&mut stream).await, "");
}

#[tokio::test]
async fn a_server_that_is_dropped_ends_everything_at_once() {
    let server = Server::start(short()).await;
    let mut stream = server.connect().await;
    send(&mut stream, "GET /forever HTTP/1.1\r\nhost: x\r\n\r\n").await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let began = Instant::now();
    server.task.abort();
    assert_eq!(rest(&mut stream).await, "");
    assert!(began.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn an_open_address_is_not_listened_on_where_anyone_may_ask() {
    use crate::access::{Access, AccessSettings};
    let anonymous = AccessSettings { anonymous: true, ..AccessSettings::default() };
    let access = Access::open(&anonymous).unwrap();
    assert!(bind("127.0.0.1", 0, &access).await.is_ok());
    assert!(bind("[::1]", 0, &access).await.is_ok());
    let error = bind("0.0.0.0", 0, &access).await.unwrap_err();
    assert!(error.to_string().contains("open to others, and no API key"), "{error}");
    assert!(
        bind("no such host", 0, &access).await.unwrap_err().to_string().contains("no such host")
    );
    let keys = vec!["a-key-of-some-length".parse().unwrap()];
    let access = Access::open(&AccessSettings { keys, ..AccessSettings::default() }).unwrap();
    let listener = bind("0.0.0.0", 0, &access).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let error = bind("0.0.0.0", port, &access).await.unwrap_err();
    assert!(format!("{error:#}").contains(&port.to_string()), "{error:#}");
}
