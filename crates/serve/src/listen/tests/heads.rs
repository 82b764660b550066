//! Heads of requests: slow, long, many, none.

use super::*;

/// Sends a byte every tenth of a second until the server closes; what it said and after how long.
async fn drip(stream: &mut TcpStream, text: &str) -> (String, Duration) {
    let began = Instant::now();
    for byte in text.bytes().chain(std::iter::repeat(b'x')) {
        send(stream, [byte]).await;
        let mut said = vec![0; 1000];
        let read = tokio::time::timeout(Duration::from_millis(100), stream.read(&mut said));
        if let Ok(read) = read.await {
            said.truncate(read.unwrap());
            return (String::from_utf8(said).unwrap() + &rest(stream).await, began.elapsed());
        }
        assert!(began.elapsed() < Duration::from_secs(15));
    }
    unreachable!("the text is endless")
}

#[tokio::test]
async fn one_connection_takes_many_requests_and_each_knows_its_peer() {
    let server = Server::start(short()).await;
    let mut stream = server.connect().await;
    let local = stream.local_addr().unwrap().to_string();
    for _ in 0..3 {
        assert_eq!(ask(&mut stream, "/").await, (200, local.clone()));
    }
    send(&mut stream, "GET / HTTP/1.1\r\nhost: x\r\n\r\nGET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert_eq!(answer(&mut stream).await.0, 200);
    assert_eq!(answer(&mut stream).await.0, 200);
}

#[tokio::test]
async fn a_head_that_comes_byte_by_byte_is_cut_off() {
    let server = Server::start(short()).await;
    let mut stream = server.connect().await;
    let (said, after) = drip(&mut stream, "GET / HTTP/1.1\r\nhost: x\r\nx-more: ").await;
    assert!(said.starts_with("HTTP/1.1 408 ") && said.contains("\"detail\""), "{said}");
    assert!(after >= Duration::from_millis(900) && after < Duration::from_secs(6), "{after:?}");
}

#[tokio::test]
async fn a_later_head_has_no_more_time_than_the_first() {
    let server = Server::start(Limits { idle_seconds: 60.try_into().unwrap(), ..short() }).await;
    let mut stream = server.connect().await;
    assert_eq!(ask(&mut stream, "/").await.0, 200);
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let (said, after) = drip(&mut stream, "GET / HTTP/1.1\r\nhost: x\r\nx-more: ").await;
    assert!(said.starts_with("HTTP/1.1 408 "), "{said}");
    assert!(after < Duration::from_secs(6), "{after:?}");
}

#[tokio::test]
async fn who_says_nothing_is_left_without_a_word() {
    let server = Server::start(short()).await;
    let (began, mut stream) = (Instant::now(), server.connect().await);
    assert_eq!(rest(&mut stream).await, "");
    let after = began.elapsed();
    assert!(after >= Duration::from_millis(900) && after < Duration::from_secs(3), "{after:?}");
}

#[tokio::test]
async fn between_requests_a_connection_may_be_idle_for_longer() {
    let server = Server::start(short()).await;
    let mut stream = server.connect().await;
    assert_eq!(ask(&mut stream, "/").await.0, 200);
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert_eq!(ask(&mut stream, "/").await.0, 200);
    let began = Instant::now();
    assert_eq!(rest(&mut stream).await, "");
    let after = began.elapsed();
    assert!(after >= Duration::from_millis(2900) && after < Duration::from_secs(6), "{after:?}");
}

#[tokio::test]
async fn too_many_headers_and_too_long_ones_are_refused() {
    for headers in [None, Some(20)] {
        let headers =
            headers.map_or(Limits::default().headers, |number| number.try_into().unwrap());
        let server = Server::start(Limits { headers, ..short() }).await;
        let head = |number: u16| {
            let lines: String = (1..number).map(|n| format!("x-{n}: y\r\n")).collect();
            format!("GET / HTTP/1.1\r\nhost: x\r\n{lines}\r\n")
        };
        let mut stream = server.connect().await;
        send(&mut stream, head(headers.get())).await;
        assert_eq!(answer(&mut stream).await.0, 200);
        send(&mut stream, head(headers.get() + 1)).await;
        assert!(rest(&mut stream).await.starts_with("HTTP/1.1 431 "));
    }
    let server = Server::start(short()).await;
    let long = |bytes: usize| {
        format!("GET / HTTP/1.1\r\nhost: x\r\nx-long: {}\r\n\r\n", "y".repeat(bytes))
    };
    let mut stream = server.connect().await;
    send(&mut stream, long(30 << 10)).await;
    assert_eq!(answer(&mut stream).await.0, 200);
    for bytes in [33 << 10, 4 << 20] {
        let mut stream = server.connect().await;
        send(&mut stream, long(bytes)).await;
        assert!(rest(&mut stream).await.starts_with("HTTP/1.1 431 "), "{bytes}");
    }
    let mut stream = server.connect().await;
    send(&mut stream, format!("GET /{} HTTP/1.1\r\n", "y".repeat(70_000))).await;
    let said = rest(&mut stream).await;
    assert!(said.starts_with("HTTP/1.1 414 ") || said.starts_with("HTTP/1.1 431 "), "{said}");
}

#[tokio::test]
async fn what_is_no_request_is_refused() {
    let server = Server::start(short()).await;
    for text in [
        "\x16\x03\x01\x02\x00\x01\x00",
        "hello\r\n\r\n",
        "GET / HTTP/9\r\n\r\n",
        "GET / HTTP/1.1\r\nhost\r\n\r\n",
    ] {
        let mut stream = server.connect().await;
        send(&mut stream, text).await;
        assert!(rest(&mut stream).await.starts_with("HTTP/1.1 400 "), "{text:?}");
    }
    let mut stream = server.connect().await;
    assert_eq!(ask(&mut stream, "/").await.0, 200);
}

#[tokio::test]
async fn who_asks_for_much_and_does_not_read_it_is_left() {
    let server = Server::start(short()).await;
    let mut stream = server.connect().await;
    send(&mut stream, "GET /much HTTP/1.1\r\nhost: x\r\n\r\n").await;
    tokio::time::sleep(Duration::from_secs(7)).await;
    assert!(rest(&mut stream).await.len() < 64 << 20);
    let mut stream = server.connect().await;
    send(&mut stream, "GET /much HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    assert!(rest(&mut stream).await.len() > 64 << 20);
}
