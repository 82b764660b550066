use super::*;

fn stream(pieces: Vec<io::Result<Bytes>>) -> ByteStream {
    struct Pieces(std::vec::IntoIter<io::Result<Bytes>>);
    impl Stream for Pieces {
        type Item = io::Result<Bytes>;
        fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            Poll::Ready(self.0.next())
        }
    }
    Box::pin(Pieces(pieces.into_iter()))
}

fn whole(bytes: &[u8]) -> ByteStream {
    stream(bytes.chunks(60_000).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect())
}

async fn read(mut download: Download) -> Vec<u8> {
    let mut all = Vec::new();
    while let Some(piece) = poll_fn(|cx| download.bytes.as_mut().poll_next(cx)).await {
        all.extend_from_slice(&piece.unwrap());
    }
    assert_eq!(all.len() as u64, download.size);
    all
}

#[tokio::test]
async fn a_folder_keeps_the_contract_of_every_store() {
    let dir = tempfile::tempdir().unwrap();
    crate::testing_files::suite(&LocalFiles::new(dir.path().join("files"))).await;
}

#[tokio::test]
async fn a_file_is_no_folder_of_another() {
    let dir = tempfile::tempdir().unwrap();
    let files = LocalFiles::new(dir.path());
    files.put("a", whole(b"1")).await.unwrap();
    for path in ["a/b", "a/b/c"] {
        let error = files.put(path, whole(b"2")).await.unwrap_err();
        assert!(matches!(error, RegistryError::Invalid { field: "path", .. }), "{error}");
    }
    assert_eq!(read(files.get("a").await.unwrap()).await, b"1");
}

#[tokio::test]
async fn files_of_any_size_read_back_from_any_offset() {
    let dir = tempfile::tempdir().unwrap();
    let files = LocalFiles::new(dir.path().join("made/later"));
    for size in [0, 1, BUFFER - 1, BUFFER, BUFFER + 1, 3 * BUFFER + 17] {
        let bytes: Vec<u8> = (0..size).map(|i| (i * 31 % 251) as u8).collect();
        assert_eq!(files.put("a/b c/ü.bin", whole(&bytes)).await.unwrap(), size as u64);
        assert_eq!(read(files.get("a/b c/ü.bin").await.unwrap()).await, bytes);
        assert_eq!(files.size("a/b c/ü.bin").await.unwrap(), Some(size as u64));
        for from in [1, size / 2, size, size + 5] {
            let rest = read(files.get_from("a/b c/ü.bin", from as u64).await.unwrap()).await;
            assert_eq!(rest, bytes[from.min(size)..]);
        }
    }
}

#[tokio::test]
async fn an_upload_that_breaks_off_changes_nothing_and_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let files = LocalFiles::new(dir.path());
    files.put("a.txt", whole(b"old")).await.unwrap();
    let broken =
        stream(vec![Ok(vec![1; 2 * BUFFER].into()), Err(io::Error::other("the client went away"))]);
    let error = files.put("a.txt", broken).await.unwrap_err();
    assert!(matches!(error, RegistryError::Io(_)), "{error}");
    assert_eq!(read(files.get("a.txt").await.unwrap()).await, b"old");
    assert_eq!(fs_err::read_dir(dir.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_dropped_upload_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let files = LocalFiles::new(dir.path());
    struct Stuck(Option<Bytes>);
    impl Stream for Stuck {
        type Item = io::Result<Bytes>;
        fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            self.0.take().map_or(Poll::Pending, |bytes| Poll::Ready(Some(Ok(bytes))))
        }
    }
    let upload = files.put("a.txt", Box::pin(Stuck(Some(vec![1; 2 * BUFFER].into()))));
    let wait = std::time::Duration::from_millis(500);
    assert!(tokio::time::timeout(wait, upload).await.is_err());
    assert_eq!(fs_err::read_dir(dir.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn folders_list_by_name_and_files_list_as_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let files = LocalFiles::new(dir.path());
    for path in ["m/b", "m/a", "m/c/d"] {
        files.put(path, whole(b"12")).await.unwrap();
    }
    fs_err::write(dir.path().join("m").join(".artifact.uploading.1"), "x").unwrap();
    let entry = |name: &str, size| Entry { name: name.into(), size };
    let listed = vec![entry("a", Some(2)), entry("b", Some(2)), entry("c", None)];
    assert_eq!(files.list("m").await.unwrap(), listed);
    assert_eq!(files.list("").await.unwrap(), [entry("m", None)]);
    assert_eq!(files.list("m/a").await.unwrap(), []);
    assert_eq!(files.list("nowhere").await.unwrap(), []);
    assert!(files.put("m", whole(b"x")).await.is_err(), "a folder is not replaced");
}

#[tokio::test]
async fn deleting_takes_a_file_or_a_folder_and_never_the_root() {
    let dir = tempfile::tempdir().unwrap();
    let files = LocalFiles::new(dir.path());
    files.put("m/a", whole(b"1")).await.unwrap();
    files.delete("m/a").await.unwrap();
    assert!(matches!(files.delete("m/a").await, Err(RegistryError::FileNotFound { .. })));
    files.put("m/b/c", whole(b"1")).await.unwrap();
    files.delete("m").await.unwrap();
    for root in ["", ".", "/"] {
        assert!(matches!(files.delete(root).await, Err(RegistryError::OutsideRoot { .. })));
    }
    assert!(dir.path().exists());
}

#[tokio::test]
async fn every_spelling_of_a_way_out_is_refused_by_every_operation() {
    let dir = tempfile::tempdir().unwrap();
    let files = LocalFiles::new(dir.path().join("root"));
    files.put("in", whole(b"1")).await.unwrap();
    let ways_out = [
        "..",
        "../x",
        "a/../../x",
        "/etc/passwd",
        "//etc/passwd",
        "a//b",
        "./a",
        "a/./b",
        "a/",
        "C:/x",
        "c:x",
        "a\\..\\x",
        "\\\\host\\share",
        "a\0b",
        "a\nb",
        "",
        ".artifact.uploading.1",
    ];
    for path in ways_out {
        let refused = |result: Result<()>| matches!(result, Err(RegistryError::OutsideRoot { .. }));
        assert!(refused(files.get(path).await.map(drop)), "get {path:?}");
        assert!(refused(files.put(path, whole(b"x")).await.map(drop)), "put {path:?}");
        assert!(refused(files.size(path).await.map(drop)), "size {path:?}");
        assert!(refused(files.delete(path).await), "delete {path:?}");
        assert!(path.is_empty() || refused(files.list(path).await.map(drop)), "list {path:?}");
    }
    assert_eq!(fs_err::read_dir(dir.path()).unwrap().count(), 1);
}

#[cfg(unix)]
#[tokio::test]
async fn no_link_leads_out_and_links_inside_work() {
    use std::os::unix::fs::symlink;
    let dir = tempfile::tempdir().unwrap();
    let (root, out) = (dir.path().join("root"), dir.path().join("out"));
    fs_err::create_dir_all(&out).unwrap();
    fs_err::write(out.join("secret"), "s").unwrap();
    let files = LocalFiles::new(&root);
    files.put("in/a", whole(b"1")).await.unwrap();
    symlink(&out, root.join("folder")).unwrap();
    symlink(out.join("secret"), root.join("file")).unwrap();
    symlink(out.join("not-yet"), root.join("dangling")).unwrap();
    symlink(root.join("in"), root.join("inside")).unwrap();
    for path in ["folder/secret", "file", "dangling", "folder/new", "folder/a/b"] {
        assert!(files.get(path).await.is_err(), "{path}");
        assert!(files.put(path, whole(b"x")).await.is_err(), "{path}");
        assert!(files.delete(path).await.is_err(), "{path}");
    }
    assert_eq!(fs_err::read_dir(&out).unwrap().count(), 1);
    let names: Vec<String> = files.list("").await.unwrap().into_iter().map(|e| e.name).collect();
    assert_eq!(names, ["in", "inside"]);
    assert_eq!(read(files.get("inside/a").await.unwrap()).await, b"1");
}

#[test]
fn roots_of_operators_are_paths_or_file_addresses() {
    let root = |text| local_root(text).map(|path| path.display().to_string());
    assert_eq!(root("./artifacts").as_deref(), Some("./artifacts"));
    assert_eq!(root("/a/b").as_deref(), Some("/a/b"));
    assert_eq!(root("file:///a/b").as_deref(), Some("/a/b"));
    assert_eq!(root("file://localhost/a").as_deref(), Some("/a"));
    assert_eq!(root("file:/a").as_deref(), Some("/a"));
    assert_eq!(root("file://host/a"), None);
    assert_eq!(root("s3://bucket/a"), None);
}
