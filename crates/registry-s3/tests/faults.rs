//! What goes wrong with a store is told with bucket, key and remedy.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

mod common;

use std::net::SocketAddr;

use common::{Fault, Line, Server, config};
use gauntlet_registry::testing_files::bytes;
use gauntlet_registry::{FileStore as _, RegistryError};
use gauntlet_registry_s3::{S3Config, S3Files};

fn files(root: &str, config: &S3Config) -> S3Files {
    S3Files::new(root.parse().unwrap(), config).unwrap()
}

/// Every operation fails, in the same words.
async fn refused(files: &S3Files, bucket: &str, transient: bool, words: &[&str]) {
    let errors = [
        files.get("a/b").await.map(|_| ()).unwrap_err(),
        files.list("a/b").await.map(|_| ()).unwrap_err(),
        files.put("a/b", bytes(10)).await.map(|_| ()).unwrap_err(),
        files.put("a/b", bytes(9 << 20)).await.map(|_| ()).unwrap_err(),
    ];
    for error in errors {
        told(&error, bucket, transient, words);
    }
}

fn told(error: &RegistryError, bucket: &str, transient: bool, words: &[&str]) {
    let text = error.to_string();
    assert!(matches!(error, RegistryError::Bucket { .. }), "{error:?}");
    assert!(text.contains(&format!("bucket `{bucket}`, key `x/a/b")), "{text}");
    assert!(words.iter().all(|word| text.contains(word)), "{words:?}: {text}");
    assert!(!text.contains("sesame"), "{text}");
    assert_eq!(error.retryable(), transient, "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret() {
    let server = Server::start().await;
    let wrong = S3Config { secret_key: Some("sesame".into()), ..server.config() };
    let words = ["SignatureDoesNotMatch", "AWS_SECRET_ACCESS_KEY"];
    refused(&files("s3://models/x", &wrong), "models", false, &words).await;
    let head = files("s3://models/x", &wrong).size("a/b").await.unwrap_err().to_string();
    assert!(head.contains("403") && head.contains("AWS_SECRET_ACCESS_KEY"), "{head}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_credentials_at_all() {
    let config = S3Config { access_key: None, ..S3Config::default() };
    let error = S3Files::new("s3://models/x".parse().unwrap(), &config).unwrap_err().to_string();
    assert!(error.contains("bucket `models`, key `x`") && error.contains("AWS_PROFILE"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_bucket() {
    let words = ["NoSuchBucket", "create the bucket"];
    let server = Server::start().await;
    // This server makes a bucket for whoever writes, and finds no object for whoever reads.
    let here = files("s3://modles/x", &server.config());
    told(&here.list("a/b").await.unwrap_err(), "modles", false, &words);
    const NONE: &str = "HTTP/1.1 404 Not Found\r\ncontent-type: application/xml\r\ncontent-length: 84\r\n\
         connection: close\r\n\r\n<Error><Code>NoSuchBucket</Code><Message>The bucket does not exist</Message></Error>";
    let line = Line::to(server.address, Fault::Answer(NONE)).await;
    refused(&files("s3://modles/x", &config(line.address)), "modles", false, &words).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_overloaded() {
    const BUSY: &str =
        "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    const SLOW: &str = "HTTP/1.1 503 Slow Down\r\ncontent-type: application/xml\r\ncontent-length: 78\r\n\
         connection: close\r\n\r\n<Error><Code>SlowDown</Code><Message>Please reduce your rate</Message></Error>";
    let server = Server::start().await;
    for (answer, word) in [(BUSY, "503"), (SLOW, "SlowDown")] {
        let line = Line::to(server.address, Fault::Answer(answer)).await;
        let files = files("s3://models/x", &config(line.address));
        refused(&files, "models", true, &[word, "try again later"]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_listens() {
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address: SocketAddr = nobody.local_addr().unwrap();
    drop(nobody);
    let files = files("s3://models/x", &config(address));
    refused(&files, "models", true, &["MLFLOW_S3_ENDPOINT_URL"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_that_is_cut_off_is_an_error_and_not_a_short_file() {
    let server = Server::start().await;
    files("s3://models/x", &server.config()).put("a/b", bytes(300_000)).await.unwrap();
    let line = Line::to(server.address, Fault::CutAnswerAfter(100_000)).await;
    let download = files("s3://models/x", &config(line.address)).get("a/b").await.unwrap();
    assert_eq!(download.size, 300_000);
    let read: Result<Vec<_>, _> = futures_util::TryStreamExt::try_collect(download.bytes).await;
    let error = read.unwrap_err().to_string();
    assert!(error.contains("bucket `models`, key `x/a/b`: could not download it"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_for_a_moment_is_tried_again() {
    let server = Server::start().await;
    // A connection ends with the answer that exceeds 1000 bytes; the next attempt gets a new one.
    let line = Line::to(server.address, Fault::CutAnswerAfter(1000)).await;
    let config = S3Config { attempts: 4, ..config(line.address) };
    let files = files("s3://models/x", &config);
    for number in 0..8 {
        files.put(&format!("a/{number}"), bytes(1000)).await.unwrap();
    }
}
