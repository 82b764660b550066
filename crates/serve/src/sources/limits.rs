//! How much of what a source hands out is taken. Nothing it says is believed before it was counted.

use std::time::Duration;

/// Bytes of the largest manifest or pointer.
pub(super) const MANIFEST: u64 = 64 << 10;

/// Bytes of the largest ONNX model.
pub(super) const MODEL: u64 = 128 << 20;

/// Bytes of the largest other file.
pub(super) const FILE: u64 = 64 << 20;

/// Bytes of the largest model with all its files.
pub(super) const TOTAL: u64 = 256 << 20;

/// Files of one model.
pub(super) const FILES: usize = 64;

/// Folders in folders.
pub(super) const DEPTH: u32 = 3;

/// Models of one registry.
pub(super) const MODELS: usize = 10_000;

/// Bytes of the longest listing.
pub(super) const ANSWER: usize = 16 << 20;

/// How long to find out where a model is.
pub(super) const LOCATE: Duration = Duration::from_secs(20);

/// How long to list what there is.
pub(super) const LIST: Duration = Duration::from_secs(60);

/// How long to fetch one model.
pub(super) const FETCH: Duration = Duration::from_secs(600);

/// How long to wait for a byte.
pub(super) const READ: Duration = Duration::from_secs(10);

/// Bytes of the largest file of that name.
pub(super) fn of_file(path: &str) -> u64 {
    if super::layout::is_onnx(path) { MODEL } else { FILE }
}
