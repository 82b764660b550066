//! Files as they are: whole, resumed, refused, wrong.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::common::{bytes, descriptor, names, published, quick};
use crate::server::{Reply, Request, Server};
use gauntlet_data::Archive;
use gauntlet_fetch::{FetchError, Fetched, Options, Watcher, fetch};
use tempfile::TempDir;

const TAG: &str = "\"v1\"";

fn once() -> Options {
    Options { attempts: 1, ..quick() }
}

#[tokio::test]
async fn a_file_arrives_under_its_name_and_nothing_is_left_beside_it() {
    let body = bytes(100_000);
    let sent = body.clone();
    let server = Server::start(move |_, _| Reply::ok(&sent).with("etag", TAG)).await;
    let folder = TempDir::new().unwrap();
    let raw = folder.path().join("deep/raw");
    let rig = published(&format!("{}/rig.csv", server.base), Archive::None, &body);
    let fetched = fetch(&rig, &raw, &quick()).await.unwrap();
    assert_eq!(fetched, [Fetched::New(raw.join("rig.csv"))]);
    assert_eq!(fs_err::read(raw.join("rig.csv")).unwrap(), body);
    assert_eq!(names(&raw), ["rig.csv"]);
    let again = fetch(&rig, &raw, &quick()).await.unwrap();
    assert_eq!(again, [Fetched::AlreadyThere(raw.join("rig.csv"))]);
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn a_broken_connection_is_resumed_where_it_broke() {
    let body = bytes(50_000);
    let sent = body.clone();
    let server = Server::start(move |n, request| {
        let reply = Reply::ranged(request, &sent, TAG);
        if n < 2 { reply.cut(20_000) } else { reply }
    })
    .await;
    let folder = TempDir::new().unwrap();
    let rig = published(&format!("{}/rig.csv", server.base), Archive::None, &body);
    fetch(&rig, folder.path(), &quick()).await.unwrap();
    assert_eq!(fs_err::read(folder.path().join("rig.csv")).unwrap(), body);
    let ranges: Vec<_> = server.asked().iter().map(Request::range).collect();
    assert_eq!(ranges, [None, Some(20_000), Some(40_000)]);
    assert_eq!(server.asked()[1].header("if-range"), Some(TAG));
}

#[tokio::test]
async fn a_later_run_goes_on_with_the_part_of_an_earlier_one() {
    let body = bytes(5_000);
    let sent = body.clone();
    let server = Server::start(move |n, request| {
        let reply = Reply::ranged(request, &sent, TAG);
        if n == 0 { reply.cut(1_234) } else { reply }
    })
    .await;
    let folder = TempDir::new().unwrap();
    let rig = published(&format!("{}/rig.csv", server.base), Archive::None, &body);
    let error = fetch(&rig, folder.path(), &once()).await.unwrap_err();
    assert!(matches!(error, FetchError::GaveUp { attempts: 1, .. }), "{error}");
    assert!(error.is_unavailable() && error.hint().is_some());
    assert_eq!(names(folder.path()), ["rig.csv.part", "rig.csv.part.json"]);
    fetch(&rig, folder.path(), &once()).await.unwrap();
    assert_eq!(server.asked()[1].range(), Some(1_234));
    assert_eq!(fs_err::read(folder.path().join("rig.csv")).unwrap(), body);
    assert_eq!(names(folder.path()), ["rig.csv"]);
}

#[tokio::test]
async fn a_file_that_changed_meanwhile_is_taken_from_the_start() {
    let (old, new) = (bytes(5_000), vec![7; 4_000]);
    let (first, second) = (old, new.clone());
    let server = Server::start(move |n, request| match n {
        0 => Reply::ranged(request, &first, TAG).cut(1_000),
        _ => Reply::ranged(request, &second, "\"v2\""),
    })
    .await;
    let folder = TempDir::new().unwrap();
    let rig = descriptor(&format!("{}/rig.csv", server.base), Archive::None);
    fetch(&rig, folder.path(), &quick()).await.unwrap();
    assert_eq!(fs_err::read(folder.path().join("rig.csv")).unwrap(), new);
}

#[tokio::test]
async fn a_server_that_ignores_ranges_restarts_cleanly() {
    let body = bytes(5_000);
    let sent = body.clone();
    let server = Server::start(move |n, _| {
        let reply = Reply::ok(&sent).with("last-modified", "Sun, 06 Nov 1994 08:49:37 GMT");
        if n == 0 { reply.cut(3_000) } else { reply }
    })
    .await;
    let folder = TempDir::new().unwrap();
    let rig = published(&format!("{}/rig.csv", server.base), Archive::None, &body);
    fetch(&rig, folder.path(), &quick()).await.unwrap();
    assert_eq!(server.asked()[1].range(), Some(3_000));
    assert_eq!(fs_err::read(folder.path().join("rig.csv")).unwrap(), body);
}

#[tokio::test]
async fn without_a_strong_validator_nothing_is_resumed() {
    let body = bytes(5_000);
    let sent = body.clone();
    let server = Server::start(move |n, _| {
        let reply = Reply::ok(&sent).with("etag", "W/\"weak\"");
        if n == 0 { reply.cut(3_000) } else { reply }
    })
    .await;
    let folder = TempDir::new().unwrap();
    let rig = published(&format!("{}/rig.csv", server.base), Archive::None, &body);
    fetch(&rig, folder.path(), &quick()).await.unwrap();
    assert_eq!(server.asked()[1].range(), None);
    assert_eq!(fs_err::read(folder.path().join("rig.csv")).unwrap(), body);
}

#[tokio::test]
async fn another_range_than_asked_for_is_not_glued_on() {
    let body = bytes(5_000);
    let sent = body.clone();
    let server = Server::start(move |n, request| match n {
        0 => Reply::ranged(request, &sent, TAG).cut(3_000),
        1 => Reply::new(206, &sent[1_000..]).with("content-range", "bytes 1000-4999/5000"),
        _ => Reply::ranged(request, &sent, TAG),
    })
    .await;
    let folder = TempDir::new().unwrap();
    let rig = published(&format!("{}/rig.csv", server.base), Archive::None, &body);
    fetch(&rig, folder.path(), &quick()).await.unwrap();
    assert_eq!(server.asked()[2].range(), None);
    assert_eq!(fs_err::read(folder.path().join("rig.csv")).unwrap(), body);
}

#[tokio::test]
async fn a_part_that_is_already_complete_is_recognised_by_the_range_answer() {
    let body = bytes(5_000);
    let sent = body.clone();
    // The first answer announces more than there is, so the part ends up complete but unfinished.
    let server = Server::start(move |n, request| {
        let mut reply = Reply::ranged(request, &sent, TAG);
        if n == 0 {
            reply.body.push(0);
            reply = reply.cut(5_000);
        }
        reply
    })
    .await;
    let folder = TempDir::new().unwrap();
    let rig = descriptor(&format!("{}/rig.csv", server.base), Archive::None);
    fetch(&rig, folder.path(), &quick()).await.unwrap();
    assert_eq!(server.asked()[1].range(), Some(5_000));
    assert_eq!(fs_err::read(folder.path().join("rig.csv")).unwrap(), body);
}

#[tokio::test]
async fn a_range_beyond_a_file_that_shrank_starts_afresh() {
    let (old, new) = (bytes(5_000), bytes(100));
    let (first, second) = (old, new.clone());
    let server = Server::start(move |n, request| match n {
        0 => Reply::ranged(request, &first, TAG).cut(3_000),
        _ => Reply::ranged(request, &second, TAG),
    })
    .await;
    let folder = TempDir::new().unwrap();
    let rig = descriptor(&format!("{}/rig.csv", server.base), Archive::None);
    fetch(&rig, folder.path(), &quick()).await.unwrap();
    assert_eq!(fs_err::read(folder.path().join("rig.csv")).unwrap(), new);
}

#[tokio::test]
async fn a_wrong_size_is_named_and_the_part_removed() {
    let body = bytes(5_000);
    for len in [4_000, 6_000] {
        let server = Server::start(move |_, _| Reply::ok(&bytes(len)).with("etag", TAG)).await;
        let folder = TempDir::new().unwrap();
        let rig = published(&format!("{}/rig.csv", server.base), Archive::None, &body);
        let error = fetch(&rig, folder.path(), &quick()).await.unwrap_err();
        assert!(matches!(error, FetchError::Size { expected: 5_000, .. }), "{error}");
        assert!(error.to_string().contains("rig.csv: "), "{error}");
        assert!(!error.is_unavailable());
        assert!(names(folder.path()).is_empty());
        assert_eq!(server.asked().len(), 1);
    }
}

#[tokio::test]
async fn a_wrong_digest_names_both_and_the_part_is_removed() {
    let body = bytes(5_000);
    let server = Server::start(|_, _| Reply::ok(&[7; 5_000]).with("etag", TAG)).await;
    let folder = TempDir::new().unwrap();
    let rig = published(&format!("{}/rig.csv", server.base), Archive::None, &body);
    let error = fetch(&rig, folder.path(), &quick()).await.unwrap_err();
    let FetchError::Digest { found, expected, .. } = &error else { panic!("{error}") };
    assert_eq!(Some(*expected), rig.files[0].sha256);
    assert!(error.to_string().contains(&found.hex()), "{error}");
    assert!(!error.is_unavailable());
    assert!(names(folder.path()).is_empty());
}

#[tokio::test]
async fn an_absent_file_fails_at_once_with_its_status() {
    let server = Server::start(|_, _| Reply::new(404, b"no")).await;
    let folder = TempDir::new().unwrap();
    let rig = descriptor(&format!("{}/rig.csv?secret=1", server.base), Archive::None);
    let error = fetch(&rig, folder.path(), &quick()).await.unwrap_err();
    assert!(matches!(error, FetchError::Status { status: 404, .. }) && error.is_unavailable());
    assert!(!error.to_string().contains("secret"), "{error}");
    assert_eq!(server.asked().len(), 1);
    assert!(names(folder.path()).is_empty());
}

#[tokio::test]
async fn a_server_error_is_tried_again_and_no_more_often_than_allowed() {
    let body = bytes(500);
    let sent = body.clone();
    let server = Server::start(move |n, _| match n {
        0 | 1 => Reply::new(503, b"later"),
        _ => Reply::ok(&sent),
    })
    .await;
    let folder = TempDir::new().unwrap();
    let rig = published(&format!("{}/rig.csv", server.base), Archive::None, &body);
    fetch(&rig, folder.path(), &quick()).await.unwrap();
    assert_eq!(server.asked().len(), 3);

    let down = Server::start(|_, _| Reply::new(500, b"")).await;
    let rig = descriptor(&format!("{}/other.csv", down.base), Archive::None);
    let folder = TempDir::new().unwrap();
    let error = fetch(&rig, folder.path(), &quick()).await.unwrap_err();
    assert!(error.to_string().ends_with("gave up after 4 attempts: status 500"), "{error}");
    assert_eq!(down.asked().len(), 4);
}

#[tokio::test]
async fn an_end_without_an_announced_length_is_a_break_if_bytes_are_missing() {
    let body = bytes(5_000);
    let sent = body.clone();
    let server = Server::start(move |n, _| Reply {
        announce: false,
        cut: (n == 0).then_some(2_000),
        ..Reply::ok(&sent)
    })
    .await;
    let folder = TempDir::new().unwrap();
    let rig = published(&format!("{}/rig.csv", server.base), Archive::None, &body);
    fetch(&rig, folder.path(), &quick()).await.unwrap();
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test]
async fn a_refused_connection_is_not_tried_again() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let gone = listener.local_addr().unwrap();
    drop(listener);
    let folder = TempDir::new().unwrap();
    let rig = descriptor(&format!("http://{gone}/rig.csv"), Archive::None);
    let slow = Options { backoff: Duration::from_secs(60), ..quick() };
    let start = Instant::now();
    let error = fetch(&rig, folder.path(), &slow).await.unwrap_err();
    assert!(matches!(error, FetchError::Connect { .. }) && error.is_unavailable(), "{error}");
    assert!(error.hint().unwrap().contains("--mirror"));
    assert!(start.elapsed() < Duration::from_secs(10));
    assert!(names(folder.path()).is_empty());
}

#[tokio::test]
async fn a_silent_server_is_given_up() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let folder = TempDir::new().unwrap();
    let rig = descriptor(&format!("http://{address}/rig.csv"), Archive::None);
    let options = Options { stall_timeout: Duration::from_millis(100), attempts: 2, ..quick() };
    let error = fetch(&rig, folder.path(), &options).await.unwrap_err();
    assert!(error.to_string().ends_with("gave up after 2 attempts: timed out"), "{error}");
}

#[tokio::test]
async fn a_damaged_file_that_is_there_is_left_alone_and_named() {
    let server = Server::start(|_, _| Reply::ok(b"1")).await;
    let folder = TempDir::new().unwrap();
    let rig = published(&format!("{}/rig.csv", server.base), Archive::None, b"good");
    for (there, what) in [("baad", "digest"), ("goo", "3 bytes")] {
        fs_err::write(folder.path().join("rig.csv"), there).unwrap();
        let error = fetch(&rig, folder.path(), &quick()).await.unwrap_err();
        assert!(matches!(error, FetchError::Damaged { .. }) && !error.is_unavailable());
        assert!(error.to_string().contains(what), "{error}");
        assert_eq!(fs_err::read_to_string(folder.path().join("rig.csv")).unwrap(), there);
    }
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn a_part_that_another_process_writes_is_not_touched() {
    let server = Server::start(|_, _| Reply::ok(b"1")).await;
    let folder = TempDir::new().unwrap();
    let part = folder.path().join("rig.csv.part");
    let held = std::fs::File::create(&part).unwrap();
    held.lock().unwrap();
    let rig = descriptor(&format!("{}/rig.csv", server.base), Archive::None);
    let error = fetch(&rig, folder.path(), &quick()).await.unwrap_err();
    assert!(matches!(error, FetchError::Busy { .. }), "{error}");
    assert!(server.asked().is_empty() && part.exists());
}

#[tokio::test]
async fn the_watcher_hears_of_every_byte_and_of_the_total() {
    let body = bytes(300_000);
    let sent = body.clone();
    let server = Server::start(move |_, _| Reply::ok(&sent)).await;
    let folder = TempDir::new().unwrap();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&heard);
    let watcher = Watcher::new(move |progress| {
        log.lock().unwrap().push((progress.file.to_owned(), progress.done, progress.total));
    });
    let rig = descriptor(&format!("{}/rig.csv", server.base), Archive::None);
    fetch(&rig, folder.path(), &Options { watcher, ..quick() }).await.unwrap();
    let heard = heard.lock().unwrap();
    assert_eq!(heard[0], ("rig.csv".to_owned(), 0, Some(300_000)));
    assert_eq!(heard.last().unwrap().1, 300_000);
    assert!(heard.is_sorted_by_key(|(_, done, _)| *done));
}

#[tokio::test]
async fn a_dataset_without_an_address_is_unavailable() {
    let folder = TempDir::new().unwrap();
    let mut rig = descriptor("http://127.0.0.1:1/rig.csv", Archive::None);
    rig.download.clear();
    let error = fetch(&rig, folder.path(), &quick()).await.unwrap_err();
    assert!(error.is_unavailable() && error.to_string().contains("`rig`"), "{error}");
}
