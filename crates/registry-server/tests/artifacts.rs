//! Artefacts through the server, as MLflow's clients send and fetch them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

mod common;

use common::Server;
use serde_json::json;

const FILES: &str = "/api/2.0/mlflow-artifacts/artifacts";

#[tokio::test]
async fn what_is_uploaded_is_listed_fetched_and_removed() {
    let server = Server::start().await;
    let path = format!("{FILES}/0/run/artifacts/m%C3%BC%20x.txt");
    let answer = server.put(&path, "hello").await;
    assert_eq!((answer.status.as_u16(), answer.body.len()), (200, 0));
    let list = server.get(&format!("{FILES}?path=0/run/artifacts")).await.json();
    let file = json!({"path": "mü x.txt", "is_dir": false, "file_size": 5});
    assert_eq!(list, json!({"files": [file]}));
    assert_eq!(server.get(FILES).await.json(), json!({"files": [{"path": "0", "is_dir": true}]}));
    let answer = server.get(&path).await;
    assert_eq!(answer.body, b"hello");
    assert_eq!(answer.header("content-length"), "5");
    assert_eq!(answer.header("content-type"), "text/plain");
    for _ in 0..2 {
        assert_eq!(server.send("DELETE", &path, &[], "").await.json(), json!({}));
    }
    server.get(&path).await.refused(404, "RESOURCE_DOES_NOT_EXIST");
}

#[tokio::test]
async fn a_part_of_a_file_is_answered() {
    let server = Server::start().await;
    let path = format!("{FILES}/a.bin");
    server.put(&path, "0123456789").await;
    let answer = server.send("GET", &path, &[("range", "bytes=2-5")], "").await;
    assert_eq!((answer.status.as_u16(), answer.body.as_slice()), (206, b"2345".as_slice()));
    assert_eq!(answer.header("content-range"), "bytes 2-5/10");
    assert_eq!(answer.header("content-length"), "4");
    let answer = server.send("GET", &path, &[("range", "bytes=10-")], "").await;
    assert_eq!((answer.status.as_u16(), answer.header("content-range")), (416, "bytes */10"));
}

#[tokio::test]
async fn large_files_pass_through_in_both_directions() {
    let server = Server::start().await;
    let bytes: Vec<u8> = (0..5_000_003_u32).map(|i| (i % 251) as u8).collect();
    let pieces: Vec<_> = bytes.chunks(70_001).map(|c| std::io::Result::Ok(c.to_vec())).collect();
    let body = axum::body::Body::from_stream(futures_util::stream::iter(pieces));
    assert_eq!(server.put(&format!("{FILES}/big"), body).await.status, 200);
    assert_eq!(server.get(&format!("{FILES}/big")).await.body, bytes);
}

#[tokio::test]
async fn folders_and_names_that_are_missing_are_refused_as_mlflow_refuses_them() {
    let server = Server::start().await;
    server.put(&format!("{FILES}/d/a"), "x").await;
    let message = server.get(&format!("{FILES}/d")).await.refused(400, "INVALID_PARAMETER_VALUE");
    assert_eq!(message, "Artifact path refers to a directory, not a file: 'd'");
    let answer = server.put(&format!("{FILES}/d/"), "x").await;
    assert_eq!(answer.status, 400);
    assert!(answer.json()["detail"].as_str().unwrap().contains("must include a filename"));
    let message =
        server.get(&format!("{FILES}/none")).await.refused(404, "RESOURCE_DOES_NOT_EXIST");
    assert_eq!(message, "No such artifact: 'none'");
}

#[tokio::test]
async fn a_local_store_knows_no_uploads_in_parts() {
    let server = Server::start().await;
    // The path in the body is where the file lies with the client.
    let create = json!({"path": "/home/ann/a.bin", "num_parts": 2});
    let answer = server.post("/api/2.0/mlflow-artifacts/mpu/create/x", create).await;
    let message = answer.refused(501, "NOT_IMPLEMENTED");
    assert_eq!(message, "Multipart upload is not supported for the current artifact repository");
    server.get("/api/2.0/mlflow-artifacts/presigned/x").await.refused(501, "NOT_IMPLEMENTED");
}

#[tokio::test]
async fn the_server_tells_what_it_is() {
    let server = Server::start().await;
    assert_eq!(server.get("/health").await.text(), "OK");
    assert_eq!(server.get("/version").await.text(), "3.17.2");
    let info = server.get("/api/3.0/mlflow/server-info").await.json();
    assert_eq!(info["store_type"], "SqlStore");
    assert_eq!(info["multipart_uploads_enabled"], false);
    let metrics = server.get("/metrics").await.text();
    assert!(metrics.contains("endpoint=\"/health\",status=\"200\"} 1"), "{metrics}");
    let answer = server.send("GET", "/health", &[("x-request-id", "my-7")], "").await;
    assert_eq!(answer.header("x-request-id"), "my-7");
    let answer = server.send("GET", "/health", &[("x-request-id", "a b")], "").await;
    assert!(answer.header("x-request-id").parse::<u64>().is_ok());
}
