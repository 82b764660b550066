//! Paths that come from files and stay inside a folder.

use std::path::{Component, Path, PathBuf};

use crate::{RegistryError, Result};

/// Whether `path` is one or more plain names separated by `/`: not absolute, nothing above, no backslash,
/// no control character, and no second spelling of the same file.
pub(crate) fn is_plain(path: &str) -> bool {
    !path.is_empty()
        && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
        && !path.contains(['\\', ':'])
        && !path.chars().any(char::is_control)
        && Path::new(path).components().all(|c| matches!(c, Component::Normal(_)))
}

/// `root` and `path` joined; the path has to be plain.
pub(crate) fn join(root: &Path, path: &str) -> Result<PathBuf> {
    if is_plain(path) {
        Ok(root.join(path))
    } else {
        Err(RegistryError::OutsideRoot { path: path.to_owned(), root: root.to_owned() })
    }
}

/// `root` and `path` joined, where `path` is relative, with `/`, and never leaves `root`: not by its text,
/// and where the file exists, not through a symbolic link either.
///
/// # Errors
/// [`RegistryError::OutsideRoot`].
pub fn resolve(root: &Path, path: &str) -> Result<PathBuf> {
    let joined = join(root, path)?;
    let (Ok(real), Ok(real_root)) = (fs_err::canonicalize(&joined), fs_err::canonicalize(root))
    else {
        return Ok(joined);
    };
    if real.starts_with(&real_root) {
        Ok(joined)
    } else {
        Err(RegistryError::OutsideRoot { path: path.to_owned(), root: root.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_paths_are_joined() {
        let root = Path::new("root");
        assert_eq!(join(root, "a/b.json").unwrap(), Path::new("root/a/b.json"));
        for bad in ["", "/a", "../a", "a/../b", "a//b", "a/.", "./a", "a\\b", "c:a", "a\0b", "a/"] {
            let error = join(root, bad).unwrap_err();
            assert!(matches!(error, RegistryError::OutsideRoot { .. }), "{bad:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_symbolic_link_does_not_lead_out() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("root");
        fs_err::create_dir_all(root.join("in")).unwrap();
        fs_err::create_dir_all(dir.path().join("out")).unwrap();
        std::os::unix::fs::symlink(dir.path().join("out"), root.join("link")).unwrap();
        assert!(resolve(&root, "in").is_ok());
        assert!(resolve(&root, "not-there-yet").is_ok());
        assert!(matches!(resolve(&root, "link"), Err(RegistryError::OutsideRoot { .. })));
    }
}
