//! A server on loopback that answers whatever a test wants, and notes what it was asked.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// An answer: status line and further headers, and the body.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn new(status: &str, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n", body.len());
        Self { head, body }
    }

    pub(super) fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self::new("200 OK", body)
    }

    pub(super) fn json(value: &serde_json::Value) -> Self {
        Self::ok(value.to_string())
    }

    /// As MLflow refuses.
    pub(super) fn error(status: &str, code: &str) -> Self {
        Self::new(status, format!(r#"{{"error_code":"{code}","message":"no"}}"#))
    }
}

/// The server. Its requests are lines of method and target; headers follow in lower case.
#[derive(Debug, Clone)]
pub(super) struct Fake {
    pub(super) address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Fake {
    /// Answers requests by their method and target, such as `GET /x?y=z`.
    pub(super) async fn start(answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (answer, asked) = (Arc::new(answer), Arc::new(Mutex::new(Vec::new())));
        let noted: Arc<Mutex<Vec<String>>> = asked.clone();
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let (answer, noted) = (answer.clone(), noted.clone());
                tokio::spawn(async move {
                    let mut request = Vec::new();
                    while !request.ends_with(b"\r\n\r\n") {
                        let Ok(byte) = socket.read_u8().await else { return };
                        request.push(byte);
                    }
                    let request = String::from_utf8(request).unwrap();
                    let line = request.lines().next().unwrap().trim_end_matches(" HTTP/1.1");
                    noted.lock().unwrap().push(request.clone());
                    let Answer { head, body } = answer(line);
                    let head = format!("{head}connection: close\r\n\r\n");
                    // A client that has had enough hangs up.
                    let _ = socket.write_all(head.as_bytes()).await;
                    let _ = socket.write_all(&body).await;
                    let _ = socket.shutdown().await;
                });
            }
        });
        Self { address, asked }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests so far, with their headers; they are forgotten.
    pub(super) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}
