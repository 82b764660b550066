//! Registries in folders, and models in none.

use super::*;

/// A registry's folder with `motor` at `champion` in each of these versions, the last one published.
fn registry(versions: &[u32]) -> (TempDir, Vec<Digest>) {
    let root = tempfile::tempdir().unwrap();
    let mut digests = Vec::new();
    for version in versions {
        let (digest, files) = bundle(&version.to_string());
        write(&root.path().join("artifacts/bundles").join(digest.hex()), &files);
        published::publish(root.path(), &[pointer("motor", "champion", *version, digest)]).unwrap();
        digests.push(digest);
    }
    (root, digests)
}

fn text(root: &TempDir) -> &str {
    root.path().to_str().unwrap()
}

#[tokio::test]
async fn a_champion_is_found_verified_and_used_where_it_is() {
    let (root, digests) = registry(&[1, 2]);
    let place = Place::over(text(&root));
    let champions = place.sources.champions().await.unwrap();
    assert_eq!(champions, ["motor".parse().unwrap()]);
    let (located, fetched) = place.fetch("motor").await.unwrap();
    assert_eq!((located.version.0, located.digest), (2, Some(digests[1])));
    assert!(fetched.folder.starts_with(root.path()));
    assert_eq!((fetched.digest, fetched.layout), (digests[1], layout::Layout::Bundle));
    assert_eq!(place.models(), [""; 0], "nothing is copied before it is known to be good");
}

#[tokio::test]
async fn the_last_good_model_is_served_after_the_registry_is_gone() {
    let (root, digests) = registry(&[1]);
    let path = text(&root).to_owned();
    let place = Place::over(&path);
    place.serve("motor").await;
    let state = place.end();
    root.close().unwrap();
    let sources = sources(&path, state.path());
    let wanted: Wanted = "motor".parse().unwrap();
    assert_eq!(sources.locate(&wanted).await.unwrap_err().trouble, Trouble::NotFound);
    assert_eq!(sources.last_wanted(), std::slice::from_ref(&wanted));
    let (located, fetched) = sources.last_good(&wanted).await.unwrap();
    assert_eq!((located.version.0, fetched.digest), (1, digests[0]));
    assert!(fetched.folder.starts_with(state.path()));
    let other = super::sources("elsewhere", tempfile::tempdir().unwrap().path());
    assert!(other.last_good(&wanted).await.is_none());
}

#[tokio::test]
async fn a_damaged_bundle_is_refused_and_the_last_good_one_stays() {
    let (root, digests) = registry(&[1]);
    let place = Place::over(text(&root));
    place.serve("motor").await;
    let (bad, files) = bundle("2");
    let folder = root.path().join("artifacts/bundles").join(bad.hex());
    write(&folder, &files);
    fs_err::write(folder.join("model.onnx"), "3").unwrap();
    published::publish(root.path(), &[pointer("motor", "champion", 2, bad)]).unwrap();
    let error = place.fetch("motor").await.unwrap_err();
    assert_eq!(error.trouble, Trouble::Damaged);
    assert!(error.to_string().starts_with("motor@champion from "), "{error}");
    assert!(error.problem.contains("model.onnx"), "{error}");
    let (_, fetched) = place.sources.last_good(&"motor".parse().unwrap()).await.unwrap();
    assert_eq!(fetched.digest, digests[0]);
    // It is served once it is whole again.
    write(&folder, &files);
    assert_eq!(place.fetch("motor").await.unwrap().1.digest, bad);
}

#[tokio::test]
async fn a_corrupted_registry_does_not_reach_the_copy() {
    let (root, digests) = registry(&[1]);
    let place = Place::over(text(&root));
    let (_, fetched) = place.serve("motor").await;
    fs_err::write(fetched.folder.join("model.onnx"), "corrupted in place").unwrap();
    let (_, again) = place.fetch("motor").await.unwrap();
    assert!(again.folder.starts_with(place.dir.path()));
    assert_eq!(again.digest, digests[0]);
}

#[tokio::test]
async fn what_is_not_there_is_named_with_what_is() {
    let (root, _) = registry(&[3]);
    let place = Place::over(text(&root));
    for (wanted, words) in [
        ("motor@challenger", "it has `champion`"),
        ("pump", "known are `motor`"),
        ("pump/1", "known are `motor`"),
        ("motor/2", "no version 2"),
    ] {
        let error = place.fetch(wanted).await.unwrap_err();
        assert_eq!(error.trouble, Trouble::NotFound, "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
    assert_eq!(place.fetch("motor/3").await.unwrap().0.alias, None);
    let empty = tempfile::tempdir().unwrap();
    let error = Place::over(text(&empty)).sources.champions().await.unwrap_err();
    assert_eq!(error.trouble, Trouble::NotFound);
}

#[tokio::test]
async fn the_catalogue_lists_what_is_published() {
    let (root, digests) = registry(&[1, 2]);
    let pointers =
        [pointer("motor", "champion", 2, digests[1]), pointer("motor", "previous", 1, digests[0])];
    published::publish(root.path(), &pointers).unwrap();
    let place = Place::over(text(&root));
    let listed = place.sources.catalogue().await.unwrap();
    assert_eq!((listed.len(), listed[0].latest_version.unwrap().0), (1, 2));
    assert_eq!((listed[0].aliases.len(), listed[0].digest), (2, Some(digests[1])));
    let versions = place.sources.versions(&"motor".parse().unwrap()).await.unwrap();
    assert_eq!(versions.iter().map(|v| v.version.0).collect::<Vec<_>>(), [2, 1]);
    let error = place.sources.versions(&"pump".parse().unwrap()).await.unwrap_err();
    assert_eq!(error.trouble, Trouble::NotFound);
}

#[tokio::test]
async fn a_plain_bundle_is_followed_by_its_manifest() {
    let dir = tempfile::tempdir().unwrap();
    let (first, files) = bundle("1");
    write(dir.path(), &files);
    let place = Place::over("nowhere");
    let wanted = format!("motor={}", text(&dir));
    let (located, fetched) = place.serve(&wanted).await;
    assert_eq!((located.version.0, fetched.digest), (0, first));
    let parsed = wanted.parse().unwrap();
    assert!(place.sources.locate(&parsed).await.unwrap().is_same_as(&located));
    let (second, files) = bundle("2");
    write(dir.path(), &files);
    assert!(!place.sources.locate(&parsed).await.unwrap().is_same_as(&located));
    assert_eq!(place.fetch(&wanted).await.unwrap().1.digest, second);
    assert_eq!(place.sources.last_wanted(), [], "it is no champion of the registry");
}

#[tokio::test]
async fn a_model_of_mlflows_and_a_bare_file_are_copied_under_the_digest_of_their_files() {
    let dir = tempfile::tempdir().unwrap();
    let files = [("MLmodel", "flavors"), ("model.onnx", "x"), ("conda.yaml", "python")];
    write(dir.path(), &files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())));
    let place = Place::over("nowhere");
    let whole = format!("motor={}", text(&dir));
    let (located, fetched) = place.serve(&whole).await;
    assert_eq!((located.digest, fetched.layout), (None, layout::Layout::Mlflow));
    assert!(!fetched.folder.join("conda.yaml").exists());
    let bare = format!("bare={}/model.onnx", text(&dir));
    let (_, alone) = place.serve(&bare).await;
    assert_eq!(alone.layout, layout::Layout::Onnx);
    assert_eq!(alone.digest, layout::digest_of(&[("model.onnx".to_owned(), Digest::of(b"x"))]));
    // After a start over, the same files are known again although no manifest names them.
    let state = place.end();
    let sources = sources("nowhere", state.path());
    let wanted = whole.parse().unwrap();
    let again = sources.locate(&wanted).await.unwrap();
    assert!(again.is_same_as(&located));
    fs_err::write(dir.path().join("model.onnx"), "longer").unwrap();
    let changed = sources.locate(&wanted).await.unwrap();
    assert!(!changed.is_same_as(&located));
    assert_ne!(sources.fetch(&wanted, &changed).await.unwrap().digest, fetched.digest);
    dir.close().unwrap();
    let error = sources.locate(&wanted).await.unwrap_err();
    assert_eq!(error.trouble, Trouble::NotFound);
    assert_eq!(sources.last_good(&wanted).await.unwrap().1.digest, fetched.digest);
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_out_of_the_registry_is_not_followed() {
    let (root, digests) = registry(&[1]);
    let (outside, files) = (tempfile::tempdir().unwrap(), bundle("1").1);
    write(outside.path(), &files);
    let folder = root.path().join("artifacts/bundles").join(digests[0].hex());
    fs_err::remove_dir_all(&folder).unwrap();
    std::os::unix::fs::symlink(outside.path(), &folder).unwrap();
    let error = Place::over(text(&root)).fetch("motor").await.unwrap_err();
    assert_eq!(error.trouble, Trouble::Damaged, "{error}");
}
