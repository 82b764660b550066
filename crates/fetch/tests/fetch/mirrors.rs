//! Mirrors, credentials and redirects.

use crate::common::{bytes, descriptor, names, quick, zip};
use crate::server::{Reply, Server};
use gauntlet_data::Archive;
use gauntlet_fetch::{Credentials, FetchError, Options, Url, fetch};
use tempfile::TempDir;

fn with_token(mirror: &str) -> Options {
    let credentials = Credentials::from_lookup(|name| {
        (name == "GAUNTLET_DATA_TOKEN").then(|| "s3cret".to_owned())
    });
    Options { mirror: Some(Url::parse(mirror).unwrap()), credentials, ..quick() }
}

fn with_password(mirror: &str) -> Options {
    let credentials = Credentials::from_lookup(|name| match name {
        "GAUNTLET_DATA_USER" => Some("me".to_owned()),
        "GAUNTLET_DATA_PASSWORD" => Some("s3cret".to_owned()),
        _ => None,
    });
    Options { credentials, ..with_token(mirror) }
}

#[tokio::test]
async fn a_mirror_stands_in_for_the_official_address() {
    let server = Server::start(|_, _| Reply::ok(&zip(&[("rig.csv", b"1")]))).await;
    let folder = TempDir::new().unwrap();
    let rig = descriptor("https://official.invalid/static/601/rig+data.zip", Archive::Zip);
    let mirror = Some(Url::parse(&format!("{}/sets/", server.base)).unwrap());
    fetch(&rig, folder.path(), &Options { mirror, ..quick() }).await.unwrap();
    let asked = &server.asked()[0];
    assert_eq!(asked.path, "/sets/rig+data.zip");
    assert_eq!(asked.header("authorization"), None);
    assert_eq!(asked.header("accept-encoding"), Some("identity"));
    assert!(asked.header("user-agent").unwrap().starts_with("gauntlet/"));
}

#[tokio::test]
async fn a_mirror_is_told_who_asks_by_token_or_password() {
    let server = Server::start(|_, _| Reply::ok(b"1")).await;
    let rig = descriptor("https://official.invalid/rig.csv", Archive::None);
    for (options, said) in [
        (with_token(&server.base), "Bearer s3cret"),
        (with_password(&server.base), "Basic bWU6czNjcmV0"),
    ] {
        let folder = TempDir::new().unwrap();
        fetch(&rig, folder.path(), &options).await.unwrap();
        assert_eq!(server.asked().last().unwrap().header("authorization"), Some(said));
    }
}

#[tokio::test]
async fn an_official_address_is_not_told_the_mirrors_secret() {
    let server = Server::start(|_, _| Reply::ok(b"1")).await;
    let folder = TempDir::new().unwrap();
    let rig = descriptor(&format!("{}/rig.csv", server.base), Archive::None);
    let options = Options { mirror: None, ..with_token(&server.base) };
    fetch(&rig, folder.path(), &options).await.unwrap();
    assert_eq!(server.asked()[0].header("authorization"), None);
}

#[tokio::test]
async fn a_redirect_to_another_host_drops_credentials_and_is_followed() {
    let storage = Server::start(|_, _| Reply::ok(&bytes(100))).await;
    let target = format!("{}/blob", storage.base.replace("127.0.0.1", "localhost"));
    let front = Server::start(move |_, _| Reply::new(302, b"").with("location", &target)).await;
    let folder = TempDir::new().unwrap();
    let rig = descriptor("https://official.invalid/rig.csv", Archive::None);
    fetch(&rig, folder.path(), &with_token(&front.base)).await.unwrap();
    assert_eq!(front.asked()[0].header("authorization"), Some("Bearer s3cret"));
    assert_eq!(storage.asked()[0].header("authorization"), None);
    assert_eq!(fs_err::read(folder.path().join("rig.csv")).unwrap(), bytes(100));
}

#[tokio::test]
async fn a_redirect_within_a_host_keeps_credentials() {
    let server = Server::start(|n, _| match n {
        0 => Reply::new(307, b"").with("location", "/elsewhere"),
        _ => Reply::ok(b"1"),
    })
    .await;
    let folder = TempDir::new().unwrap();
    let rig = descriptor("https://official.invalid/rig.csv", Archive::None);
    fetch(&rig, folder.path(), &with_token(&server.base)).await.unwrap();
    assert_eq!(server.asked()[1].path, "/elsewhere");
    assert_eq!(server.asked()[1].header("authorization"), Some("Bearer s3cret"));
}

#[tokio::test]
async fn a_circle_of_redirects_ends() {
    let server = Server::start(|_, _| Reply::new(302, b"").with("location", "/again")).await;
    let folder = TempDir::new().unwrap();
    let rig = descriptor(&format!("{}/rig.csv", server.base), Archive::None);
    let error = fetch(&rig, folder.path(), &quick()).await.unwrap_err();
    assert!(error.to_string().contains("too many redirects"), "{error}");
    assert!(server.asked().len() < 20);
}

#[tokio::test]
async fn a_refusal_advises_on_credentials_and_shows_none() {
    let server = Server::start(|_, _| Reply::new(403, b"")).await;
    let folder = TempDir::new().unwrap();
    let rig = descriptor("https://official.invalid/rig.csv", Archive::None);
    let mirror = server.base.replace("http://", "http://me:s3cret@");
    let error = fetch(&rig, folder.path(), &with_token(&mirror)).await.unwrap_err();
    assert!(matches!(error, FetchError::Status { status: 403, .. }));
    assert!(error.hint().unwrap().contains("GAUNTLET_DATA_TOKEN"));
    assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
}

#[tokio::test]
async fn a_part_left_behind_holds_no_secret() {
    let server = Server::start(|_, _| Reply::ok(&bytes(900)).with("etag", "\"v\"").cut(9)).await;
    let folder = TempDir::new().unwrap();
    let rig = descriptor("https://official.invalid/rig.csv", Archive::None);
    let mirror = server.base.replace("http://", "http://me:s3cret@");
    let options = Options { attempts: 1, ..with_token(&mirror) };
    let error = fetch(&rig, folder.path(), &options).await.unwrap_err();
    assert!(!format!("{error} {error:?} {options:?}").contains("s3cret"));
    assert_eq!(names(folder.path()), ["rig.csv.part", "rig.csv.part.json"]);
    let memo = fs_err::read_to_string(folder.path().join("rig.csv.part.json")).unwrap();
    assert!(!memo.contains("s3cret"), "{memo}");
}
