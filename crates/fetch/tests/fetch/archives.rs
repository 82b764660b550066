//! Archives: unpacked safely, or left to the user.

use std::io::Write;

use crate::common::{bytes, descriptor, names, published, quick, zip};
use crate::server::{Reply, Server};
use gauntlet_core::Digest;
use gauntlet_data::{Archive, Descriptor};
use gauntlet_fetch::{FetchError, Fetched, Options, fetch};
use tempfile::TempDir;
use zip::write::SimpleFileOptions;

async fn serve(body: Vec<u8>) -> Server {
    Server::start(move |_, request| Reply::ranged(request, &body, "\"v1\"")).await
}

/// A dataset whose archive is unpacked whole into `raw/clips`.
fn whole(url: &str) -> Descriptor {
    let mut rig = descriptor(url, Archive::Zip);
    rig.download[0].member = None;
    rig.download[0].path = "clips".to_owned();
    rig
}

#[tokio::test]
async fn the_wanted_member_arrives_and_the_archive_goes() {
    let body = bytes(20_000);
    let server = serve(zip(&[("readme.txt", b"hello"), ("rig.csv", &body)])).await;
    let folder = TempDir::new().unwrap();
    let rig = published(&format!("{}/rig+data.zip", server.base), Archive::Zip, &body);
    let fetched = fetch(&rig, folder.path(), &quick()).await.unwrap();
    assert_eq!(fetched, [Fetched::New(folder.path().join("rig.csv"))]);
    assert_eq!(fs_err::read(folder.path().join("rig.csv")).unwrap(), body);
    assert_eq!(names(folder.path()), ["rig.csv"]);
}

#[tokio::test]
async fn a_member_that_is_not_the_published_file_is_refused() {
    let server = serve(zip(&[("rig.csv", b"baad")])).await;
    let folder = TempDir::new().unwrap();
    let url = format!("{}/rig.zip", server.base);
    let error =
        fetch(&published(&url, Archive::Zip, b"good"), folder.path(), &quick()).await.unwrap_err();
    assert!(matches!(error, FetchError::Digest { .. }), "{error}");
    let longer = published(&url, Archive::Zip, b"longer");
    let error = fetch(&longer, folder.path(), &quick()).await.unwrap_err();
    assert!(matches!(error, FetchError::Size { found: 4, expected: 6, .. }), "{error}");
    assert!(names(folder.path()).is_empty());
}

#[tokio::test]
async fn a_missing_member_is_named() {
    let server = serve(zip(&[("other.csv", b"1")])).await;
    let folder = TempDir::new().unwrap();
    let rig = descriptor(&format!("{}/rig.zip", server.base), Archive::Zip);
    let error = fetch(&rig, folder.path(), &quick()).await.unwrap_err();
    assert!(error.to_string().ends_with("rig.zip: there is no member `rig.csv`"), "{error}");
    assert!(names(folder.path()).is_empty());
}

#[tokio::test]
async fn the_archive_has_a_digest_of_its_own() {
    let server = serve(zip(&[("rig.csv", b"1")])).await;
    let folder = TempDir::new().unwrap();
    let mut rig = descriptor(&format!("{}/rig.zip", server.base), Archive::Zip);
    rig.download[0].sha256 = Some(Digest::of(b"another archive"));
    let error = fetch(&rig, folder.path(), &quick()).await.unwrap_err();
    assert!(matches!(error, FetchError::Digest { .. }), "{error}");
    assert!(error.to_string().contains("rig.zip: sha256:"), "{error}");
    assert!(names(folder.path()).is_empty());
}

#[tokio::test]
async fn a_whole_archive_becomes_a_folder() {
    let server = serve(zip(&[("a/1.csv", b"one"), ("a/b/2.csv", b"two")])).await;
    let folder = TempDir::new().unwrap();
    let rig = whole(&format!("{}/clips.zip", server.base));
    fetch(&rig, folder.path(), &quick()).await.unwrap();
    let clips = folder.path().join("clips");
    assert_eq!(fs_err::read(clips.join("a/b/2.csv")).unwrap(), b"two");
    assert_eq!(names(folder.path()), ["clips"]);
    let again = fetch(&rig, folder.path(), &quick()).await.unwrap();
    assert_eq!(again, [Fetched::AlreadyThere(clips)]);
}

#[tokio::test]
async fn members_that_would_leave_their_folder_are_refused() {
    for evil in ["../evil.csv", "a/../../evil.csv", "/evil.csv"] {
        let server = serve(zip(&[("good.csv", b"1"), (evil, b"2")])).await;
        let folder = TempDir::new().unwrap();
        let raw = folder.path().join("raw");
        let rig = whole(&format!("{}/clips.zip", server.base));
        let result = fetch(&rig, &raw, &quick()).await;
        if evil.starts_with('/') && result.is_ok() {
            // Taken as relative, it stays inside.
            assert!(raw.join("clips/evil.csv").exists());
        } else {
            let error = result.unwrap_err();
            assert!(matches!(error, FetchError::UnsafeMember { .. }), "{evil}: {error}");
            assert!(error.to_string().contains("evil.csv"), "{error}");
            assert!(names(&raw).is_empty());
        }
        assert_eq!(names(folder.path()), ["raw"]);
    }
}

#[tokio::test]
async fn links_in_an_archive_are_refused() {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    writer.add_symlink("link", "/etc", SimpleFileOptions::default()).unwrap();
    let server = serve(writer.finish().unwrap().into_inner()).await;
    let folder = TempDir::new().unwrap();
    let rig = whole(&format!("{}/clips.zip", server.base));
    let error = fetch(&rig, folder.path(), &quick()).await.unwrap_err();
    assert!(matches!(error, FetchError::UnsafeMember { .. }), "{error}");
    assert!(names(folder.path()).is_empty());
}

#[tokio::test]
async fn an_archive_that_swells_beyond_the_limit_is_refused() {
    let zeros = vec![0; 1_000_000];
    let body = zip(&[("a.csv", &zeros), ("b.csv", &zeros)]);
    assert!(body.len() < 10_000);
    let server = serve(body).await;
    let folder = TempDir::new().unwrap();
    let rig = whole(&format!("{}/clips.zip", server.base));
    let options = Options { max_unpacked: 1_500_000, ..quick() };
    let error = fetch(&rig, folder.path(), &options).await.unwrap_err();
    let FetchError::TooLarge { member, .. } = &error else { panic!("{error}") };
    assert_eq!(member, "b.csv");
    assert!(names(folder.path()).is_empty());

    let server = serve(zip(&[("rig.csv", &zeros)])).await;
    let rig = published(&format!("{}/rig.zip", server.base), Archive::Zip, b"tiny");
    let error = fetch(&rig, folder.path(), &quick()).await.unwrap_err();
    assert!(matches!(error, FetchError::TooLarge { limit: 4, .. }), "{error}");
}

#[tokio::test]
async fn a_broken_archive_is_an_error_and_is_downloaded_again() {
    let mut corrupt = zip(&[("rig.csv", &bytes(1_000))]);
    let sound = corrupt.clone();
    // Inside the compressed bytes of the only member.
    corrupt[200] ^= 0xff;
    let server = Server::start(move |n, _| match n {
        0 => Reply::ok(b"<html>please log in</html>").with("etag", "\"v1\""),
        1 => Reply::ok(&corrupt).with("etag", "\"v1\""),
        _ => Reply::ok(&sound).with("etag", "\"v1\""),
    })
    .await;
    let folder = TempDir::new().unwrap();
    let rig = descriptor(&format!("{}/rig.zip", server.base), Archive::Zip);
    for _ in 0..2 {
        let error = fetch(&rig, folder.path(), &quick()).await.unwrap_err();
        assert!(matches!(error, FetchError::Zip { .. }) && !error.is_unavailable(), "{error}");
        assert!(names(folder.path()).is_empty());
    }
    fetch(&rig, folder.path(), &quick()).await.unwrap();
    assert_eq!(fs_err::read(folder.path().join("rig.csv")).unwrap(), bytes(1_000));
}

#[tokio::test]
async fn rar_and_7z_arrive_whole_and_are_left_to_the_user() {
    for (archive, name) in [(Archive::Rar, "clips.rar"), (Archive::SevenZ, "clips.7z")] {
        let server = serve(bytes(3_000)).await;
        let folder = TempDir::new().unwrap();
        let mut rig = descriptor(&format!("{}/{name}", server.base), archive);
        rig.download[0].path = "clips".to_owned();
        rig.download[0].sha256 = Some(Digest::of(&bytes(3_000)));
        for _ in 0..2 {
            let error = fetch(&rig, folder.path(), &quick()).await.unwrap_err();
            assert!(matches!(error, FetchError::UnpackByHand { .. }), "{error}");
            assert!(error.is_unavailable());
            let hint = error.hint().unwrap();
            let target = folder.path().join("clips");
            assert!(hint.contains(name) && hint.contains(&target.display().to_string()), "{hint}");
        }
        assert_eq!(names(folder.path()), [name]);
        assert_eq!(server.asked().len(), 1);
        fs_err::create_dir(folder.path().join("clips")).unwrap();
        fetch(&rig, folder.path(), &quick()).await.unwrap();
    }
}

#[tokio::test]
async fn an_encrypted_member_is_an_error() {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    writer.start_file("rig.csv", SimpleFileOptions::default()).unwrap();
    writer.write_all(b"1").unwrap();
    let mut body = writer.finish().unwrap().into_inner();
    // The flag that says `encrypted`, in the local and in the central header.
    for (signature, flags) in [(b"PK\x03\x04", 6), (b"PK\x01\x02", 8)] {
        let at = body.windows(4).position(|window| window == signature).unwrap();
        body[at + flags] |= 1;
    }
    let server = serve(body).await;
    let folder = TempDir::new().unwrap();
    let rig = descriptor(&format!("{}/rig.zip", server.base), Archive::Zip);
    let error = fetch(&rig, folder.path(), &quick()).await.unwrap_err();
    assert!(matches!(error, FetchError::Zip { .. }), "{error}");
}
