//! Files by path under one root: what an artefact server reads and writes, in a folder or a bucket.

use std::fmt::Debug;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Buf as _, Bytes};
use futures_core::Stream;

use crate::Result;

/// The bytes of a file, as they come.
pub type ByteStream = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// A file or folder in a listing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// Its name within the folder that was listed.
    pub name: String,
    /// Its size in bytes; `None` for a folder.
    pub size: Option<u64>,
}

/// A file that is being read.
pub struct Download {
    /// Its size in bytes.
    pub size: u64,
    /// Its bytes.
    pub bytes: ByteStream,
}

impl Debug for Download {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Download").field("size", &self.size).finish_non_exhaustive()
    }
}

/// What is left of a stream after its first bytes.
struct Skip {
    bytes: ByteStream,
    left: u64,
}

impl Stream for Skip {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let Some(mut piece) = ready!(self.bytes.as_mut().poll_next(cx)).transpose()? else {
                return Poll::Ready(None);
            };
            let skipped = piece.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
            self.left -= skipped as u64;
            piece.advance(skipped);
            if !piece.is_empty() {
                return Poll::Ready(Some(Ok(piece)));
            }
        }
    }
}

/// One part of an upload in parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its number, from 1.
    pub number: u32,
    /// The store's digest of it.
    pub etag: String,
}

/// Files under one root. Paths are relative to it, plain names separated by `/`; a path that is not plain, or that
/// leads out through a symbolic link, is refused with [`crate::RegistryError::OutsideRoot`].
#[async_trait]
pub trait FileStore: Debug + Send + Sync {
    /// Opens a file.
    ///
    /// # Errors
    /// There is no such file.
    async fn get(&self, path: &str) -> Result<Download>;

    /// Opens a file at an offset; its size counts from there, and is 0 past its end.
    ///
    /// # Errors
    /// There is no such file.
    async fn get_from(&self, path: &str, from: u64) -> Result<Download> {
        let Download { size, bytes } = self.get(path).await?;
        Ok(Download {
            size: size.saturating_sub(from),
            bytes: Box::pin(Skip { bytes, left: from }),
        })
    }

    /// Writes a file, replacing what is there. Nothing is visible before all bytes arrived; if `bytes` fails
    /// or this future is dropped, nothing is.
    ///
    /// # Errors
    /// The store failed, or `bytes` did.
    async fn put(&self, path: &str, bytes: ByteStream) -> Result<u64>;

    /// The files and folders in a folder, by name; none if it does not exist. `""` is the root.
    ///
    /// # Errors
    /// The store failed.
    async fn list(&self, folder: &str) -> Result<Vec<Entry>>;

    /// The size of a file, `None` if there is no such file.
    ///
    /// # Errors
    /// The store failed.
    async fn size(&self, path: &str) -> Result<Option<u64>>;

    /// Removes a file, or a folder with all that is in it.
    ///
    /// # Errors
    /// There is neither.
    async fn delete(&self, path: &str) -> Result<()>;

    /// The root as clients that reach the store themselves name it, such as `s3://bucket/prefix`; `None` if they
    /// cannot.
    fn uri(&self) -> Option<String>;

    /// What the store can do past the server; `None` if nothing.
    fn direct(&self) -> Option<&dyn DirectAccess>;
}

/// Addresses that let a client reach the store without passing its bytes through the server.
#[async_trait]
pub trait DirectAccess: Debug + Send + Sync {
    /// An address to download a file from, and its size.
    ///
    /// # Errors
    /// There is no such file.
    async fn presign_get(&self, path: &str, valid: Duration) -> Result<(String, u64)>;

    /// An address to upload a file to.
    ///
    /// # Errors
    /// The store failed.
    async fn presign_put(&self, path: &str, valid: Duration) -> Result<String>;

    /// Begins an upload in `parts` parts: its id, and an address per part.
    ///
    /// # Errors
    /// The store failed.
    async fn begin_parts(&self, path: &str, parts: u32) -> Result<(String, Vec<String>)>;

    /// Makes a file of the parts that were uploaded.
    ///
    /// # Errors
    /// A part is missing, or the upload is not known.
    async fn finish_parts(&self, path: &str, upload: &str, parts: &[Part]) -> Result<()>;

    /// Gives an upload up; nothing of it stays.
    ///
    /// # Errors
    /// The store failed.
    async fn abort_parts(&self, path: &str, upload: &str) -> Result<()>;
}
