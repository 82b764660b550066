//! The record of first use: a file whose digest nobody published is remembered by the one it first had.

use std::collections::BTreeMap;
use std::path::Path;

use gauntlet_core::Digest;

use crate::error::DataError;
use crate::place;

/// File path in the descriptor to digest.
type Record = BTreeMap<String, Digest>;

/// The digest remembered for `file` in the record at `path`, if any.
///
/// # Errors
/// A record that is there and cannot be read.
pub(crate) fn recorded(path: &Path, file: &str) -> Result<Option<Digest>, DataError> {
    Ok(read(path)?.get(file).copied())
}

/// Remembers `digest` for `file`.
///
/// # Errors
/// A record that cannot be read or written.
pub(crate) fn record(path: &Path, file: &str, digest: Digest) -> Result<(), DataError> {
    let mut all = read(path)?;
    all.insert(file.to_owned(), digest);
    let mut text = serde_json::to_string_pretty(&all).map_err(std::io::Error::from)?;
    text.push('\n');
    Ok(place::write(path, text.as_bytes())?)
}

fn read(path: &Path) -> Result<Record, DataError> {
    if !path.exists() {
        return Ok(Record::new());
    }
    serde_json::from_slice(&fs_err::read(path)?)
        .map_err(|error| DataError::FirstUse { path: path.to_owned(), problem: error.to_string() })
}
