//! The bundle's table of contents and lineage. Its digest is the bundle's name.

use serde::{Deserialize, Serialize};

use crate::{Digest, Origin, Seed};

/// The manifest format this build writes.
pub const MANIFEST_FORMAT: u32 = 1;

/// One file of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Path inside the bundle, with `/`.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// Digest of the bytes.
    pub sha256: Digest,
}

/// What a bundle was made from. Nothing here changes between two runs on the same inputs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lineage {
    /// The pipeline's name, such as `ai4i`.
    pub gauntlet: String,
    /// The contender's kind, such as `randomforest`.
    pub kind: String,
    /// The recipe's name, such as `engineered`.
    pub recipe: String,
    /// Real or simulated rows.
    pub origin: Origin,
    /// Digest of the dataset's bytes.
    pub dataset: Digest,
    /// Digest of the split.
    pub split: Digest,
    /// Digest of the checked pipeline.
    pub pipeline: Digest,
    /// The run's seed.
    pub seed: Seed,
}

/// `manifest.json`: every other file of the bundle, and its lineage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Format of this file; a reader refuses one it does not know.
    pub format: u32,
    /// What it was made from.
    pub lineage: Lineage,
    /// Every file but the manifest, sorted by path.
    pub files: Vec<FileEntry>,
}
