//! Buckets, on an S3 server in this process that checks signatures.

use std::net::SocketAddr;

use gauntlet_registry::published;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use tokio::net::TcpListener;

use super::fake::{Answer, Fake};
use super::*;

/// A store with the bucket `models`, whose objects are files.
struct Store {
    folder: TempDir,
    address: SocketAddr,
}

impl Store {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs_err::create_dir(folder.path().join("models")).unwrap();
        let mut service = S3ServiceBuilder::new(s3s_fs::FileSystem::new(folder.path()).unwrap());
        service.set_auth(SimpleAuth::from_single("ann", "open sesame"));
        let service = service.build();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let service = service.clone();
                tokio::spawn(async move {
                    let http = Builder::new(TokioExecutor::new());
                    let _ = http.serve_connection(TokioIo::new(socket), service).await;
                });
            }
        });
        Self { folder, address }
    }

    fn root(&self) -> std::path::PathBuf {
        self.folder.path().join("models/lab")
    }

    fn publish(&self, version: u32) -> Digest {
        let (digest, files) = bundle(&version.to_string());
        write(&self.root().join("artifacts/bundles").join(digest.hex()), &files);
        published::publish(&self.root(), &[pointer("motor", "champion", version, digest)]).unwrap();
        digest
    }

    fn place(&self, registry: &str, secret: &str) -> Place {
        place(&format!("http://{}", self.address), registry, secret)
    }
}

fn place(endpoint: &str, registry: &str, secret: &str) -> Place {
    let config = S3Config {
        endpoint: Some(endpoint.to_owned()),
        access_key: Some("ann".to_owned()),
        secret_key: Some(secret.to_owned()),
        attempts: 2,
        ..S3Config::default()
    };
    let dir = tempfile::tempdir().unwrap();
    let state = State::open(Some(dir.path().to_owned()));
    let sources = Sources::with(registry, state, Stores::with(config).unwrap()).unwrap();
    Place { dir, sources }
}

const ROOT: &str = "s3://models/lab";
const SECRET: &str = "open sesame";

#[tokio::test]
async fn a_registry_in_a_bucket_is_read_with_signed_requests() {
    let store = Store::start().await;
    let digest = store.publish(3);
    let place = store.place(ROOT, SECRET);
    assert_eq!(place.sources.champions().await.unwrap(), ["motor".parse().unwrap()]);
    let (located, fetched) = place.serve("motor").await;
    assert_eq!((located.version.0, fetched.digest), (3, digest));
    assert_eq!(place.sources.catalogue().await.unwrap()[0].digest, Some(digest));
    let next = store.publish(4);
    let (moved, fetched) = place.fetch("motor").await.unwrap();
    assert!(!moved.is_same_as(&located));
    assert_eq!(fetched.digest, next);
    let error = place.fetch("motor@challenger").await.unwrap_err();
    assert!(error.trouble == Trouble::NotFound && error.problem.contains("it has `champion`"));
    let error = place.fetch("pump").await.unwrap_err();
    assert!(error.problem.contains("known are `motor`"), "{error}");
}

#[tokio::test]
async fn pointers_in_a_folder_may_lead_into_a_bucket() {
    let store = Store::start().await;
    let digest = store.publish(3);
    let root = tempfile::tempdir().unwrap();
    let artifact = format!("{ROOT}/artifacts/bundles/{}", digest.hex());
    let led = published::Pointer { artifact, ..pointer("motor", "champion", 3, digest) };
    published::publish(root.path(), &[led]).unwrap();
    let place = store.place(root.path().to_str().unwrap(), SECRET);
    assert_eq!(place.fetch("motor").await.unwrap().1.digest, digest);
}

#[tokio::test]
async fn a_prefix_may_be_one_bundle_one_model_of_mlflows_or_one_file() {
    let store = Store::start().await;
    let (digest, files) = bundle("1");
    write(&store.root().join("ours"), &files);
    write(
        &store.root().join("python"),
        &[("MLmodel".into(), b"x".into()), ("m.onnx".into(), b"y".into())],
    );
    let place = store.place("nowhere", SECRET);
    let (located, fetched) = place.fetch("motor=s3://models/lab/ours").await.unwrap();
    assert_eq!((located.digest, fetched.digest), (Some(digest), digest));
    let (located, fetched) = place.fetch("motor=s3://models/lab/python").await.unwrap();
    assert_eq!((located.digest, fetched.layout), (None, layout::Layout::Mlflow));
    fs_err::write(store.root().join("python/m.onnx"), "longer").unwrap();
    let wanted = "motor=s3://models/lab/python".parse().unwrap();
    assert!(!place.sources.locate(&wanted).await.unwrap().is_same_as(&located));
    let (_, fetched) = place.fetch("motor=s3://models/lab/python/m.onnx").await.unwrap();
    assert_eq!(fetched.layout, layout::Layout::Onnx);
    let error = place.fetch("motor=s3://models/lab/nothing").await.unwrap_err();
    assert_eq!(error.trouble, Trouble::NotFound, "{error}");
}

#[tokio::test]
async fn a_store_that_refuses_or_is_gone_is_told_apart_and_no_secret_is_shown() {
    let store = Store::start().await;
    let digest = store.publish(3);
    let error = store.place(ROOT, "wrong").fetch("motor").await.unwrap_err();
    assert_eq!(error.trouble, Trouble::Denied, "{error}");
    assert!(error.problem.contains("AWS_SECRET_ACCESS_KEY"), "{error}");
    let place = store.place(ROOT, SECRET);
    place.serve("motor").await;
    let state = place.end();
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let gone = super::bucket::place(&format!("http://{free}"), ROOT, SECRET);
    let error = gone.fetch("motor").await.unwrap_err();
    assert_eq!(error.trouble, Trouble::Unreachable, "{error}");
    assert!(!format!("{error} {:?}", gone.sources).contains(SECRET));
    assert!(!error.to_string().contains("Signature"), "{error}");
    let sources = super::sources(ROOT, state.path());
    let (_, fetched) = sources.last_good(&"motor".parse().unwrap()).await.unwrap();
    assert_eq!(fetched.digest, digest);
}

#[tokio::test]
async fn a_damaged_object_is_refused() {
    let store = Store::start().await;
    let digest = store.publish(3);
    let folder = store.root().join("artifacts/bundles").join(digest.hex());
    fs_err::write(folder.join("model.onnx"), "y").unwrap();
    let place = store.place(ROOT, SECRET);
    let error = place.fetch("motor").await.unwrap_err();
    assert_eq!(error.trouble, Trouble::Damaged, "{error}");
    assert_eq!(place.models(), [""; 0]);
}

#[tokio::test]
async fn a_store_that_is_overloaded_for_a_moment_is_asked_again_and_redirects_are_not_followed() {
    let (digest, _) = bundle("1");
    let body = serde_json::to_vec(&pointer("motor", "champion", 1, digest)).unwrap();
    let asked = std::sync::atomic::AtomicU32::new(0);
    let server =
        Fake::start(move |_| match asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
            0 => Answer::new("503 Slow Down", "<Error><Code>SlowDown</Code></Error>"),
            _ => Answer::ok(body.clone()),
        })
        .await;
    let place = place(&server.url(), ROOT, SECRET);
    let located = place.sources.locate(&"motor".parse().unwrap()).await.unwrap();
    assert_eq!(located.digest, Some(digest));
    let asked = server.asked();
    assert_eq!(asked.len(), 2);
    assert!(asked[0].starts_with("GET /models/lab/published/motor/champion.json?X-Amz-"));
    let other = Fake::start(|_| Answer::ok("{}")).await;
    let location = format!("location: {}/x\r\n", other.url());
    let server = Fake::start(move |_| {
        let mut answer =
            Answer::new("301 Moved Permanently", "<Error><Code>PermanentRedirect</Code></Error>");
        answer.head.push_str(&location);
        answer
    })
    .await;
    let error = super::bucket::place(&server.url(), ROOT, SECRET).fetch("motor").await.unwrap_err();
    assert!(error.problem.contains("AWS_REGION"), "{error}");
    assert_eq!(other.asked(), [""; 0]);
}

#[tokio::test]
async fn a_listing_that_is_none_or_never_ends_is_given_up() {
    for body in ["", "<html></html>", "<ListBucketResult>"] {
        let server = Fake::start(move |_| Answer::ok(body)).await;
        let error = place(&server.url(), ROOT, SECRET).sources.champions().await.unwrap_err();
        assert!(error.problem.contains("listing cannot be read"), "{error}");
    }
    let server = Fake::start(|_| {
        let keys: String = (0..1000).map(|n| format!("<Contents><Key>lab/published/{n}</Key><Size>1</Size></Contents>")).collect();
        Answer::ok(format!(
            r#"<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>true</IsTruncated>
            <NextContinuationToken>{:?}</NextContinuationToken>{keys}</ListBucketResult>"#,
            std::time::Instant::now()
        ).replace('"', "'"))
    })
    .await;
    let error = place(&server.url(), ROOT, SECRET).sources.champions().await.unwrap_err();
    assert!(error.problem.contains("more than 10000 keys"), "{error}");
}
