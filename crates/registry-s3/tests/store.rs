//! Bundles in a bucket: what is visible when, and what travels.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "these are tests")]

mod common;

use std::path::Path;
use std::time::Duration;

use common::{Fault, Line, Server, config};
use gauntlet_core::{Digest, Origin};
use gauntlet_registry::testing::bundle;
use gauntlet_registry::{ArtifactStore as _, FileStore as _, Kind, verify_folder};
use gauntlet_registry_s3::{S3Config, S3Store};

fn store(config: &S3Config, scratch: &Path) -> S3Store {
    S3Store::new("s3://models/lab".parse().unwrap(), config, scratch.join("cache")).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_is_put_verified_opened_shown_and_removed() {
    let (server, scratch) = (Server::start().await, tempfile::tempdir().unwrap());
    let store = store(&server.config(), scratch.path());
    let (folder, digest) = bundle(scratch.path(), "one", Origin::Real);
    assert_eq!(store.verify(&digest).await.unwrap_err().kind(), Kind::NotFound);
    assert!(store.put(&folder, &digest).await.unwrap());
    assert_eq!(store.list().await.unwrap(), [digest]);
    assert_eq!(store.verify(&digest).await.unwrap().files.len(), 2);
    assert_eq!(store.location(&digest), format!("s3://models/lab/bundles/{}", digest.hex()));
    let opened = store.open(&digest).await.unwrap();
    verify_folder(&opened, &digest).unwrap();

    let run = "3/0123456789abcdef/artifacts/model";
    store.show(&digest, run).await.unwrap();
    store.show(&digest, run).await.unwrap();
    let shown: Vec<String> =
        store.files().list(run).await.unwrap().into_iter().map(|entry| entry.name).collect();
    assert_eq!(shown, ["manifest.json", "model.onnx", "plots"]);
    assert_eq!(store.folders("").await.unwrap(), ["3", "bundles"]);
    assert!(store.remove_folder("3").await.unwrap() > 0);
    assert!(store.remove(&digest).await.unwrap() > 0);
    assert_eq!((store.remove(&digest).await.unwrap(), store.list().await.unwrap()), (0, vec![]));
    assert!(!opened.exists() && server.objects().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_upload_of_the_same_bundle_transfers_nothing() {
    let (server, scratch) = (Server::start().await, tempfile::tempdir().unwrap());
    let (folder, digest) = bundle(scratch.path(), &"x".repeat(200_000), Origin::Real);
    let mut sent = Vec::new();
    for _ in 0..2 {
        let line = Line::to(server.address, Fault::None).await;
        let store = store(&config(line.address), scratch.path());
        sent.push(store.put(&folder, &digest).await.unwrap());
        drop(store);
        tokio::time::sleep(Duration::from_millis(200)).await;
        sent.push(line.sent() > 200_000);
        assert!(line.sent() > 0);
    }
    assert_eq!(sent, [true, true, false, false]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_upload_is_not_visible_and_can_be_completed() {
    let (server, scratch) = (Server::start().await, tempfile::tempdir().unwrap());
    let (folder, digest) = bundle(scratch.path(), &"x".repeat(30 << 20), Origin::Real);
    // Cut in the small files, in a part, and shortly before the manifest.
    for limit in [500, 5 << 20, 20 << 20, (60 << 20) + 4000] {
        let line = Line::to(server.address, Fault::CutAfter(limit)).await;
        let broken = store(&config(line.address), scratch.path());
        let error = broken.put(&folder, &digest).await.unwrap_err();
        let text = error.to_string();
        assert!(text.contains("bucket `models`, key `lab/bundles/"), "{text}");
        assert!(text.contains("nothing of an unfinished upload is visible"), "{text}");
        assert!(error.retryable(), "{text}");
        let store = store(&server.config(), scratch.path());
        assert_eq!(store.list().await.unwrap(), []);
        assert_eq!(store.open(&digest).await.unwrap_err().kind(), Kind::NotFound);
        assert!(!server.objects().iter().any(|path| path.ends_with("manifest.json")));
    }
    let store = store(&server.config(), scratch.path());
    assert!(store.put(&folder, &digest).await.unwrap());
    store.verify(&digest).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_old_litter_is_swept() {
    let (server, scratch) = (Server::start().await, tempfile::tempdir().unwrap());
    let store = store(&server.config(), scratch.path());
    let (folder, digest) = bundle(scratch.path(), "kept", Origin::Real);
    store.put(&folder, &digest).await.unwrap();
    let litter = format!("bundles/{}/model.onnx", Digest::of(b"litter").hex());
    store.files().put(&litter, gauntlet_registry::testing_files::bytes(9)).await.unwrap();
    store.sweep().await.unwrap();
    assert_eq!(store.files().size(&litter).await.unwrap(), Some(9), "it may be on its way");
    store.clone().with_abandoned_after(Duration::ZERO).sweep().await.unwrap();
    assert_eq!(store.files().size(&litter).await.unwrap(), None);
    store.verify(&digest).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_is_found_on_both_sides() {
    let (server, scratch) = (Server::start().await, tempfile::tempdir().unwrap());
    let store = store(&server.config(), scratch.path());
    let (folder, digest) = bundle(scratch.path(), "good", Origin::Real);
    fs_err::write(folder.join("model.onnx"), "gooD").unwrap();
    assert_eq!(store.put(&folder, &digest).await.unwrap_err().kind(), Kind::Damaged);
    fs_err::write(folder.join("model.onnx"), "good").unwrap();
    fs_err::write(folder.join("extra"), "").unwrap();
    assert_eq!(store.put(&folder, &digest).await.unwrap_err().kind(), Kind::Damaged);
    fs_err::remove_file(folder.join("extra")).unwrap();
    assert_eq!(store.list().await.unwrap(), [], "nothing of it is visible");
    store.put(&folder, &digest).await.unwrap();

    let stored = server.folder.path().join("models/lab/bundles").join(digest.hex());
    fs_err::write(stored.join("model.onnx"), "gooD").unwrap();
    let error = store.verify(&digest).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Damaged);
    assert!(error.to_string().contains("s3://models/lab/bundles/"), "{error}");
    assert_eq!(store.open(&digest).await.unwrap_err().kind(), Kind::Damaged);
    fs_err::write(stored.join("model.onnx"), "good").unwrap();
    fs_err::write(stored.join("extra"), "").unwrap();
    assert_eq!(store.verify(&digest).await.unwrap_err().kind(), Kind::Damaged);
    fs_err::remove_file(stored.join("extra")).unwrap();
    fs_err::remove_file(stored.join("plots/roc.svg")).unwrap();
    assert_eq!(store.verify(&digest).await.unwrap_err().kind(), Kind::Damaged);
}
