//! Puts a file in place whole or not at all.

use std::io::{self, Write};
use std::path::Path;

/// Writes `bytes` beside `path` and renames them into place.
///
/// # Errors
/// Whatever the file system says, naming the path.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{}.tmp", std::process::id()));
    let result = fs_err::File::create(&beside).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()?;
        fs_err::rename(&beside, path)
    });
    if result.is_err() {
        // The first error is the one to report.
        let _ = fs_err::remove_file(&beside);
    }
    result
}
