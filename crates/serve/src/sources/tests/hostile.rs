//! Servers that hand out what could do harm: nothing of it is written outside, kept, or taken for a model.

use gauntlet_core::FileEntry;
use serde_json::json;

use super::fake::{Answer, Fake};
use super::*;

/// A registry that says `digest`, and answers requests for files with `file`.
async fn registry(
    digest: Option<Digest>,
    files: impl Fn(&str) -> Answer + Send + Sync + 'static,
) -> Fake {
    let tags = match digest {
        Some(digest) => json!([{"key": "gauntlet.bundle_digest", "value": digest.to_string()}]),
        None => json!([]),
    };
    Fake::start(move |line| {
        if line.contains("registered-models/alias") {
            let version = json!({"name": "motor", "version": "1", "source": "s", "tags": tags});
            Answer::json(&json!({ "model_version": version }))
        } else if line.contains("get-download-uri") {
            Answer::json(&json!({ "artifact_uri": "mlflow-artifacts:/1/model" }))
        } else {
            files(line)
        }
    })
    .await
}

/// The error of a fetch that must leave nothing behind.
async fn refused(server: &Fake) -> SourceError {
    let place = Place::over(&server.url());
    let error = place.fetch("motor").await.unwrap_err();
    assert_eq!(place.models(), [""; 0], "{error}");
    error
}

/// A registry with one bundle, whose manifest lists `files` and whose every other file is `bytes`.
async fn listing(files: Vec<FileEntry>, bytes: &'static [u8]) -> Fake {
    let manifest = serde_json::to_vec(&manifest(files)).unwrap();
    registry(Some(Digest::of(&manifest)), move |line| {
        Answer::ok(if line.ends_with("manifest.json") { manifest.clone() } else { bytes.to_vec() })
    })
    .await
}

fn entry(path: &str, size: u64, bytes: &[u8]) -> FileEntry {
    FileEntry { path: path.to_owned(), size, sha256: Digest::of(bytes) }
}

#[tokio::test]
async fn paths_that_leave_the_folder_are_refused() {
    for path in ["../x", "/etc/x", "a/../../x", "a\\b", "manifest.json", "", "."] {
        let error = refused(&listing(vec![entry(path, 1, b"x")], b"x").await).await;
        assert_eq!(error.trouble, Trouble::Damaged, "{path}: {error}");
    }
}

#[tokio::test]
async fn files_that_are_not_what_the_manifest_says_are_refused() {
    for (size, bytes) in [(1, &b"xx"[..]), (2, &b"x"[..]), (1, &b"y"[..])] {
        let error = refused(&listing(vec![entry("model.onnx", size, b"x")], bytes).await).await;
        assert_eq!(error.trouble, Trouble::Damaged, "{error}");
        assert!(error.problem.contains("model.onnx"), "{error}");
    }
    let (digest, files) = bundle("1");
    let manifest = files[2].1.clone();
    let server = registry(Some(Digest::of(b"other")), move |_| Answer::ok(manifest.clone())).await;
    let error = refused(&server).await;
    assert!(error.problem.contains(&digest.hex()), "{error}");
}

#[tokio::test]
async fn what_is_too_large_is_refused_before_it_is_taken() {
    let error = refused(&listing(vec![entry("report.json", 1 << 40, b"")], b"").await).await;
    assert!(error.problem.contains("more than"), "{error}");
    let many = (0..=limits::FILES).map(|n| entry(&n.to_string(), 0, b"")).collect();
    let error = refused(&listing(many, b"").await).await;
    assert_eq!(error.trouble, Trouble::Damaged, "{error}");
    // A manifest of 64 KiB and a byte.
    let server = registry(Some(Digest::of(b"")), |_| Answer::ok(vec![b' '; 65_537])).await;
    assert!(refused(&server).await.problem.contains("65536 bytes"));
    // An answer that has no end is given up where no listing would be so long.
    let server = Fake::start(|_| Answer::ok(vec![b' '; limits::ANSWER + 1])).await;
    assert!(refused(&server).await.problem.contains("too long"));
}

#[tokio::test]
async fn a_listing_cannot_lead_out_or_around_in_circles() {
    for path in ["../evil.onnx", "..", "/etc/passwd.onnx"] {
        let listed = json!({"files": [{"path": path, "is_dir": path == "..", "file_size": 1}]});
        let server = registry(None, move |line| match line.contains("artifacts?path") {
            true => Answer::json(&listed),
            false => Answer::ok("x"),
        })
        .await;
        // Only the last part of a listed path counts, as in MLflow: what comes is inside, or nothing comes.
        let place = Place::over(&server.url());
        if let Ok((_, fetched)) = place.fetch("motor").await {
            let names = fs_err::read_dir(&fetched.folder).unwrap();
            assert!(names.count() == 1 && fetched.folder.starts_with(place.dir.path()), "{path}");
        }
        assert!(!place.dir.path().join("bundles/evil.onnx").exists());
    }
    let folder = json!({"files": [{"path": "a", "is_dir": true}]});
    let server = registry(None, move |_| Answer::json(&folder)).await;
    assert!(refused(&server).await.problem.contains("none of its files"));
    let names: Vec<_> = (0..=limits::FILES).map(|n| json!({"path": n.to_string()})).collect();
    let names = json!({ "files": names });
    let server = registry(None, move |_| Answer::json(&names)).await;
    assert!(refused(&server).await.problem.contains("no more than"));
}

#[tokio::test]
async fn an_answer_that_is_none_or_breaks_off_is_no_model() {
    for body in ["", "{", "[]", "<html>", r#"{"model_version":{"version":"latest"}}"#, "{}"] {
        let server = Fake::start(move |_| Answer::ok(body)).await;
        assert_eq!(refused(&server).await.trouble, Trouble::Unreachable, "{body}");
    }
    let tag = json!([{"key": "gauntlet.bundle_digest", "value": "sha256:../../x"}]);
    let version = json!({"model_version": {"name": "motor", "version": "1", "tags": tag}});
    let server = Fake::start(move |_| Answer::json(&version)).await;
    assert_eq!(refused(&server).await.trouble, Trouble::Damaged);
    let (digest, files) = bundle("1");
    let server = registry(Some(digest), move |line| {
        let found = files.iter().find(|(path, _)| line.ends_with(path.as_str()));
        let mut answer = Answer::ok(found.map(|(_, bytes)| bytes.clone()).unwrap_or_default());
        if line.ends_with("model.onnx") {
            answer.head = answer.head.replace("content-length: 1", "content-length: 9");
        }
        answer
    })
    .await;
    assert_eq!(refused(&server).await.trouble, Trouble::Unreachable);
}

#[tokio::test]
async fn a_password_does_not_follow_a_redirect_to_another_host() {
    let other = Fake::start(|_| Answer::error("404 Not Found", "RESOURCE_DOES_NOT_EXIST")).await;
    let location = format!("location: http://localhost:{}/x\r\n", other.address.port());
    let server = Fake::start(move |_| {
        let mut answer = Answer::new("307 Temporary Redirect", "");
        answer.head.push_str(&location);
        answer
    })
    .await;
    let place = Place::over(&format!("http://ann:hush@{}", server.address));
    place.fetch("motor").await.unwrap_err();
    assert!(server.asked()[0].to_lowercase().contains("authorization:"));
    for request in other.asked() {
        assert!(!request.to_lowercase().contains("authorization:"), "{request}");
    }
}
