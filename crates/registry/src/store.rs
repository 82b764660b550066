//! Where bundles are kept: by digest, written once, never changed.

use std::fmt::Debug;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use gauntlet_core::{Digest, Manifest};

use crate::Result;

/// A content-addressed store of bundles.
///
/// A bundle's name is the digest of its manifest, so two writers of one bundle write the same bytes and
/// nothing is ever overwritten. Names are digests and not texts: nothing can leave the store's root.
#[async_trait]
pub trait ArtifactStore: Debug + Send + Sync {
    /// Copies the bundle in `folder` into the store, hashing each file on the way.
    ///
    /// Either the whole bundle is there afterwards or nothing of it is visible. Returns whether bytes
    /// were written: `false` if the bundle was there already (it is not looked into; see `verify`).
    ///
    /// # Errors
    /// The folder is not the bundle called `digest`, or the store failed.
    async fn put(&self, folder: &Path, digest: &Digest) -> Result<bool>;

    /// Hashes every stored file again.
    ///
    /// # Errors
    /// The bundle is not there, or a file is missing, unlisted or has other bytes.
    async fn verify(&self, digest: &Digest) -> Result<Manifest>;

    /// A local folder holding the bundle; a remote store fetches it first. Nothing is verified.
    ///
    /// # Errors
    /// The bundle is not there.
    async fn open(&self, digest: &Digest) -> Result<PathBuf>;

    /// The digests of all bundles, sorted.
    ///
    /// # Errors
    /// The store failed.
    async fn list(&self) -> Result<Vec<Digest>>;

    /// Shows a stored bundle below `folder` as well, where MLflow's clients look for the files of a run.
    ///
    /// `folder` is relative to the root of the artefacts: `<experiment>/<run>/artifacts/model`. No bytes
    /// travel: a folder links the files, a bucket copies them by itself. A kill leaves some of the files;
    /// showing the bundle there again completes them.
    ///
    /// # Errors
    /// The bundle is not there, `folder` is not plain, or the store failed.
    async fn show(&self, digest: &Digest, folder: &str) -> Result<()>;

    /// The names of the folders in `folder`, relative to the root of the artefacts and sorted; none if it
    /// does not exist. `""` is the root.
    ///
    /// # Errors
    /// The store failed.
    async fn folders(&self, folder: &str) -> Result<Vec<String>>;

    /// Removes `folder`, relative to the root of the artefacts, with all that is in it. Returns the bytes
    /// of its files; 0 if it does not exist.
    ///
    /// # Errors
    /// `folder` is not plain, or the store failed.
    async fn remove_folder(&self, folder: &str) -> Result<u64>;

    /// Removes a bundle, first what makes it visible. Returns the bytes of its files; 0 if it is not there.
    ///
    /// # Errors
    /// The store failed.
    async fn remove(&self, digest: &Digest) -> Result<u64>;

    /// The root of the artefacts as clients that reach the store themselves name it, such as
    /// `s3://bucket/prefix`, without a slash at its end; `None` if they have to go through a server.
    fn uri(&self) -> Option<String>;

    /// Where a published pointer says the bundle is: a path relative to the registry's root.
    fn location(&self, digest: &Digest) -> String;

    /// Removes what an interrupted `put` left behind. Only while no other writer is at work.
    ///
    /// # Errors
    /// The store failed.
    async fn sweep(&self) -> Result<()>;
}
