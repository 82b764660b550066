//! Files by path in a folder.
//!
//! All file system work runs on threads made for blocking. A file that fits into one buffer takes one such
//! step to write and one to read; a larger one a step per buffer, so memory does not grow with its size.

use std::future::poll_fn;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use async_trait::async_trait;
use bytes::Bytes;
use futures_core::Stream;
use tokio::task::{JoinHandle, spawn_blocking};

use crate::files::ByteStream;
use crate::{DirectAccess, Download, Entry, FileStore, RegistryError, Result, write};

/// Files that are being written start with this; no file of a client does. It is MLflow's word.
const UNFINISHED: &str = ".artifact.uploading.";

/// Bytes that are written or read in one step.
const BUFFER: usize = 1 << 20;

/// Tells apart two files that one process writes at once.
static UPLOADS: AtomicU64 = AtomicU64::new(0);

/// Files in a local folder, which is made when the first file is written.
#[derive(Debug, Clone)]
pub struct LocalFiles {
    root: PathBuf,
}

impl LocalFiles {
    /// The files below `root`. Nothing is created yet.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Runs `work` where it may block.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let files = self.clone();
        spawn_blocking(move || work(&files)).await.map_err(io::Error::other)?
    }

    /// Where `path` is. What exists of it does not lead out of the root through a link.
    fn locate(&self, path: &str) -> Result<PathBuf> {
        let outside =
            || RegistryError::OutsideRoot { path: path.to_owned(), root: self.root.clone() };
        if !is_plain(path) {
            return Err(outside());
        }
        let joined = self.root.join(path);
        let Ok(root) = fs_err::canonicalize(&self.root) else {
            return Ok(joined);
        };
        // A dangling link exists without being anywhere: it counts as leading out.
        let mut known = joined.as_path();
        while fs_err::symlink_metadata(known).is_err() {
            known = known.parent().ok_or_else(outside)?;
        }
        match fs_err::canonicalize(known) {
            Ok(real) if real.starts_with(&root) => Ok(joined),
            _ => Err(outside()),
        }
    }

    fn open(&self, path: &str, from: u64) -> Result<(Download, u64)> {
        let missing = || RegistryError::FileNotFound { path: path.to_owned() };
        let located = self.locate(path)?;
        let meta = fs_err::metadata(&located).map_err(|_| missing())?;
        if !meta.is_file() {
            return Err(missing());
        }
        let mut file = fs_err::File::open(&located)?;
        let size = file.metadata()?.len();
        let left = size.saturating_sub(from);
        if from > 0 {
            file.seek(SeekFrom::Start(from))?;
        }
        let mut reading = Reading { file: State::Idle(None), left };
        if left > 0 {
            let (file, first) = read_step(file, left)?;
            reading.left -= first.len() as u64;
            reading.file = State::First(Some((file, first)));
        }
        Ok((Download { size: left, bytes: Box::pin(reading) }, size))
    }

    /// The file that is being written, in the folder where it will be.
    fn begin(&self, path: &str) -> Result<Unfinished> {
        let target = self.locate(path)?;
        let folder = target.parent().unwrap_or(&self.root).to_owned();
        fs_err::create_dir_all(&folder).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => {
                let rule = "one of its folders is a file".to_owned();
                RegistryError::Invalid { field: "path", value: path.to_owned(), rule }
            }
            _ => RegistryError::Io(error),
        })?;
        // The folders are there now: links among them are looked at again.
        let target = self.locate(path)?;
        if target.is_dir() {
            let rule = "a folder has this name".to_owned();
            return Err(RegistryError::Invalid { field: "path", value: path.to_owned(), rule });
        }
        let number = UPLOADS.fetch_add(1, Ordering::Relaxed);
        let path = folder.join(format!("{UNFINISHED}{}-{number}", std::process::id()));
        let file = fs_err::OpenOptions::new().write(true).create_new(true).open(&path)?;
        Ok(Unfinished { file, path, folder, target, done: false })
    }
}

/// Whether a path is made of plain names: nothing above, absolute, or spelt in a second way.
fn is_plain(path: &str) -> bool {
    let drive = matches!(path.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic());
    !drive
        && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
        && !path.contains('\\')
        && !path.chars().any(char::is_control)
        && !path.split('/').any(|part| part.starts_with(UNFINISHED))
}

/// A file that nobody sees yet; it is removed unless it is finished.
#[derive(Debug)]
struct Unfinished {
    file: fs_err::File,
    path: PathBuf,
    folder: PathBuf,
    target: PathBuf,
    done: bool,
}

impl Unfinished {
    fn finish(mut self) -> Result<()> {
        self.file.sync_all()?;
        fs_err::rename(&self.path, &self.target)?;
        self.done = true;
        write::sync_folder(&self.folder)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.done {
            // Litter under a name that no listing shows; there is nobody left to tell.
            let _ = fs_err::remove_file(&self.path);
        }
    }
}

#[async_trait]
impl FileStore for LocalFiles {
    async fn get(&self, path: &str) -> Result<Download> {
        let path = path.to_owned();
        self.blocking(move |files| Ok(files.open(&path, 0)?.0)).await
    }

    async fn get_from(&self, path: &str, from: u64) -> Result<Download> {
        let path = path.to_owned();
        self.blocking(move |files| Ok(files.open(&path, from)?.0)).await
    }

    async fn put(&self, path: &str, mut bytes: ByteStream) -> Result<u64> {
        let path = path.to_owned();
        let mut unfinished: Option<Unfinished> = None;
        let mut buffer: Vec<Bytes> = Vec::new();
        let (mut buffered, mut size) = (0, 0);
        loop {
            let piece = poll_fn(|cx| bytes.as_mut().poll_next(cx)).await.transpose()?;
            let last = piece.is_none();
            if let Some(piece) = piece {
                buffered += piece.len();
                size += piece.len() as u64;
                buffer.push(piece);
            }
            if !last && buffered < BUFFER {
                continue;
            }
            let (pieces, path) = (std::mem::take(&mut buffer), path.clone());
            buffered = 0;
            let step = move |files: &Self| {
                let mut file = match unfinished {
                    Some(file) => file,
                    None => files.begin(&path)?,
                };
                for piece in pieces {
                    file.file.write_all(&piece)?;
                }
                if last { file.finish().map(|()| None) } else { Ok(Some(file)) }
            };
            unfinished = self.blocking(step).await?;
            if last {
                return Ok(size);
            }
        }
    }

    async fn list(&self, folder: &str) -> Result<Vec<Entry>> {
        let folder = folder.to_owned();
        self.blocking(move |files| {
            let path =
                if folder.is_empty() { files.root.clone() } else { files.locate(&folder)? };
            if !path.is_dir() {
                return Ok(Vec::new());
            }
            let mut entries = Vec::new();
            for entry in fs_err::read_dir(&path)? {
                let Ok(name) = entry?.file_name().into_string() else { continue };
                let inside =
                    if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
                // What leads out, and what is being written, is not there for clients.
                let Ok(located) = files.locate(&inside) else { continue };
                let Ok(meta) = fs_err::metadata(&located) else { continue };
                entries.push(Entry { name, size: (!meta.is_dir()).then_some(meta.len()) });
            }
            entries.sort();
            Ok(entries)
        })
        .await
    }

    async fn size(&self, path: &str) -> Result<Option<u64>> {
        let path = path.to_owned();
        self.blocking(move |files| {
            let meta = fs_err::metadata(files.locate(&path)?).ok();
            Ok(meta.filter(std::fs::Metadata::is_file).map(|meta| meta.len()))
        })
        .await
    }

    async fn delete(&self, path: &str) -> Result<()> {
        let path = path.to_owned();
        self.blocking(move |files| {
            let located = files.locate(&path)?;
            let Ok(meta) = fs_err::symlink_metadata(&located) else {
                return Err(RegistryError::FileNotFound { path });
            };
            if meta.is_dir() {
                fs_err::remove_dir_all(&located)?;
            } else {
                fs_err::remove_file(&located)?;
            }
            Ok(())
        })
        .await
    }

    fn uri(&self) -> Option<String> {
        None
    }

    fn direct(&self) -> Option<&dyn DirectAccess> {
        None
    }
}

/// Reads at most one buffer of the `left` bytes that are expected.
fn read_step(mut file: fs_err::File, left: u64) -> io::Result<(fs_err::File, Bytes)> {
    let most = usize::try_from(left).map_or(BUFFER, |left| left.min(BUFFER));
    let mut buffer = Vec::with_capacity(most);
    let read = (&mut file).take(most as u64).read_to_end(&mut buffer)?;
    if read == 0 {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file became shorter"));
    }
    Ok((file, buffer.into()))
}

/// The rest of a file that is being read.
struct Reading {
    file: State,
    left: u64,
}

enum State {
    First(Option<(fs_err::File, Bytes)>),
    Idle(Option<fs_err::File>),
    Step(JoinHandle<io::Result<(fs_err::File, Bytes)>>),
}

impl Stream for Reading {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let this = &mut *self;
            match &mut this.file {
                State::First(first) => {
                    let Some((file, bytes)) = first.take() else { return Poll::Ready(None) };
                    this.file = State::Idle(Some(file));
                    return Poll::Ready(Some(Ok(bytes)));
                }
                State::Idle(file) => {
                    let left = this.left;
                    let Some(file) = file.take().filter(|_| left > 0) else {
                        return Poll::Ready(None);
                    };
                    this.file = State::Step(spawn_blocking(move || read_step(file, left)));
                }
                State::Step(step) => {
                    let read = ready!(Pin::new(step).poll(cx)).map_err(io::Error::other);
                    return Poll::Ready(Some(match read.and_then(|read| read) {
                        Ok((file, bytes)) => {
                            this.left -= bytes.len() as u64;
                            this.file = State::Idle(Some(file));
                            Ok(bytes)
                        }
                        Err(error) => {
                            this.file = State::Idle(None);
                            Err(error)
                        }
                    }));
                }
            }
        }
    }
}

/// The path that an operator gave as a local root: a plain path, or a `file:` URI of this machine.
#[must_use]
pub fn local_root(text: &str) -> Option<PathBuf> {
    let Some(rest) = text.strip_prefix("file:") else {
        return (!text.contains("://")).then(|| PathBuf::from(text));
    };
    match rest.strip_prefix("//") {
        None => Some(PathBuf::from(rest)),
        Some(rest) => {
            let path = rest.strip_prefix("localhost").unwrap_or(rest);
            path.starts_with('/').then(|| Path::new(path).to_owned())
        }
    }
}

#[cfg(test)]
mod tests;
