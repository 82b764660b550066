//! Files in a bucket: the contract, and addresses that go past a server.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "these are tests")]

mod common;

use std::time::Duration;

use common::Server;
use gauntlet_registry::testing_files::{self, bytes, content, read};
use gauntlet_registry::{DirectAccess as _, FileStore as _, Kind, Part};
use gauntlet_registry_s3::{Checksums, S3Config, S3Files};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

fn files(server: &Server, config: &S3Config) -> S3Files {
    let _ = server;
    S3Files::new("s3://models/mlflow/artifacts".parse().unwrap(), config).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_keeps_the_contract_with_either_kind_of_checksums() {
    for checksums in [Checksums::Supported, Checksums::Required] {
        let server = Server::start().await;
        let files = files(&server, &S3Config { checksums, ..server.config() });
        testing_files::suite(&files).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn more_files_than_a_page_are_listed_and_removed() {
    let server = Server::start().await;
    let folder = server.folder.path().join("models/mlflow/artifacts/many");
    fs_err::create_dir_all(&folder).unwrap();
    for number in 0..2100 {
        fs_err::write(folder.join(format!("{number:04}")), "x").unwrap();
    }
    let files = files(&server, &server.config());
    assert_eq!(files.list("many").await.unwrap().len(), 2100);
    files.delete("many").await.unwrap();
    assert_eq!(files.list("many").await.unwrap(), []);
}

/// Sends one request with nothing but the standard headers, as any client would.
async fn plain(method: &str, url: &str, body: &[u8]) -> (u16, String, Vec<u8>) {
    let rest = url.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    let mut socket = tokio::net::TcpStream::connect(host).await.unwrap();
    let head = format!(
        "{method} /{path} HTTP/1.1\r\nhost: {host}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    socket.write_all(body).await.unwrap();
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).await.unwrap();
    let end = answer.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    (head[9..12].parse().unwrap(), head.to_ascii_lowercase(), answer[end + 4..].to_vec())
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_an_address_may_use_it_without_credentials() {
    let server = Server::start().await;
    let files = files(&server, &server.config());
    let hour = Duration::from_secs(3600);
    let url = files.presign_put("a b/ü.bin", hour).await.unwrap();
    assert_eq!(plain("PUT", &url, &content(0, 3000)).await.0, 200);
    assert_eq!(read(files.get("a b/ü.bin").await.unwrap()).await, content(0, 3000));
    let (url, size) = files.presign_get("a b/ü.bin", hour).await.unwrap();
    let (status, _, body) = plain("GET", &url, b"").await;
    assert_eq!((status, size, body), (200, 3000, content(0, 3000)));
    assert_ne!(plain("PUT", &url, b"other").await.0, 200, "an address to read is none to write");
    assert!(!url.contains("sesame"));
    assert_eq!(files.presign_get("nothing", hour).await.unwrap_err().kind(), Kind::NotFound);
    assert!(files.presign_put("x", Duration::from_secs(8 * 24 * 3600)).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_become_a_file_or_nothing() {
    let server = Server::start().await;
    let files = files(&server, &server.config());
    const PART: usize = 5 << 20;
    let (id, urls) = files.begin_parts("big.bin", 2).await.unwrap();
    let mut parts = Vec::new();
    for (at, url) in urls.iter().enumerate() {
        let body = content(at * PART, (at * PART + PART).min(PART + 99));
        let (status, head, _) = plain("PUT", url, &body).await;
        assert_eq!(status, 200);
        let etag = head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap().to_owned();
        parts.insert(0, Part { number: at as u32 + 1, etag });
    }
    assert_eq!(files.size("big.bin").await.unwrap(), None, "not before it is finished");
    files.finish_parts("big.bin", &id, &parts).await.unwrap();
    assert!(read(files.get("big.bin").await.unwrap()).await == content(0, PART + 99));

    let (id, urls) = files.begin_parts("never.bin", 1).await.unwrap();
    assert_eq!(plain("PUT", &urls[0], b"x").await.0, 200);
    files.abort_parts("never.bin", &id).await.unwrap();
    assert_eq!(files.size("never.bin").await.unwrap(), None);
    assert!(files.finish_parts("never.bin", &id, &[]).await.is_err());
    assert!(files.begin_parts("none", 0).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_stays_within_the_bucket() {
    let server = Server::start().await;
    let files = files(&server, &server.config());
    files.put("from/a b+ü%41", bytes(10)).await.unwrap();
    files.copy("from/a b+ü%41", "to/c").await.unwrap();
    assert_eq!(read(files.get("to/c").await.unwrap()).await, content(0, 10));
    assert_eq!(files.copy("from/none", "to/d").await.unwrap_err().kind(), Kind::NotFound);
}
