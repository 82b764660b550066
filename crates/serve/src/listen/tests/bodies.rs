//! Bodies of requests: large, slow, broken off.

use super::*;

fn head(length: usize) -> String {
    format!("POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n")
}

const CHUNKED: &str = "POST /echo HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n";

#[tokio::test]
async fn a_body_comes_as_it_was_sent_in_one_piece_or_many() {
    let server = Server::start(short()).await;
    let mut stream = server.connect().await;
    let body: String = (0..100_000_u32).map(|n| char::from(b'a' + (n % 251 % 23) as u8)).collect();
    for length in [0, 1, 1000, 100_000] {
        send(&mut stream, head(length) + &body[..length]).await;
        assert_eq!(answer(&mut stream).await, (200, body[..length].to_owned()));
    }
    send(&mut stream, head(100_000)).await;
    for piece in body.as_bytes().chunks(30_001) {
        send(&mut stream, piece).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(answer(&mut stream).await, (200, body.clone()));
    send(&mut stream, CHUNKED).await;
    for piece in body.as_bytes().chunks(9_999) {
        send(&mut stream, format!("{:x}\r\n", piece.len())).await;
        send(&mut stream, piece).await;
        send(&mut stream, "\r\n").await;
    }
    send(&mut stream, "0\r\nx-trailer: y\r\n\r\n").await;
    assert_eq!(answer(&mut stream).await, (200, body));
}

#[tokio::test]
async fn a_body_that_declares_too_much_is_refused_before_it_is_sent() {
    let server = Server::start(short()).await;
    let mut stream = server.connect().await;
    send(&mut stream, head(100_001)).await;
    let (status, body) = answer(&mut stream).await;
    assert_eq!((status, body.contains("more than 100000 bytes")), (413, true), "{body}");
    assert_eq!(rest(&mut stream).await, "");
}

#[tokio::test]
async fn who_goes_on_sending_a_refused_body_still_reads_the_refusal() {
    let server = Server::start(short()).await;
    for (request, status) in [
        (head(8 << 20), "413"),
        (format!("{CHUNKED}800000\r\n"), "413"),
        (head(8 << 20).replace("/echo", "/refuse"), "403"),
    ] {
        let mut stream = server.connect().await;
        send(&mut stream, request + &"x".repeat(8 << 20)).await;
        let said = rest(&mut stream).await;
        assert!(said.starts_with(&format!("HTTP/1.1 {status} ")), "{said}");
    }
}

#[tokio::test]
async fn a_slow_body_is_refused_by_its_rate_and_in_all() {
    let server = Server::start(short()).await;
    let slow = async {
        let (began, mut stream) = (Instant::now(), server.connect().await);
        send(&mut stream, head(1000) + "0123456789").await;
        let said = rest(&mut stream).await;
        assert!(
            said.starts_with("HTTP/1.1 408 ") && said.contains("10 bytes were there"),
            "{said}"
        );
        assert!(said.contains("connection: close"), "{said}");
        began.elapsed()
    };
    // Fast enough at every moment, and too long in all.
    let long = async {
        let (began, mut stream) = (Instant::now(), server.connect().await);
        send(&mut stream, head(99_999)).await;
        let (mut reading, mut writing) = stream.split();
        let drip = async {
            loop {
                send(&mut writing, [b'x'; 1000]).await;
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        };
        let said = tokio::select! {
            said = rest(&mut reading) => said,
            () = drip => unreachable!(),
        };
        assert!(said.starts_with("HTTP/1.1 408 "), "{said}");
        began.elapsed()
    };
    let (slow, long) = tokio::join!(slow, long);
    assert!(slow >= Duration::from_millis(1900) && slow < Duration::from_millis(3900), "{slow:?}");
    assert!(long >= Duration::from_millis(3900) && long < Duration::from_secs(9), "{long:?}");
}

#[tokio::test]
async fn a_body_that_breaks_off_harms_nobody() {
    let limits = Limits { connections: 1.try_into().unwrap(), ..short() };
    let server = Server::start(limits).await;
    for end in ["", "0\r\n"] {
        let mut stream = server.connect().await;
        send(&mut stream, if end.is_empty() { head(50) } else { CHUNKED.to_owned() }).await;
        send(&mut stream, "5\r\nab").await;
        stream.shutdown().await.unwrap();
        let said = rest(&mut stream).await;
        assert!(said.is_empty() || said.starts_with("HTTP/1.1 400 "), "{said}");
        drop(stream);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let mut stream = server.connect().await;
    assert_eq!(ask(&mut stream, "/").await.0, 200);
}

#[tokio::test]
async fn a_client_that_waits_for_permission_gets_it_or_the_refusal() {
    let server = Server::start(short()).await;
    let mut stream = server.connect().await;
    let expect = |length| head(length).replace("\r\n\r\n", "\r\nexpect: 100-continue\r\n\r\n");
    send(&mut stream, expect(3)).await;
    assert_eq!(answer(&mut stream).await.0, 100);
    send(&mut stream, "abc").await;
    assert_eq!(answer(&mut stream).await, (200, "abc".into()));
    send(&mut stream, expect(200_000)).await;
    assert_eq!(answer(&mut stream).await.0, 413);
}
