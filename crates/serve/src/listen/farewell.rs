//! The end of a connection that should reach the other side.
//!
//! A socket that is closed while bytes of the client are unread is reset, and a reset throws away the answer that
//! the client has not read yet. So the sending side is closed first, and for a moment what comes is read and dropped.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;

/// How long a client is waited for, and bytes that are read of it.
const TIME: Duration = Duration::from_secs(2);
const BYTES: usize = 16 << 20;

/// What is said to a head that took too long.
pub(super) const LATE: &[u8] = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\n\
    content-type: application/json\r\ncontent-length: 47\r\n\r\n\
    {\"detail\":\"the request's head came too slowly\"}";

/// What is said to one connection too many.
pub(super) const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\n\
    retry-after: 1\r\ncontent-type: application/json\r\ncontent-length: 48\r\n\r\n\
    {\"detail\":\"there are too many open connections\"}";

/// Says `last` and closes the stream, after reading what still comes if `unread`.
pub(super) async fn close(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    last: &[u8],
    unread: bool,
) {
    let farewell = async {
        stream.write_all(last).await?;
        stream.shutdown().await?;
        let (mut waste, mut total) = ([0; 4096], 0);
        while unread && total < BYTES {
            match stream.read(&mut waste).await? {
                0 => break,
                more => total += more,
            }
        }
        std::io::Result::Ok(())
    };
    // Who does not listen any more misses nothing that it would hear.
    let _ = timeout(TIME, farewell).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_words_have_the_length_they_say() {
        for words in [LATE, FULL] {
            let text = std::str::from_utf8(words).unwrap();
            let (head, body) = text.split_once("\r\n\r\n").unwrap();
            assert!(head.ends_with(&format!("\r\ncontent-length: {}", body.len())), "{text}");
            assert!(serde_json::from_str::<serde_json::Value>(body).unwrap()["detail"].is_string());
        }
    }
}
