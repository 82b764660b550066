//! The contract of [`FileStore`]: what every store of files does, in a folder or a bucket.
//!
//! An implementation calls [`suite`] with an empty store. They panic where the contract is broken.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "these are tests")]

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;

use crate::{ByteStream, Download, Entry, FileStore, Kind, RegistryError};

/// Runs every contract against an empty store.
pub async fn suite(files: &dyn FileStore) {
    an_empty_store_lists_nothing(files).await;
    files_of_any_size_read_back(files).await;
    a_file_reads_from_any_offset(files).await;
    a_second_write_replaces_the_first(files).await;
    an_upload_that_breaks_off_changes_nothing(files).await;
    an_upload_that_is_dropped_changes_nothing(files).await;
    a_folder_lists_its_files_and_folders(files).await;
    what_does_not_exist_is_an_error_or_nothing(files).await;
    a_file_or_a_folder_is_removed(files).await;
    no_path_leads_out(files).await;
}

/// Bytes that differ along the file, in pieces of an odd size.
#[must_use]
pub fn bytes(size: usize) -> ByteStream {
    broken(size, None)
}

/// Like [`bytes`], with an error after them.
#[must_use]
pub fn broken(size: usize, error: Option<&'static str>) -> ByteStream {
    struct Pieces(usize, usize, Option<&'static str>);
    impl Stream for Pieces {
        type Item = io::Result<Bytes>;

        fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            let Self(at, size, error) = *self;
            if at == size {
                self.2 = None;
                return Poll::Ready(error.map(|error| Err(io::Error::other(error))));
            }
            self.0 = size.min(at + 60_001);
            Poll::Ready(Some(Ok(content(at, self.0).into())))
        }
    }
    Box::pin(Pieces(0, size, error))
}

/// The bytes of [`bytes`] from one place to another.
#[must_use]
pub fn content(from: usize, to: usize) -> Vec<u8> {
    (from..to).map(|at| (at.wrapping_mul(31) % 251) as u8).collect()
}

/// All bytes of a download, whose number has to be its size.
pub async fn read(mut download: Download) -> Vec<u8> {
    let mut all = Vec::new();
    while let Some(piece) = poll_fn(|cx| download.bytes.as_mut().poll_next(cx)).await {
        all.extend_from_slice(&piece.unwrap());
    }
    assert_eq!(all.len() as u64, download.size);
    all
}

/// Nothing is there, and a folder that does not exist is empty.
pub async fn an_empty_store_lists_nothing(files: &dyn FileStore) {
    assert_eq!(files.list("").await.unwrap(), []);
    assert_eq!(files.list("no/such").await.unwrap(), []);
}

/// From no byte to several parts of an upload, under a name that has to be encoded.
pub async fn files_of_any_size_read_back(files: &dyn FileStore) {
    for size in [0, 1, 70_000, (8 << 20) - 1, 8 << 20, (17 << 20) + 5] {
        let path = format!("sizes/b c/ü+&= {size}.bin");
        let path = path.as_str();
        assert_eq!(files.put(path, bytes(size)).await.unwrap(), size as u64);
        assert_eq!(files.size(path).await.unwrap(), Some(size as u64));
        let found = read(files.get(path).await.unwrap()).await;
        assert!(found == content(0, size), "{size} bytes differ");
    }
}

/// An offset past the end leaves nothing.
pub async fn a_file_reads_from_any_offset(files: &dyn FileStore) {
    files.put("offset.bin", bytes(100_000)).await.unwrap();
    for from in [0, 1, 60_001, 99_999, 100_000, 100_001] {
        let found = read(files.get_from("offset.bin", from as u64).await.unwrap()).await;
        assert_eq!(found, content(from.min(100_000), 100_000), "from {from}");
    }
    assert_eq!(files.get_from("nothing", 3).await.unwrap_err().kind(), Kind::NotFound);
}

/// A shorter file leaves nothing of the longer one.
pub async fn a_second_write_replaces_the_first(files: &dyn FileStore) {
    files.put("twice", bytes(9)).await.unwrap();
    files.put("twice", bytes(3)).await.unwrap();
    assert_eq!(read(files.get("twice").await.unwrap()).await, content(0, 3));
}

/// An error in the stream, early or late, leaves what was there, and nothing where nothing was.
pub async fn an_upload_that_breaks_off_changes_nothing(files: &dyn FileStore) {
    files.put("broken/old", bytes(5)).await.unwrap();
    for size in [0, 1000, 20 << 20] {
        for path in ["broken/old", "broken/new"] {
            let error = files.put(path, broken(size, Some("the line is dead"))).await.unwrap_err();
            assert!(matches!(error, RegistryError::Io(_)), "{error}");
            assert!(format!("{error:?}").contains("the line is dead"), "{error:?}");
        }
    }
    let old = Entry { name: "old".to_owned(), size: Some(5) };
    assert_eq!(files.list("broken").await.unwrap(), [old]);
}

/// So does giving up in the middle.
pub async fn an_upload_that_is_dropped_changes_nothing(files: &dyn FileStore) {
    struct Stuck(ByteStream);
    impl Stream for Stuck {
        type Item = io::Result<Bytes>;

        fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            match self.0.as_mut().poll_next(cx) {
                Poll::Ready(None) => Poll::Pending,
                other => other,
            }
        }
    }
    for size in [1000, 20 << 20] {
        let put = files.put("dropped/file", Box::pin(Stuck(bytes(size))));
        assert!(tokio::time::timeout(Duration::from_millis(500), put).await.is_err());
    }
    assert_eq!(files.list("dropped").await.unwrap(), []);
}

/// Only what is directly in it, by name, with the sizes of files.
pub async fn a_folder_lists_its_files_and_folders(files: &dyn FileStore) {
    for path in ["tree/b", "tree/a/x", "tree/a/y/z", "tree/c d", "trees"] {
        files.put(path, bytes(2)).await.unwrap();
    }
    let entry = |name: &str, size| Entry { name: name.to_owned(), size };
    let expected = [entry("a", None), entry("b", Some(2)), entry("c d", Some(2))];
    assert_eq!(files.list("tree").await.unwrap(), expected);
    assert_eq!(files.list("tree/a").await.unwrap(), [entry("x", Some(2)), entry("y", None)]);
    let names: Vec<String> =
        files.list("").await.unwrap().into_iter().map(|entry| entry.name).collect();
    assert!(names.contains(&"tree".to_owned()) && names.contains(&"trees".to_owned()), "{names:?}");
}

/// A folder is no file.
pub async fn what_does_not_exist_is_an_error_or_nothing(files: &dyn FileStore) {
    files.put("exists/file", bytes(1)).await.unwrap();
    for path in ["nowhere", "exists", "exists/file/below"] {
        let error = files.get(path).await.unwrap_err();
        assert!(matches!(error, RegistryError::FileNotFound { .. }), "{path}: {error}");
        assert_eq!(files.size(path).await.unwrap(), None, "{path}");
    }
    assert_eq!(files.delete("nowhere").await.unwrap_err().kind(), Kind::NotFound);
}

/// A folder goes with all that is in it, and with nothing that only begins like it.
pub async fn a_file_or_a_folder_is_removed(files: &dyn FileStore) {
    for path in ["gone/a", "gone/b/c", "gone/b/d e", "gone-not"] {
        files.put(path, bytes(2)).await.unwrap();
    }
    files.delete("gone/a").await.unwrap();
    assert_eq!(files.size("gone/a").await.unwrap(), None);
    files.delete("gone").await.unwrap();
    assert_eq!(files.list("gone").await.unwrap(), []);
    assert_eq!(files.size("gone-not").await.unwrap(), Some(2));
}

/// Whatever the operation, a path that is not plain names is refused by name.
pub async fn no_path_leads_out(files: &dyn FileStore) {
    for path in ["..", "../a", "a/../b", "/a", "a//b", "a/.", "./a", "a\\b", "C:/a", "a\nb", "a/"] {
        let refusals = [
            files.get(path).await.map(|_| ()).unwrap_err(),
            files.put(path, bytes(1)).await.map(|_| ()).unwrap_err(),
            files.size(path).await.map(|_| ()).unwrap_err(),
            files.delete(path).await.unwrap_err(),
        ];
        for error in refusals {
            assert!(matches!(error, RegistryError::OutsideRoot { .. }), "{path:?}: {error}");
        }
    }
}
