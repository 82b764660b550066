//! The files of a bundle: a closed list, so that no path in a manifest can point anywhere else.

use std::io::Read as _;
use std::path::Path;

use crate::BundleError;

/// The table of contents, written last.
pub const MANIFEST: &str = "manifest.json";
pub(crate) const EXAMPLE: &str = "example.json";
pub(crate) const MLMODEL: &str = "MLmodel";
pub(crate) const MODEL: &str = "model.onnx";
pub(crate) const RECIPE: &str = "recipe.toml";
pub(crate) const REFERENCE: &str = "reference.json";
pub(crate) const REPORT: &str = "report.json";
pub(crate) const SIGNATURE: &str = "signature.json";

/// Every file of a bundle but the manifest, sorted as in the manifest.
pub const FILES: [&str; 7] = [MLMODEL, EXAMPLE, MODEL, RECIPE, REFERENCE, REPORT, SIGNATURE];

/// Bytes of the largest manifest that is read: seven files and a lineage need about two thousand.
pub(crate) const MAX_MANIFEST: u64 = 64 << 10;

/// Bytes of the largest file called `name` that is read.
pub(crate) fn max_size(name: &str) -> u64 {
    if name == MODEL { crate::engine::MAX_MODEL as u64 } else { 64 << 20 }
}

/// Reads a regular file of at most `limit` bytes; a symlink is refused.
pub(crate) fn read(path: &Path, limit: u64) -> Result<Vec<u8>, BundleError> {
    let found = fs_err::symlink_metadata(path)?;
    if !found.is_file() {
        return Err(BundleError::NotAFile { path: path.to_owned() });
    }
    if found.len() > limit {
        return Err(BundleError::TooLarge { path: path.to_owned(), size: found.len(), limit });
    }
    // One byte more than allowed, so that a file that grows meanwhile is noticed.
    let mut bytes = Vec::with_capacity(usize::try_from(found.len()).unwrap_or_default());
    fs_err::File::open(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 {
        size if size > limit => Err(BundleError::TooLarge { path: path.to_owned(), size, limit }),
        _ => Ok(bytes),
    }
}
