//! Files that others should not read.

use std::path::Path;

/// Reads a file with a secret in it, and says in the log when everybody on this machine can.
pub(crate) fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let bytes = fs_err::read(path)?;
    if is_world_readable(path) {
        let path = path.display();
        tracing::warn!("{path} can be read by every user of this machine: chmod o-rwx {path}");
    }
    Ok(bytes)
}

#[cfg(unix)]
fn is_world_readable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs_err::metadata(path).is_ok_and(|about| about.permissions().mode() & 0o004 != 0)
}

#[cfg(not(unix))]
fn is_world_readable(_: &Path) -> bool {
    false
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_file_that_everybody_can_read_is_noticed() {
        let file = tempfile::NamedTempFile::new().unwrap();
        for (mode, noticed) in [(0o644, true), (0o604, true), (0o640, false), (0o600, false)] {
            let mode = std::fs::Permissions::from_mode(mode);
            fs_err::set_permissions(file.path(), mode).unwrap();
            assert_eq!(is_world_readable(file.path()), noticed);
        }
    }
}
