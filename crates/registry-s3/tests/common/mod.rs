//! An S3 server in this process, and a line to it that can be made bad.
#![allow(clippy::unwrap_used, clippy::expect_used, dead_code, reason = "these are tests")]

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use gauntlet_registry_s3::{Checksums, S3Config};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

/// A server with the bucket `models`.
pub(crate) struct Server {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) address: SocketAddr,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs_err::create_dir(folder.path().join("models")).unwrap();
        let files = s3s_fs::FileSystem::new(folder.path()).unwrap();
        let mut service = S3ServiceBuilder::new(files);
        service.set_auth(SimpleAuth::from_single("ann", "open sesame"));
        let service = service.build();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let root = folder.path().to_owned();
        tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                let (service, root) = (service.clone(), root.clone());
                let answer = service_fn(move |request: Request<Incoming>| {
                    let (service, folder) = (service.clone(), is_folder(&root, &request));
                    async move {
                        // Asked for a folder as if it were an object, it would answer 500.
                        if folder {
                            let missing = "<Error><Code>NoSuchKey</Code></Error>".to_owned();
                            let missing = Response::builder().status(404).body(missing.into());
                            return Ok(missing.unwrap());
                        }
                        hyper::service::Service::call(&service, request).await
                    }
                });
                tokio::spawn(async move {
                    let http = Builder::new(hyper_util::rt::TokioExecutor::new());
                    let _ = http.serve_connection(TokioIo::new(socket), answer).await;
                });
            }
        });
        Self { folder, address }
    }

    pub(crate) fn config(&self) -> S3Config {
        config(self.address)
    }

    /// Objects and unfinished uploads the server holds, its own files left out.
    pub(crate) fn objects(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs_err::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let path = path.strip_prefix(self.folder.path()).unwrap();
                    found.push(path.to_str().unwrap().to_owned());
                }
            }
        }
        found.retain(|path| !path.contains(".metadata") && !path.contains(".internal"));
        found.sort();
        found
    }
}

/// Whether the path is a folder in a bucket, and no listing was asked for.
fn is_folder(root: &Path, request: &Request<Incoming>) -> bool {
    let path = request.uri().path().trim_matches('/');
    matches!(*request.method(), Method::GET | Method::HEAD)
        && path.contains('/')
        && root.join(path).is_dir()
}

pub(crate) fn config(address: SocketAddr) -> S3Config {
    S3Config {
        endpoint: Some(format!("http://{address}")),
        access_key: Some("ann".to_owned()),
        secret_key: Some("open sesame".to_owned()),
        checksums: Checksums::Supported,
        attempts: 1,
        read_timeout: Duration::from_secs(5),
        ..S3Config::default()
    }
}

/// What goes wrong on the line.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fault {
    /// Nothing: bytes are only counted.
    None,
    /// After this many bytes towards the server the connection ends, and every later one at once.
    CutAfter(u64),
    /// After this many bytes from the server the connection ends.
    CutAnswerAfter(u64),
    /// Every request is answered like this.
    Answer(&'static str),
}

/// A line to a server. It counts the bytes that go to it.
pub(crate) struct Line {
    pub(crate) address: SocketAddr,
    pub(crate) sent: Arc<AtomicU64>,
}

impl Line {
    pub(crate) async fn to(server: SocketAddr, fault: Fault) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let sent = Arc::new(AtomicU64::new(0));
        let counter = sent.clone();
        tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                tokio::spawn(carry(client, server, fault, counter.clone()));
            }
        });
        Self { address, sent }
    }

    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::SeqCst)
    }
}

async fn carry(mut client: TcpStream, server: SocketAddr, fault: Fault, sent: Arc<AtomicU64>) {
    if let Fault::Answer(answer) = fault {
        let mut request = [0; 65536];
        let _ = client.read(&mut request).await;
        let _ = client.write_all(answer.as_bytes()).await;
        return;
    }
    let mut server = TcpStream::connect(server).await.unwrap();
    if matches!(fault, Fault::None) {
        if let Ok((up, _)) = copy_bidirectional(&mut client, &mut server).await {
            sent.fetch_add(up, Ordering::SeqCst);
        }
        return;
    }
    let (mut up, mut down) = (vec![0; 16384], vec![0; 16384]);
    let mut answered = 0;
    loop {
        tokio::select! {
            read = client.read(&mut up) => {
                let Ok(read @ 1..) = read else { return };
                let before = sent.fetch_add(read as u64, Ordering::SeqCst);
                if let Fault::CutAfter(limit) = fault && before + read as u64 > limit { return }
                if server.write_all(&up[..read]).await.is_err() { return }
            }
            read = server.read(&mut down) => {
                let Ok(read @ 1..) = read else { return };
                answered += read as u64;
                if let Fault::CutAnswerAfter(limit) = fault && answered > limit { return }
                if client.write_all(&down[..read]).await.is_err() { return }
            }
        }
    }
}
