//! More connections than there are places.

use super::*;

#[tokio::test]
async fn a_connection_too_many_is_told_to_come_back() {
    for limits in [
        Limits { connections: 2.try_into().unwrap(), ..short() },
        Limits { connections_per_peer: 2.try_into().unwrap(), ..short() },
    ] {
        let server = Server::start(Limits { head_seconds: 20.try_into().unwrap(), ..limits }).await;
        let (mut first, mut second) = (server.connect().await, server.connect().await);
        assert_eq!(ask(&mut first, "/").await.0, 200);
        let mut third = server.connect().await;
        send(&mut third, "GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
        let said = rest(&mut third).await;
        assert!(said.starts_with("HTTP/1.1 503 ") && said.contains("retry-after: 1"), "{said}");
        assert_eq!(ask(&mut second, "/").await.0, 200);
        drop(first);
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(ask(&mut server.connect().await, "/").await.0, 200);
    }
}

#[tokio::test]
async fn however_many_come_at_once_everyone_is_answered_one_way_or_the_other() {
    let limits = Limits { connections: 8.try_into().unwrap(), ..short() };
    let server = Server::start(limits).await;
    let mut waiting = tokio::task::JoinSet::new();
    for _ in 0..200 {
        let address = server.address;
        waiting.spawn(async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            send(&mut stream, "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
            rest(&mut stream).await
        });
    }
    let said = waiting.join_all().await;
    let with = |status: &str| said.iter().filter(|said| said.starts_with(status)).count();
    assert!(with("HTTP/1.1 200 ") >= 8, "{said:?}");
    // Past the places, some get a word and the rest are closed.
    assert!(said.iter().all(|said| said.is_empty() || said.starts_with("HTTP/1.1 ")), "{said:?}");
    assert_eq!(ask(&mut server.connect().await, "/").await.0, 200);
}
