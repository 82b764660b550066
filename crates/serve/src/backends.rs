//! Probes of services that stand beside the server. It uses none of them itself; some platforms ask for
//! their health through it.

use std::time::Duration;

use serde::Deserialize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long a service may take to answer a probe.
const PATIENCE: Duration = Duration::from_secs(2);

/// Where a PostgreSQL server asks whether TLS is wanted: length 8 and code 80877103.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// `[backends]` of the settings.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Backends {
    /// `host:port` of a PostgreSQL server.
    database: Option<String>,
    /// `host:port` of a Redis server.
    redis: Option<String>,
}

impl Backends {
    /// Whether the PostgreSQL server speaks its protocol; nothing if none is named.
    pub(crate) async fn database(&self) -> Option<Result<(), String>> {
        let answers = |answer: &[u8]| answer.starts_with(b"S") || answer.starts_with(b"N");
        Some(probe(self.database.as_deref()?, &SSL_REQUEST, answers).await)
    }

    /// Whether the Redis server answers, be it with a demand for a password; nothing if none is named.
    pub(crate) async fn redis(&self) -> Option<Result<(), String>> {
        let answers =
            |answer: &[u8]| answer.starts_with(b"+PONG") || answer.starts_with(b"-NOAUTH");
        Some(probe(self.redis.as_deref()?, b"PING\r\n", answers).await)
    }
}

async fn probe(
    place: &str,
    question: &[u8],
    answers: impl Fn(&[u8]) -> bool,
) -> Result<(), String> {
    let talk = async {
        let mut stream = TcpStream::connect(place).await?;
        stream.write_all(question).await?;
        let mut answer = [0; 32];
        let read = stream.read(&mut answer).await?;
        Ok::<_, std::io::Error>(answers(&answer[..read]))
    };
    match timeout(PATIENCE, talk).await {
        Ok(Ok(true)) => Ok(()),
        Ok(Ok(false)) => Err(format!("{place} answers in another protocol")),
        Ok(Err(error)) => Err(format!("{place} cannot be reached: {error}")),
        Err(_) => Err(format!("{place} did not answer within {} s", PATIENCE.as_secs())),
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    async fn server(answer: &'static [u8]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let place = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(answer).await.unwrap();
            let _ = stream.read(&mut [0; 64]).await;
        });
        place
    }

    #[tokio::test]
    async fn a_service_is_healthy_when_it_speaks_its_protocol() {
        let redis = |answer| async move {
            let backends = Backends { redis: Some(server(answer).await), ..Backends::default() };
            backends.redis().await.unwrap()
        };
        assert_eq!(redis(b"+PONG\r\n").await, Ok(()));
        assert!(redis(b"HTTP/1.1 400\r\n").await.unwrap_err().contains("another protocol"));
        let database = Backends { database: Some(server(b"N").await), ..Backends::default() };
        assert_eq!(database.database().await, Some(Ok(())));
        assert_eq!(database.redis().await, None);
    }

    #[tokio::test]
    async fn a_service_that_is_not_there_is_named() {
        let backends = Backends { database: Some("127.0.0.1:1".to_owned()), ..Backends::default() };
        let why = backends.database().await.unwrap().unwrap_err();
        assert!(why.contains("127.0.0.1:1"), "{why}");
    }
}
