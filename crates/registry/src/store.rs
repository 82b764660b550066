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

    /// Where a published pointer says the bundle is: a path relative to the registry's root.
    fn location(&self, digest: &Digest) -> String;

    /// Removes what an interrupted `put` left behind. Only while no other writer is at work.
    ///
    /// # Errors
    /// The store failed.
    async fn sweep(&self) -> Result<()>;
}
